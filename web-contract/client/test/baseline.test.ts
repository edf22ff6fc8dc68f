import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { createClient } from "../src/index.js";
import { sendJson, test } from "./server.js";

const folder = fileURLToPath(new URL("..", import.meta.url));
const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");

test("features newer than the oldest supported browsers do not compile", async ({ onTestFinished }) => {
  const scratch = await mkdtemp(join(folder, ".baseline-"));
  onTestFinished(() => rm(scratch, { recursive: true }));
  const code = [
    "export const size = new URLSearchParams().size;", // Safari 17
    "export const signal = AbortSignal.any([]);", // Safari 17.4
    "export const all = Promise.withResolvers();", // Safari 17.4
    "export const near = [1, 2].toSpliced(0, 1);", // Safari 16, Firefox 115
  ];
  await writeFile(join(scratch, "code.ts"), code.join("\n"));
  const compilerOptions = { rootDir: ".", noEmit: true };
  const config = { extends: "../tsconfig.build.json", compilerOptions, include: ["code.ts"] };
  await writeFile(join(scratch, "tsconfig.json"), JSON.stringify(config));
  const diagnostics = await new Promise<string>((resolve) => {
    execFile(process.execPath, [compiler, "--pretty", "false", "--project", scratch], (_, stdout) => resolve(stdout));
  });
  expect(diagnostics.match(/\(\d+,/g)).toEqual(["(1,", "(2,", "(3,"]);
});

test("filters and pages need no URLSearchParams.size", async ({ serve, onTestFinished }) => {
  const size = Object.getOwnPropertyDescriptor(URLSearchParams.prototype, "size")!;
  delete (URLSearchParams.prototype as { size?: number }).size;
  onTestFinished(() => void Object.defineProperty(URLSearchParams.prototype, "size", size));
  const server = await serve(({ url }, response) => {
    const nextCursor = url.includes("cursor=") ? null : "next";
    sendJson(response, 200, { success: true, data: [{ id: "a" }], meta: { nextCursor, changes: 1 } });
  });
  const seen: string[] = [];
  for await (const { id } of createClient({ baseUrl: server.url }).tasks({ tag: ["home"] })) {
    seen.push(id);
    if (seen.length > 2) break;
  }
  expect(seen).toHaveLength(2);
  expect(server.received.map(({ url }) => url)).toEqual(["/api/tasks?tag=home", "/api/tasks?tag=home&cursor=next"]);
});
