import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { describe, expect, test } from "vitest";

const folder = fileURLToPath(new URL("..", import.meta.url));

/** Bundles and minifies an entry as a page's build does, without the packages that it imports. */
async function bundle(entry: string): Promise<Rolldown.OutputChunk> {
  const result = (await build({
    root: folder,
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: { input: entry, preserveEntrySignatures: "strict", external: /^[^./]/ },
    },
  })) as Rolldown.RolldownOutput;
  return result.output[0];
}

describe("the core", () => {
  test("is at most 3.25 KB gzipped and imports no package", async () => {
    const { code, imports } = await bundle("src/index.ts");
    expect(imports).toEqual([]);
    expect(gzipSync(code).length).toBeLessThanOrEqual(3.25 * 1024);
  });
});

describe("the React part", () => {
  // A third of a KB of it predicts cascades, such as the sub-tasks that are deleted with a task. Each page would need more code for that.
  test("is at most 7.9 KB gzipped and imports only its peer dependencies", async () => {
    const { code, imports } = await bundle("src/react/index.ts");
    const { dependencies, peerDependencies } = JSON.parse(await readFile(`${folder}package.json`, "utf8"));
    expect(dependencies).toBeUndefined();
    expect(gzipSync(code).length).toBeLessThanOrEqual(7.9 * 1024);
    expect(imports.toSorted()).toEqual(Object.keys(peerDependencies).toSorted());
  });
});

describe("quick add", () => {
  test("is at most 10 KB gzipped with both languages and imports no package", async () => {
    const { code, imports } = await bundle("src/quick-add.ts");
    expect(imports).toEqual([]);
    expect(gzipSync(code).length).toBeLessThanOrEqual(10 * 1024);
  });
});

describe("the recurrence rules", () => {
  test("are at most 3 KB gzipped and import no package", async () => {
    const { code, imports } = await bundle("src/recurrence.ts");
    expect(imports).toEqual([]);
    expect(gzipSync(code).length).toBeLessThanOrEqual(3 * 1024);
  });
});

test.for([
  ["dist/client.d.ts", "export interface Client {"],
  ["dist/react/queries.d.ts", "export declare function createQueries"],
  ["dist/react/mutations.d.ts", "export declare function createMutations"],
] as const)("every method in %s has a doc comment, which editors show", async ([file, beginning]) => {
  const [, declared] = (await readFile(folder + file, "utf8")).split(beginning);
  const lines = declared!.slice(0, declared!.search(/^}/m)).split("\n");
  const methods = [...lines.entries()].filter(([, line]) => /^    \w+: \(/.test(line));
  expect(methods.length).toBeGreaterThanOrEqual(5);
  expect(methods.filter(([index]) => !lines[index - 1]?.trimEnd().endsWith("*/")).map(([, line]) => line.trim())).toEqual([]);
});

test("editors show the name of a resource type, not its fields", async () => {
  const types = await readFile(`${folder}dist/types.d.ts`, "utf8");
  expect(types).toContain("export interface Task extends");
  expect(await readFile(`${folder}dist/generated/bff.d.ts`, "utf8")).toMatch(/^ {8}Task: Task;$/m);
});

test("the modules have no import cycles", async () => {
  const sources = (await readdir(`${folder}src`, { recursive: true })).filter((path) => path.endsWith(".ts"));
  const imports = new Map<string, string[]>();
  for (const path of sources) {
    const text = await readFile(`${folder}src/${path}`, "utf8");
    const found = [...text.matchAll(/ from "(\..*)\.js"/g)].map(([, to]) => `${posix.join(posix.dirname(path), to!)}.ts`);
    imports.set(path, found);
  }
  const visit = (path: string, from: string[]): string[] =>
    from.includes(path) ? [...from, path] : (imports.get(path) ?? []).flatMap((next) => visit(next, [...from, path]));
  expect(sources.flatMap((path) => visit(path, [])).join(" → ")).toBe("");
});

test("the package contains only the build, the README and the license", async () => {
  const { stdout } = await promisify(execFile)("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: folder,
  });
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  const sources = (await readdir(`${folder}src`, { recursive: true })).filter((path) => path.endsWith(".ts"));
  const built = sources.flatMap((path) => [".js", ".d.ts"].map((ending) => `dist/${path.replace(/\.ts$/, ending)}`));
  expect(files.map(({ path }) => path).toSorted()).toEqual(
    [...built, "LICENSE", "README.md", "package.json"].toSorted(),
  );
});
