import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { test, useWholeApi } from "../src/device.js";
import { buildNext } from "../src/next.js";
import { freePorts } from "../src/ports.js";
import type { Running } from "../src/process.js";
import { startSite, type Site } from "../src/site.js";
import { newAccount } from "../src/visitor.js";

const stack = inject("stack");

describe.concurrent("a Next.js front end that rewrites /api to the bff", () => {
  let origin: string;
  let site: Site;
  let next: Running;
  beforeAll(async () => {
    const [nextPort, port] = (await freePorts(2)) as [number, number];
    origin = `http://localhost:${nextPort}`;
    const [startNext, started] = await Promise.all([
      buildNext(`http://127.0.0.1:${port}`),
      startSite(stack, { port, publicUrl: () => origin }),
    ]);
    site = started;
    next = await startNext(nextPort);
  });
  afterAll(async () => {
    await next.stop();
    await site.stop();
  });

  test("can use the whole API on its own origin", async ({ openDevice }) => {
    const device = await openDevice(origin);
    await useWholeApi(device);
    expect(await device.context.cookies()).toMatchObject([
      { name: "better-auth.session_token", domain: "localhost", path: "/", httpOnly: true, sameSite: "Lax" },
    ]);
  });

  test("reads tasks on its server with the browser's cookie", async ({ openDevice, openPage }) => {
    const { page: signedOut } = await openPage({ baseURL: origin });
    await signedOut.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
    const { page, signUp } = await openDevice(origin);
    await signUp(newAccount());
    await page.evaluate(() => window.clients.api.createTask({ title: "Water the plants" }));
    await page.reload();
    expect(await page.getByRole("listitem").allTextContents()).toEqual(["Water the plants"]);
  });

  test("receives changes as they happen", async ({ openDevice }) => {
    const { page, signUp } = await openDevice(origin);
    await signUp(newAccount());
    const { created, changed } = await page.evaluate(async () => {
      const stream = new EventSource("/api/events");
      const next = (name: string) =>
        new Promise<string>((resolve, reject) => {
          stream.addEventListener(name, ({ data }) => resolve(data));
          stream.addEventListener("error", () => reject(new Error("the stream broke")));
        });
      await next("ready");
      const change = next("change");
      const { id } = await window.clients.api.createTask({ title: "Water the plants" });
      const { data } = JSON.parse(await change);
      stream.close();
      return { created: id, changed: data.id };
    });
    expect(changed).toBe(created);
  });
});
