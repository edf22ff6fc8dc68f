import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { promisify } from "node:util";
import { startProgram, type Running } from "./process.js";
import { fileOf } from "./site.js";

const folder = fileOf("web-contract/e2e/next");
const program = `${folder}/node_modules/next/dist/bin/next`;

/** Builds the Next.js app of next/ for a bff, and returns a function that serves it on a port. */
export async function buildNext(bffUrl: string): Promise<(port: number) => Promise<Running>> {
  await access(program).catch(() => {
    throw new Error(`${program} is missing: run \`make test\`, which installs it`);
  });
  const env = { PATH: process.env["PATH"]!, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", BFF_URL: bffUrl };
  await promisify(execFile)(process.execPath, [program, "build"], { cwd: folder, env });
  return (port) =>
    startProgram({
      name: "Next.js",
      command: [process.execPath, program, "start", "--hostname", "127.0.0.1", "--port", String(port)],
      env,
      folder,
      readyUrl: `http://127.0.0.1:${port}/`,
    });
}
