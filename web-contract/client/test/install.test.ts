import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "vitest";
import { sendJson, test } from "./server.js";

const folder = fileURLToPath(new URL("..", import.meta.url));
const workspace = fileURLToPath(new URL("../..", import.meta.url));
/** Installed and built folders, which a clone does not have. */
const generated = ["node_modules", "dist", ".next", ".vite"];

/** A new Vite project, like one of `npm create vite`, with a page that reads a task. */
const project = {
  "package.json": JSON.stringify({ name: "my-page", private: true, type: "module" }),
  "tsconfig.json": JSON.stringify({
    compilerOptions: {
      target: "ES2022",
      module: "ESNext",
      moduleResolution: "Bundler",
      lib: ["ES2022", "DOM"],
      types: ["vite/client"],
      strict: true,
      noEmit: true,
    },
    include: ["main.ts"],
  }),
  // Node runs the page's script, so it must not have Vite's preload helper, which needs a document.
  "vite.config.js": "export default { build: { modulePreload: false } };",
  "index.html": `<!doctype html><script type="module" src="/main.ts"></script>`,
  "main.ts": `
import { createClient, type Task } from "@tasklane/web-contract";

const task: Task = await createClient({ baseUrl: import.meta.env["VITE_BFF"] }).getTask("a");
console.log(task.title);
`,
};

test("a new Vite project can install and use the package that npm pack makes in a fresh clone", { timeout: 300_000 }, async ({ serve, onTestFinished }) => {
  const scratch = await mkdtemp(join(tmpdir(), "tasklane-install-"));
  onTestFinished(() => rm(scratch, { recursive: true, force: true }));
  const clone = join(scratch, "tasklane", "web-contract");
  await cp(workspace, clone, { recursive: true, filter: (path) => !generated.includes(basename(path)) });
  const page = join(scratch, "page");
  await mkdir(page);
  await Promise.all(Object.entries(project).map(([name, text]) => writeFile(join(page, name), text)));
  const { url } = await serve((_, response) => sendJson(response, 200, { success: true, data: { title: "Water the plants" } }));

  // Without the settings of the npm that runs the tests, as in a new terminal.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("npm_"));
  const env = { ...Object.fromEntries(inherited), VITE_BFF: url, npm_config_prefer_offline: "true" };
  const run = async (command: string) => {
    const failed = (error: { stdout: string; stderr: string }) => expect.fail(`${command}: ${error.stdout}${error.stderr}`);
    const { stdout } = await promisify(execFile)("sh", ["-c", command], { cwd: page, env }).catch(failed);
    return stdout.trim();
  };

  const [, block] = /^```sh\n(.*?)^```/ms.exec(await readFile(`${folder}README.md`, "utf8"))!;
  const [gitClone, ...commands] = block!.trim().split("\n");
  expect(gitClone).toBe("git clone https://github.com/tasklane/tasklane ../tasklane");
  const { devDependencies } = JSON.parse(await readFile(`${folder}package.json`, "utf8"));
  await run(`npm install --no-audit --no-fund --save-dev vite@${devDependencies.vite} typescript@${devDependencies.typescript}`);
  for (const command of commands) await run(command);
  // The package has no dependencies.
  expect(Object.keys(JSON.parse(await readFile(join(page, "package.json"), "utf8")).dependencies)).toEqual(["@tasklane/web-contract"]);
  await run("npx tsc");
  await run("npx vite build");
  expect(await run("node dist/assets/*.js")).toBe("Water the plants");
});
