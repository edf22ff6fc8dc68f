import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, inject } from "vitest";
import { runStatement } from "../src/database.js";
import { test } from "../src/page.js";
import { freePorts } from "../src/ports.js";
import { startProgram } from "../src/process.js";
import { fileOf } from "../src/site.js";
import { newAccount } from "../src/visitor.js";

/** Installed and built folders, which a clone does not have. */
const generated = ["node_modules", "dist", ".next", ".vite"];

test("following NEXTJS.md adds tasks to an app that uses Better Auth", { timeout: 600_000 }, async ({ openPage, onTestFinished }) => {
  const { adminDatabase } = inject("stack");
  const scratch = await mkdtemp(join(tmpdir(), "tasklane-nextjs-"));
  onTestFinished(() => rm(scratch, { recursive: true, force: true }));
  const app = join(scratch, "app");
  const clone = join(scratch, "tasklane");
  const isSource = (path: string) => !generated.includes(basename(path));
  await cp(fileOf("web-contract/e2e/existing-app"), app, { recursive: true, filter: isSource });
  await cp(fileOf("web-contract"), join(clone, "web-contract"), { recursive: true, filter: isSource });
  await symlink(fileOf(".build"), join(clone, ".build"));

  const [port, bffPort, tasksPort, tasksOpsPort, bffOpsPort] = (await freePorts(5)).map(String) as [string, string, string, string, string];
  const origin = `http://localhost:${port}`;
  const secret = randomBytes(32).toString("hex");
  const database = `app_${randomBytes(6).toString("hex")}`;
  const owner = new URL(adminDatabase);
  owner.pathname = database;
  const account = newAccount();
  /** The ports, passwords and addresses in NEXTJS.md, each with its replacement. */
  const substitutions: [string, string][] = [
    ["postgres://postgres:postgres@localhost:5432/my_app?sslmode=disable", owner.href],
    ["localhost:5432/my_app", `${owner.host}/${database}`],
    ["your-app-has-it-in-its-environment", secret],
    ["ada@example.com", account.email],
    ["correct horse battery", account.password],
    ["3000", port],
    ["3100", bffPort],
    ["8080", tasksPort],
    ["9090", tasksOpsPort],
    ["9091", bffOpsPort],
  ];

  // Without the settings of the npm that runs the tests, as in a new terminal.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("npm_") && name !== "NODE_ENV");
  const env = { ...Object.fromEntries(inherited), npm_config_prefer_offline: "true", NEXT_TELEMETRY_DISABLED: "1" } as Record<string, string>;
  const run = async (command: string) => {
    const failed = (error: { stdout: string; stderr: string }) => expect.fail(`${command}: ${error.stdout}${error.stderr}`);
    await promisify(execFile)("sh", ["-c", command], { cwd: app, env }).catch(failed);
  };

  const start = async (name: string, command: string, readyUrl: string) => {
    const { stop } = await startProgram({ name, command: ["sh", "-c", command], env: { ...env, PORT: port }, folder: app, readyUrl });
    onTestFinished(stop);
  };

  // The app before the change: it has a database and signs users up.
  await run("npm install --no-audit --no-fund --loglevel=error");
  await runStatement(adminDatabase, `CREATE DATABASE ${database}`);
  await writeFile(join(app, ".env"), `DATABASE_URL=${owner.href}\nBETTER_AUTH_SECRET=${secret}\nBETTER_AUTH_URL=${origin}\n`);

  /** The commands of the servers, and the one that needs them. */
  const deferred: string[] = [];
  const guide = await readFile(fileOf("web-contract/NEXTJS.md"), "utf8");
  for (const [, code = ""] of guide.matchAll(/^```(?:sh|tsx?)\n(.*?)\n```$/gms)) {
    const block = substitutions.reduce((text, [theirs, ours]) => text.replaceAll(theirs, ours), code);
    const [, file] = /^(?:\/\/|#) (\S+)\n/.exec(block) ?? [];
    if (file) {
      await mkdir(dirname(join(app, file)), { recursive: true });
      // By default, Better Auth limits requests only in production.
      await writeFile(join(app, file), block.replace("rateLimit: {", "rateLimit: { enabled: true,") + "\n");
    } else if (block.startsWith("git clone")) {
      expect(block).toBe("git clone https://github.com/tasklane/tasklane ../tasklane\nmake -C ../tasklane build");
    } else if (/ serve'$|^npm run dev$|bff doctor/.test(block)) {
      deferred.push(block);
    } else {
      await run(block);
    }
  }
  await run("npx tsc");
  const [tasks, bff, next, doctor] = deferred as [string, string, string, string];
  expect(next).toBe("npm run dev");
  // At the same time, as in three terminals. The servers become ready once the app runs.
  await Promise.all([
    start("Next.js", "exec node_modules/.bin/next dev", `${origin}/api/auth/ok`),
    start("the task service", tasks, `http://127.0.0.1:${tasksOpsPort}/readyz`),
    start("the bff", bff, `http://127.0.0.1:${bffOpsPort}/readyz`),
  ]);

  const { page } = await openPage({ baseURL: origin });
  for (const field of ["name", "email", "password"] as const) await page.getByLabel(field).fill(account[field]);
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.getByText(`Hello ${account.name}`).waitFor();
  await page.goto("/tasks");
  await page.getByLabel("New task").fill("Water the plants");
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByRole("listitem").waitFor();
  await page.reload();
  await page.getByRole("listitem").waitFor();
  expect(await page.getByRole("listitem").allTextContents()).toEqual(["Water the plants"]);
  await run(doctor);

  // One bff sends the requests of all users, so NEXTJS.md exempts its two endpoints; the others keep Better Auth's limit.
  const limited = (path: string) =>
    page.evaluate(async (url) => {
      const statuses = await Promise.all(Array.from({ length: 150 }, () => fetch(url).then(({ status }) => status)));
      return statuses.includes(429);
    }, path);
  expect(await limited("/api/auth/get-session")).toBe(false);
  expect(await limited("/api/auth/jwks")).toBe(false);
  expect(await limited("/api/auth/list-sessions")).toBe(true);

  const jwt = await page.evaluate(() => fetch("/api/auth/get-session").then((response) => response.headers.get("set-auth-jwt")));
  const write = () =>
    fetch(`http://127.0.0.1:${tasksPort}/api/tasks`, {
      method: "POST",
      headers: { authorization: `Bearer ${jwt}`, "content-type": "application/json" },
      body: JSON.stringify({ title: "Ghost" }),
    });
  expect((await write()).status).toBe(201);
  const deleted = await page.evaluate(
    (password) =>
      fetch("/api/auth/delete-user", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ password }),
      }).then((response) => response.status),
    account.password,
  );
  expect([deleted, await (await write()).json()]).toMatchObject([200, { code: "account_deleted" }]);
});
