import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { eventually } from "../src/eventually.js";
import { deleteTask, editTask, expectTitles, goTo, openTask, seed, signOut, signUp, test, waitForWrite } from "../src/page.js";
import { newAccount } from "../src/visitor.js";

/** The description of a field: its hint or its error. */
const noteOf = (page: Page, label: string) =>
  page.getByLabel(label).evaluate((field) => document.getElementById(field.getAttribute("aria-describedby") ?? "")?.textContent);

describe.concurrent("a plain message at the field explains", () => {
  test("an invalid email address", async ({ openPage }) => {
    const { page } = await openPage();
    await page.getByRole("button", { name: "Create an account" }).click();
    await page.getByLabel("Name").fill("Ada");
    // Browsers accept it as an address, Better Auth does not.
    await page.getByLabel("Email").fill("ada@localhost");
    await page.getByLabel("Password").fill("a long password");
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByRole("alert").filter({ hasText: "That does not look like an email address." }).waitFor();
    expect(await noteOf(page, "Email")).toBe("That does not look like an email address.");
    expect(await page.getByLabel("Email").getAttribute("aria-invalid")).toBe("true");
  });

  test("an email address that already has an account", async ({ openPage }) => {
    const account = newAccount();
    const { page } = await openPage();
    await signUp(page, account);
    await signOut(page);
    await page.getByRole("button", { name: "Create an account" }).click();
    await page.getByLabel("Name").fill(account.name);
    await page.getByLabel("Email").fill(account.email);
    await page.getByLabel("Password").fill(account.password);
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByRole("alert").filter({ hasText: "There is already an account" }).waitFor();
    expect(await noteOf(page, "Email")).toBe("There is already an account with this email. Sign in instead.");
  });

  test("too many tags", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    await seed(page, [{ title: "Pack", tags: Array.from({ length: 20 }, (_, index) => `tag${index}`) }]);
    await editTask(page, "Pack");
    await page.getByRole("button", { name: /^Tags/ }).click();
    await page.getByLabel("Add a tag").fill("onemore");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Save" }).click();
    const alert = page.getByRole("alert").filter({ hasText: "A task must have at most 20 tags." });
    await alert.waitFor();
    expect(await alert.evaluate((element) => element.parentElement?.querySelector("button[aria-label^=Tags]") !== null)).toBe(true);
  });
});

describe.concurrent("a typed tag", () => {
  test("is kept by a click elsewhere, and discarded by Escape", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    await seed(page, [{ title: "Pack" }, { title: "Book", tags: ["travel"] }]);
    await editTask(page, "Pack");
    await page.getByRole("button", { name: /^Tags/ }).click();
    const field = page.getByLabel("Add a tag");
    await field.fill("sum");
    await page.keyboard.press("Escape");
    expect(await field.inputValue()).toBe("");
    // Text that only searched for another tag does not become a tag.
    await field.fill("tra");
    await page.getByRole("checkbox", { name: "#travel" }).click();
    await field.fill("summer");
    await page.mouse.click(5, 5);
    await page.getByRole("button", { name: "Tags: travel, summer" }).waitFor();
    await waitForWrite(page, () => page.getByRole("button", { name: "Save" }).click());
    await page.getByText("#summer", { exact: true }).waitFor();
  });
});

describe.concurrent("right-to-left text", () => {
  const title = "קנה חלב (2%).";

  test("runs from right to left everywhere", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    const directionOf = (selector: string) => page.locator(selector).first().evaluate((element) => getComputedStyle(element).direction);
    await page.getByLabel("New task").fill(title);
    expect(await directionOf("#new-task")).toBe("rtl");
    await page.keyboard.press("Enter");
    await openTask(page, title).waitFor();
    expect(await directionOf(".task-title")).toBe("rtl");
    await editTask(page, title);
    expect(await directionOf(".editor textarea")).toBe("rtl");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: `Delete “${title}”` }).click();
    // Both at once, as the notice soon disappears.
    const notice = page.locator(".notice p").filter({ hasText: `“${title}” is in the trash.` });
    const directions = await notice.evaluate((text) => [text, text.querySelector("bdi")!].map((element) => getComputedStyle(element).direction));
    expect(directions).toEqual(["ltr", "rtl"]);
  });
});

