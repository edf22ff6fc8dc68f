import { expect, inject } from "vitest";
import { completedTask, editTask, openTask, seed, signUp, test } from "../src/page.js";
import { freePorts } from "../src/ports.js";
import { startProgram, type Running } from "../src/process.js";
import { fileOf, startSite } from "../src/site.js";
import { newAccount } from "../src/visitor.js";

const stack = inject("stack");

/** Starts a task service of the test's own, on the users and the tasks of the stack. */
function startTasks(port: number, opsPort: number): Promise<Running> {
  return startProgram({
    name: "the task service",
    command: [fileOf(".build/tasks"), "serve"],
    env: {
      HOST: "127.0.0.1",
      PORT: String(port),
      OPS_PORT: String(opsPort),
      DATABASE_URL: stack.tasksDatabase,
      BETTER_AUTH_URL: stack.authUrl,
      JWT_ISSUER: stack.url,
    },
    readyUrl: `http://127.0.0.1:${opsPort}/readyz`,
  });
}

test("no edit is lost while the task service is down", async ({ openPage, onTestFinished }) => {
  const [port, opsPort] = (await freePorts(2)) as [number, number];
  let tasks = await startTasks(port, opsPort);
  onTestFinished(() => tasks.stop());
  const site = await startSite(stack, { bff: { TASKS_URL: `http://127.0.0.1:${port}` } });
  onTestFinished(site.stop);
  const { page } = await openPage({ baseURL: site.url });
  await signUp(page, newAccount());
  await seed(page, [{ title: "Water the plants" }, { title: "Call Grace" }]);
  await editTask(page, "Water the plants");
  const notes = page.getByRole("textbox", { name: "Notes" });
  await notes.fill("The ones on the balcony");

  await tasks.stop();
  await notes.fill("The ones on the balcony too");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Tasklane cannot be reached just now. 1 change will be saved when it is back.").waitFor();
  await openTask(page, "Call Grace").click();
  await completedTask(page, "Call Grace").waitFor();
  await page.getByLabel("New task").fill("Written meanwhile");
  await page.keyboard.press("Enter");
  await openTask(page, "Written meanwhile").waitFor();
  await page.getByText("3 changes will be saved when it is back.").waitFor();

  tasks = await startTasks(port, opsPort);
  await page.getByText("Tasklane cannot be reached just now.").waitFor({ state: "detached" });
  await page.reload();
  await openTask(page, "Written meanwhile").waitFor();
  await completedTask(page, "Call Grace").waitFor();
  await editTask(page, "Water the plants");
  expect(await notes.inputValue()).toBe("The ones on the balcony too");
});
