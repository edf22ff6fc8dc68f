import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { expectSuccess, test, useWholeApi } from "../src/device.js";
import { freePorts } from "../src/ports.js";
import { startProgram, type Running } from "../src/process.js";
import { fileOf, startBff } from "../src/site.js";
import { newAccount } from "../src/visitor.js";

const stack = inject("stack");

describe.concurrent("a front end with a Better Auth server that somebody else runs", () => {
  const basePath = "/accounts/auth";
  let origin: string;
  let authUrl: string;
  let bff: Running;
  const running: Running[] = [];
  beforeAll(async () => {
    const [port, opsPort, tasksPort, tasksOpsPort, authPort] = (await freePorts(5)) as [number, number, number, number, number];
    origin = `http://localhost:${port}`;
    const authOrigin = `http://127.0.0.1:${authPort}`;
    authUrl = authOrigin + basePath;
    const start = async (starting: Promise<Running>) => {
      const program = await starting;
      running.unshift(program);
      return program;
    };
    await start(
      startProgram({
        name: "the managed Better Auth",
        command: [process.execPath, fileOf("web-contract/e2e/managed/server.mjs")],
        env: {
          PORT: String(authPort),
          ORIGIN: authOrigin,
          BASE_PATH: basePath,
          // No other server knows it.
          SECRET: randomBytes(32).toString("hex"),
          TRUSTED_ORIGIN: origin,
        },
        readyUrl: `${authUrl}/jwks`,
      }),
    );
    await start(
      startProgram({
        name: "the task service",
        command: [fileOf(".build/tasks"), "serve"],
        env: {
          HOST: "127.0.0.1",
          PORT: String(tasksPort),
          OPS_PORT: String(tasksOpsPort),
          DATABASE_URL: stack.tasksDatabase,
          BETTER_AUTH_URL: authUrl,
          JWT_ISSUER: authOrigin,
        },
        readyUrl: `http://127.0.0.1:${tasksOpsPort}/readyz`,
      }),
    );
    const env = { PUBLIC_URL: origin, TASKS_URL: `http://127.0.0.1:${tasksPort}`, BETTER_AUTH_URL: authUrl, COOKIE_PREFIX: "accounts" };
    bff = await start(startBff(port, opsPort, env));
  });
  afterAll(async () => {
    for (const program of running) await program.stop();
  });

  test("can use the whole API, although the bff does not have the secret", async ({ openDevice }) => {
    const device = await openDevice(origin);
    await useWholeApi(device);
    expect(await device.context.cookies()).toMatchObject([{ name: "accounts.session_token", domain: "localhost" }]);
    const { keys } = (await (await fetch(`${authUrl}/jwks`)).json()) as { keys: { alg: string }[] };
    expect(keys.map(({ alg }) => alg)).toContain("EdDSA");
    expect(await bff.log()).toContain("BETTER_AUTH_SECRET is not set");
  });

  test("sees sessions end at once, and forged cookies rejected", async ({ openDevice }) => {
    const [here, there] = await Promise.all([openDevice(origin), openDevice(origin)]);
    const account = newAccount();
    await here.signUp(account);
    await there.signIn(account);
    expect(await there.apiOutcome()).toBe("ok");
    expectSuccess(await here.page.evaluate(() => window.clients.auth.revokeOtherSessions()));
    expect([await there.apiOutcome(), await here.apiOutcome()]).toEqual(["session_expired", "ok"]);

    const [cookie] = await here.context.cookies();
    const forged = cookie!.value.replace(/^./, (first) => (first === "A" ? "B" : "A"));
    await there.context.addCookies([{ ...cookie!, value: forged }]);
    expect(await there.apiOutcome()).toBe("session_expired");
  });
});
