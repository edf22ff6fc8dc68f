import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

const dist = fileURLToPath(new URL("../../demo/dist/", import.meta.url));

async function gzipped(names: string[]): Promise<number> {
  const sizes = await Promise.all(names.map(async (name) => gzipSync(await readFile(`${dist}assets/${name}`)).length));
  return sizes.reduce((sum, size) => sum + size, 0);
}

test("the scripts of the first load are at most 150 KB gzipped", async () => {
  const html = await readFile(`${dist}index.html`, "utf8");
  const scripts = [...html.matchAll(/assets\/([\w-]+\.js)/g)].map(([, name]) => name!);
  expect(scripts.length).toBeGreaterThan(1);
  expect(await gzipped(scripts)).toBeLessThanOrEqual(150_000);
});

/** Chunks that are loaded on demand. The passkey chunks are for people who are signed out. */
const onDemand = /^(AccountDialog|DevicePage|PasskeySignIn|ResetPage|webauthn)-/;

test("all scripts that load by themselves are at most 200 KB gzipped", async () => {
  const scripts = (await readdir(`${dist}assets`)).filter((name) => name.endsWith(".js") && !onDemand.test(name));
  expect(await gzipped(scripts)).toBeLessThanOrEqual(200_000);
});