describe.concurrent("people who use a screen reader", () => {
  test("hear that a task was added, each time", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    await page.evaluate(() => {
      const heard: string[] = [];
      Object.assign(window, { heard });
      const note = (records: MutationRecord[]) => {
        for (const { target, addedNodes } of records) {
          if (addedNodes.length > 0 && (target as Element).closest?.("[role=status]")) heard.push(target.textContent ?? "");
        }
      };
      new MutationObserver(note).observe(document.body, { subtree: true, childList: true });
    });
    for (const _ of ["once", "again"]) {
      await waitForWrite(page, async () => {
        await page.getByLabel("New task").fill("Buy milk");
        await page.keyboard.press("Enter");
      });
    }
    const heard = await page.evaluate(() => (window as unknown as { heard: string[] }).heard);
    expect(heard.filter((text) => text.includes("“Buy milk” is on the list."))).toHaveLength(2);
  });

  test("get a window title for each view, also after signing out", async ({ openPage }) => {
    const { page } = await openPage();
    const expectTitle = (title: string) => eventually(async () => expect(await page.title()).toBe(title));
    await expectTitle("Sign in · Tasklane");
    await signUp(page, newAccount());
    await expectTitle("All tasks · Tasklane");
    await signOut(page);
    await expectTitle("Sign in · Tasklane");
  });
});

describe.concurrent("text at 200 %", () => {
  test.for([
    [360, "by the browser's setting"],
    [360, "by the page's own size"],
    [768, "by the browser's setting"],
  ] as const)("fits on a screen %i pixels wide, %s", async ([width, how], { openPage }) => {
    const { page } = await openPage({ viewport: { width, height: 740 } });
    const enlarge = async () => {
      if (how === "by the page's own size") return page.evaluate(() => void (document.documentElement.style.fontSize = "200%"));
      const devtools = await page.context().newCDPSession(page);
      await devtools.send("Page.setFontSizes", { fontSizes: { standard: 32, fixed: 26 } });
    };
    await enlarge();
    await eventually(async () => expect(await page.evaluate(() => parseFloat(getComputedStyle(document.body).fontSize))).toBe(32));
    const check = async (what: string) => {
      const over = await page.evaluate(() => {
        const wide = document.documentElement.scrollWidth - innerWidth;
        const outside = [...document.querySelectorAll("body *")].filter((element) => {
          const { left, right, width } = element.getBoundingClientRect();
          return width > 1 && (left < -1 || right > innerWidth + 1);
        });
        return { wide: Math.max(0, wide), outside: outside.map(({ outerHTML }) => outerHTML.slice(0, 120)) };
      });
      expect(over, what).toEqual({ wide: 0, outside: [] });
    };
    await check("sign in");
    await page.getByRole("button", { name: "Create an account" }).click();
    await check("sign up");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await signUp(page, newAccount());
    await seed(page, [
      { title: "Water the plants", tags: ["home"], priority: "urgent", dueAt: new Date().toISOString() },
      { title: "a".repeat(80), description: "b", completed: false },
      { title: "Pay the rent", completed: true },
    ]);
    await check("tasks");
    await page.getByLabel("New task").fill("x");
    await check("a new task");
    await page.getByLabel("New task").fill("");
    await editTask(page, "Water the plants");
    await check("the editor");
    for (const name of [/^Due/, /^Priority/, /^Tags/]) {
      await page.getByRole("button", { name }).click();
      await page.getByRole("dialog").waitFor();
      await check(String(name));
      await page.keyboard.press("Escape");
    }
    await page.keyboard.press("Escape");
    for (const name of [/^Filter/, /^Sort/, /^Account/]) {
      await page.getByRole("button", { name }).click();
      await page.getByRole("dialog").waitFor();
      await check(String(name));
      await page.keyboard.press("Escape");
    }
    await page.getByRole("button", { name: "Select", exact: true }).click();
    await page.getByRole("checkbox", { name: "Select “Water the plants”" }).click();
    await check("selecting");
    await page.getByRole("button", { name: "Stop selecting" }).click();
    await goTo(page, "Today");
    await check("today");
    await goTo(page, "Upcoming");
    await page.getByRole("heading", { name: "Tomorrow" }).waitFor();
    await check("upcoming");
    await deleteTask(page, "Water the plants");
    await page.getByText("is in the trash.").waitFor();
    await check("a notice");
    await goTo(page, "Trash");
    await page.getByText("Deleted today").waitFor();
    await check("the trash");
  });
});

describe.concurrent("in print", () => {
  test("the page is the whole list, without controls", async ({ openPage }) => {
    const { page } = await openPage();
    await signUp(page, newAccount());
    const wanted = Array.from({ length: 45 }, (_, index) => `Task ${index + 1}`);
    await seed(page, wanted.map((title) => ({ title })));
    await page.reload();
    await openTask(page, "Task 1").waitFor();
    await page.emulateMedia({ media: "print" });
    for (const part of ["nav", "search", ".new-task", ".account-button", ".task-row .icon-only"]) {
      expect(await page.locator(part).first().isVisible(), part).toBe(false);
    }
    await expectTitles(page, "Open tasks", wanted);
    const tops = await page.locator(".task-title").evaluateAll((rows) => rows.map((row) => row.getBoundingClientRect().top));
    expect(tops.every((top, index) => index === 0 || top > tops[index - 1]!)).toBe(true);
    await page.emulateMedia({ media: "screen" });
    await eventually(async () => expect(await page.locator(".task-title").count()).toBeLessThan(40));
  });
});
