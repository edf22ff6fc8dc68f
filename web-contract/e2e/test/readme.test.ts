import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import * as svelte from "svelte/compiler";
import { describe, expect, inject } from "vitest";
import * as vue from "vue/compiler-sfc";
import { bundleCode } from "../src/bundle.js";
import { test } from "../src/device.js";
import { eventually } from "../src/eventually.js";
import { newAccount } from "../src/visitor.js";

const readme = await readFile(new URL("../../client/README.md", import.meta.url), "utf8");
const [firstExample = "", reactExample = ""] = [...readme.matchAll(/^```tsx?\n(.*?)^```/gms)].map(([, code = ""]) => code);

const block = (language: string, words = "") =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, code = ""]) => code).find((code) => code.includes(words))!;

/** Evaluates a module through the debugger, to which the page's Content-Security-Policy does not apply. */
async function run(page: Page, module: string, others?: Record<string, string>): Promise<void> {
  await page.evaluate(await bundleCode(module, others));
}

/** Compiles a Vue component into a module. */
function compileVue(source: string): string {
  const { descriptor } = vue.parse(source);
  return vue.compileScript(descriptor, { id: "tasks", inlineTemplate: true }).content;
}

const frameworks = {
  Vue: {
    files: { "tasks.ts": block("ts", "followTasks"), "Tasks.ts": compileVue(block("vue")) },
    start: `import { createApp } from "vue"; import Tasks from "./Tasks"; createApp(Tasks).mount(document.body);`,
  },
  Svelte: {
    files: { "tasks.ts": block("ts", "followTasks"), "Tasks.ts": svelte.compile(block("svelte"), { generate: "client" }).js.code },
    start: `import { mount } from "svelte"; import Tasks from "./Tasks"; mount(Tasks, { target: document.body });`,
  },
};

describe.concurrent("code pasted from the client's README works", () => {
  test("without a framework", async ({ openDevice }) => {
    const device = await openDevice(inject("stack").url);
    await device.signUp(newAccount());
    await device.page.evaluate(() => window.clients.api.createTask({ title: "Call Grace", tags: ["home"], dueAt: "2031-05-07T09:30:00Z" }));
    const printed: string[] = [];
    device.page.on("console", (message) => printed.push(message.text()));
    // An evaluated bundle cannot have a top-level await.
    const [imports, program] = [firstExample.match(/^import .*$/gm)!.join("\n"), firstExample.replaceAll(/^import .*$/gm, "")];
    await run(device.page, `${imports}\nvoid (async () => { ${program} })();`);
    await eventually(() => expect(printed).toEqual(["Call Grace"]));
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
      ${reactExample}
      createRoot(document.body).render(<QueryClientProvider client={new QueryClient()}><Tasks /></QueryClientProvider>);
    `);
    await page.getByRole("button", { name: "Water the plants" }).click();
    await page.getByRole("button", { name: "Water the plants" }).waitFor({ state: "detached" });
    await eventually(async () => {
      expect(await page.evaluate(() => window.clients.api.listTasks())).toMatchObject({ items: [{ completed: true }] });
    });
    await page.evaluate(() => window.clients.api.createTask({ title: "Made elsewhere" }));
    await page.getByRole("button", { name: "Made elsewhere" }).waitFor();
  });

  for (const [framework, { files, start }] of Object.entries(frameworks)) {
    test(`in ${framework}, begun during an outage`, async ({ openDevice }) => {
      const device = await openDevice(inject("stack").url);
      const { page } = device;
      await device.signUp(newAccount());
      await page.evaluate(() => window.clients.api.createTask({ title: "Water the plants" }));
      await page.evaluate(() => document.body.replaceChildren());
      let attempts = 0;
      await page.route("**/api/tasks?*", (route) => (++attempts > 4 ? route.continue() : route.abort())); // all of the first call
      await run(page, start, files);
      await page.getByRole("button", { name: "Water the plants" }).click();
      await page.getByRole("button", { name: "Water the plants" }).waitFor({ state: "detached" });
      await page.evaluate(() => window.clients.api.createTask({ title: "Made elsewhere" }));
      await page.getByRole("button", { name: "Made elsewhere" }).waitFor();
    });
  }
});
