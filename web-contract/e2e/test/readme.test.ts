import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { describe, expect, inject, vi } from "vitest";
import { bundleCode } from "../src/bundle.js";
import { test } from "../src/device.js";
import { newAccount } from "../src/visitor.js";

const readme = await readFile(new URL("../../client/README.md", import.meta.url), "utf8");
const [lines = "", component = ""] = [...readme.matchAll(/^```tsx?\n(.*?)^```/gms)].map(([, code = ""]) => code);

/** Evaluates a module in a page, as the debugger does, which the page's own policy does not forbid. */
async function run(page: Page, module: string): Promise<void> {
  await page.evaluate(await bundleCode(module));
}

describe.concurrent("what a web developer pastes from the client's README works", () => {
  test("without a framework", async ({ openDevice }) => {
    const device = await openDevice(inject("stack").url);
    await device.signUp(newAccount());
    await device.page.evaluate(() => window.clients.api.createTask({ title: "Call Grace", tags: ["home"], dueAt: "2031-05-07T09:30:00Z" }));
    const printed: string[] = [];
    device.page.on("console", (message) => printed.push(message.text()));
    // A bundle to be evaluated cannot wait at its top.
    const [imports, program] = [lines.match(/^import .*$/gm)!.join("\n"), lines.replaceAll(/^import .*$/gm, "")];
    await run(device.page, `${imports}\nvoid (async () => { ${program} })();`);
    await vi.waitFor(() => expect(printed).toEqual(["Call Grace"]), { timeout: 10_000 });
    expect(await device.page.evaluate(() => window.clients.api.listTasks())).toMatchObject({
      items: [{ title: "Water the plants", completed: true }, { title: "Call Grace" }],
    });
  });

  test("in React", async ({ openDevice }) => {
    const device = await openDevice(inject("stack").url);
    const { page } = device;
    await device.signUp(newAccount());
    await page.evaluate(() => window.clients.api.createTask({ title: "Water the plants" }));
    await page.evaluate(() => document.body.replaceChildren());
    await run(page, `
      import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
      import { createRoot } from "react-dom/client";
      ${component}
      createRoot(document.body).render(<QueryClientProvider client={new QueryClient()}><Tasks /></QueryClientProvider>);
    `);
    await page.getByRole("button", { name: "Water the plants" }).click();
    await page.getByRole("button", { name: "Water the plants" }).waitFor({ state: "detached" });
    await vi.waitFor(async () => {
      expect(await page.evaluate(() => window.clients.api.listTasks())).toMatchObject({ items: [{ completed: true }] });
    });
    await page.evaluate(() => window.clients.api.createTask({ title: "Made elsewhere" }));
    await page.getByRole("button", { name: "Made elsewhere" }).waitFor();
  });
});
