import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { runInNewContext } from "node:vm";
import { describe, expect, inject, test } from "vitest";
import type { createClient } from "@tasklane/web-contract";
import { bundleCode } from "../src/bundle.js";
import { fileOf } from "../src/site.js";
import { newUser, type Account } from "../src/visitor.js";

/** Returns the code block with these words in a documentation page, with this stack's addresses and a user's account. */
async function block(page: string, language: string, words: string, account: Account): Promise<string> {
  const blocks = (await readFile(fileOf(page), "utf8")).matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"));
  const found = [...blocks].map(([, code = ""]) => code).find((code) => code.includes(words));
  if (!found) throw new Error(`${page} has no block with ${words}`);
  const stack = inject("stack");
  const substitutions = {
    "http://localhost:3000": stack.url,
    "https://tasks.example.com": stack.url,
    "http://localhost:3001": stack.authUrl,
    "http://localhost:8080": stack.tasksUrl,
    "ada@example.com": account.email,
    "correct horse battery": account.password,
  };
  return Object.entries(substitutions).reduce((code, [theirs, ours]) => code.replaceAll(theirs, ours), found);
}

/** The exports of the page's code for Expo. */
interface App {
  signIn: (email: string, password: string) => Promise<void>;
  tasklane: () => Promise<ReturnType<typeof createClient>>;
}

describe.concurrent("a program without a browser works as documented", () => {
  for (const [page, words] of [
    ["bff/FRONT-ENDS.md", "$site/api/tasks"],
    ["README.md", "set-auth-jwt"],
    ["services/auth/README.md", "set-auth-jwt"],
    ["services/auth/README.md", "X-Api-Key"],
  ] as const) {
    test(`with curl, in ${page}, with ${words}`, async ({ onTestFinished }) => {
      const user = await newUser();
      const task = await user.api.createTask({ title: "Water the plants" });
      const folder = await mkdtemp(join(tmpdir(), "tasklane-curl-"));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      const { stdout } = await promisify(execFile)("sh", ["-euc", await block(page, "sh", words, user.account)], { cwd: folder });
      // Some blocks print the response to the sign-in first.
      expect(JSON.parse(stdout.slice(stdout.indexOf(`{"success"`)))).toMatchObject({ data: [{ id: task.id }] });
    });
  }

  test("in Expo", async () => {
    const user = await newUser();
    const task = await user.api.createTask({ title: "Water the plants" });
    const app = (await block("bff/FRONT-ENDS.md", "js", "expo-secure-store", user.account)).replace(
      /^import \* as SecureStore .*$/m,
      "const SecureStore = { setItemAsync: async (key, value) => void stored.set(key, value), getItemAsync: async (key) => stored.get(key) };",
    );
    const stored = new Map<string, string>();
    const context: { app?: App } & Record<string, unknown> = { stored, fetch, crypto, URLSearchParams, AbortController, setTimeout, clearTimeout };
    runInNewContext(await bundleCode(`${app}\nglobalThis.app = { signIn, tasklane };`), context);
    await context.app!.signIn(user.account.email, user.account.password);
    const tasklane = await context.app!.tasklane();
    expect((await tasklane.listTasks()).items).toMatchObject([{ id: task.id }]);
  });
});
