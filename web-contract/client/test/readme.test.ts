import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("..", import.meta.url));
const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");

/** Names that the README's examples use without declaring them. */
const surroundings = `
import type { Change, Client, Resource, Task } from "@tasklane/web-contract";
declare global {
  const tasklane: Client;
  const task: Task;
  const signal: AbortSignal;
  function showConflict(current: Resource): void;
  function markInvalid(fields: string[]): void;
  function showRetryLater(): void;
  function show(kind: Change["kind"], id: string, data: Change["data"]): void;
}`;

/** The part of Next.js that the README uses. */
const next = `declare module "next/headers" { export function cookies(): Promise<{ toString(): string }>; }`;

test("every code example in the README compiles", async ({ onTestFinished }) => {
  const readme = await readFile(join(folder, "README.md"), "utf8");
  const examples = [...readme.matchAll(/^```(tsx?)\n(.*?)^```/gms)].map(([, kind, code]) => ({ kind, code }));
  expect(examples.length).toBeGreaterThanOrEqual(5);

  // Inside the package, so that its own name and its dependencies resolve.
  const scratch = await mkdtemp(join(folder, ".readme-"));
  onTestFinished(() => rm(scratch, { recursive: true }));
  const files: Record<string, string> = { "surroundings.ts": surroundings, "next.d.ts": next };
  for (const [index, { kind, code }] of examples.entries()) files[`example${index + 1}.${kind}`] = `${code}\nexport {};\n`;
  // An example may declare names that it does not use.
  const compilerOptions = { noEmit: true, noUnusedLocals: false };
  const config = { extends: "../tsconfig.json", include: [], files: Object.keys(files), compilerOptions };
  files["tsconfig.json"] = JSON.stringify(config);
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(scratch, name), text)));

  const diagnostics = await new Promise((resolve) => {
    execFile(process.execPath, [compiler, "--project", scratch], (error, stdout) => resolve(error ? stdout || String(error) : ""));
  });
  expect(diagnostics).toBe("");
});
