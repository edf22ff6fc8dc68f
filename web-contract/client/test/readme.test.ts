import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("..", import.meta.url));
const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");

/** The names that the README leaves to its reader. */
const surroundings = `
import type { Change, Client, Resource, Task } from "@tasklane/web-contract";
declare global {
  const tasklane: Client;
  const task: Task;
  const signal: AbortSignal;
  function askWhichToKeep(current: Resource): void;
  function mark(fields: string[]): void;
  function sayTryAgainLater(): void;
  function show(kind: Change["kind"], id: string, data: Change["data"]): void;
}`;

/** Next.js, as far as the README uses it. */
const next = `declare module "next/headers" { export function cookies(): Promise<{ toString(): string }>; }`;

test("every piece of code in the README compiles", async ({ onTestFinished }) => {
  const readme = await readFile(join(folder, "README.md"), "utf8");
  const pieces = [...readme.matchAll(/^```(tsx?)\n(.*?)^```/gms)].map(([, kind, code]) => ({ kind, code }));
  expect(pieces.length).toBeGreaterThanOrEqual(5);

  // In the package itself, so that it finds its own name and what it depends on.
  const scratch = await mkdtemp(join(folder, ".readme-"));
  onTestFinished(() => rm(scratch, { recursive: true }));
  const files: Record<string, string> = { "surroundings.ts": surroundings, "next.d.ts": next };
  for (const [index, { kind, code }] of pieces.entries()) files[`piece${index + 1}.${kind}`] = `${code}\nexport {};\n`;
  // A piece may name what only a whole program uses.
  const compilerOptions = { noEmit: true, noUnusedLocals: false };
  const config = { extends: "../tsconfig.json", include: [], files: Object.keys(files), compilerOptions };
  files["tsconfig.json"] = JSON.stringify(config);
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(scratch, name), text)));

  const complaints = await new Promise((resolve) => {
    execFile(process.execPath, [compiler, "--project", scratch], (error, stdout) => resolve(error ? stdout || String(error) : ""));
  });
  expect(complaints).toBe("");
});
