import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type ViteDevServer } from "vite";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { test, useWholeApi } from "../src/device.js";
import { freePorts } from "../src/ports.js";
import { fileOf, startSite, type Site } from "../src/site.js";
import { newAccount } from "../src/visitor.js";

const stack = inject("stack");

/** Serves an empty page with Vite, configured as in FRONT-ENDS.md. */
async function serveVite(folder: string, port: number, bffUrl: string): Promise<ViteDevServer> {
  const [, config = ""] = /^```js\n(\/\/ vite\.config\.js\n.*?)^```$/ms.exec(await readFile(fileOf("bff/FRONT-ENDS.md"), "utf8"))!;
  await writeFile(join(folder, "vite.config.mjs"), config.replace("http://localhost:3000", bffUrl));
  await writeFile(join(folder, "index.html"), '<!doctype html><link rel="icon" href="data:,">');
  const server = await createServer({
    root: folder,
    configFile: join(folder, "vite.config.mjs"),
    logLevel: "error",
    server: { host: "localhost", port, strictPort: true },
  });
  return server.listen();
}

describe.concurrent("a page behind Vite's proxy", () => {
  let folder: string;
  let trusted: Site;
  const servers: ViteDevServer[] = [];
  const origins: string[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tasklane-vite-"));
    const ports = (await freePorts(2)) as [number, number];
    origins.push(...ports.map((port) => `http://localhost:${port}`));
    trusted = await startSite(stack, { auth: { BETTER_AUTH_TRUSTED_ORIGINS: origins[0]! }, bff: { TRUSTED_ORIGINS: origins[0]! } });
    for (const port of ports) servers.push(await serveVite(folder, port, trusted.bffUrl));
  });
  afterAll(async () => {
    for (const server of servers) await server.close();
    await trusted.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test("can use the whole API on its own origin", async ({ openDevice }) => {
    await useWholeApi(await openDevice(origins[0]!));
  });

  test("is told which setting to change", async ({ openDevice }) => {
    const { page } = await openDevice(origins[1]!);
    const account = newAccount();
    const error = await page.evaluate((body) => window.clients.auth.signUp.email(body).then((result) => result.error), account);
    expect(error).toMatchObject({ status: 403, code: "INVALID_ORIGIN" });
    expect(JSON.stringify(error)).toContain(origins[1]);
    expect(JSON.stringify(error)).toContain("TRUSTED_ORIGINS");
  });
});
