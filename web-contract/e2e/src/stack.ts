import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { access, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePorts } from "./ports.js";

/** The whole of Tasklane, running for the tests. */
export interface Stack {
  /** The address for browsers: the page, the API and Better Auth. */
  url: string;
  /** The task service, for programs with a JWT. */
  tasksUrl: string;
  /** Better Auth itself, for programs that sign in. */
  authUrl: string;
  /** The page with the mail that the stack sends; as JSON at /messages. */
  mailUrl: string;
  /** The log lines of all its servers. */
  logFile: string;
  /** Another origin whose pages it trusts; a test may listen there. */
  trustedOrigin: string;
  /** Better Auth's secret, and the database as its role, as the task service's and as the superuser. */
  secret: string;
  authDatabase: string;
  tasksDatabase: string;
  adminDatabase: string;
}

/** Whether there are several bffs, each with its own cache of sessions. */
export const severalBffs = Number(process.env["REPLICAS"] ?? 1) > 1;

const program = fileURLToPath(new URL("../../../.build/stack", import.meta.url));
const startTimeout = 120_000;
const stopTimeout = 20_000;

/** Starts Tasklane on free ports with data of its own, and returns a function that stops it. */
export async function startStack(): Promise<{ stack: Stack; stop: () => Promise<void> }> {
  await access(program).catch(() => {
    throw new Error(`${program} is missing: run \`make test\`, which builds it`);
  });
  const folder = await mkdtemp(join(tmpdir(), "tasklane-e2e-"));
  const [port, tasksPort, tasksOpsPort, bffOpsPort, authPort, postgresPort, trustedPort, mailPort] = await freePorts(8);
  const addresses = {
    url: `http://localhost:${port}`,
    tasksUrl: `http://127.0.0.1:${tasksPort}`,
    authUrl: `http://127.0.0.1:${authPort}`,
    mailUrl: `http://127.0.0.1:${mailPort}`,
    logFile: join(folder, "stack.log"),
    trustedOrigin: `http://localhost:${trustedPort}`,
  };

  const { DATABASE_URL: _, DATABASE_URL_UNPOOLED: __, ...environment } = process.env;
  const log = openSync(addresses.logFile, "a");
  const child = spawn(program, ["up", "--with-parent"], {
    env: {
      ...environment,
      PORT: String(port),
      TASKS_PORT: String(tasksPort),
      TASKS_OPS_PORT: String(tasksOpsPort),
      BFF_OPS_PORT: String(bffOpsPort),
      AUTH_PORT: String(authPort),
      POSTGRES_PORT: String(postgresPort),
      MAIL_PORT: String(mailPort),
      DATA_DIR: join(folder, "data"),
      TRUSTED_ORIGINS: addresses.trustedOrigin,
      RATE_LIMIT_ENABLED: "false",
    },
    stdio: ["ignore", "pipe", log],
  });
  closeSync(log);

  const stop = async () => {
    const fault = await end(child);
    const report = fault && `the stack ${fault}; its last lines:\n${await lastLines(addresses.logFile)}`;
    await rm(folder, { recursive: true, force: true });
    if (report) throw new Error(report);
  };
  try {
    await ready(child, addresses.url);
  } catch (error) {
    const lines = await lastLines(addresses.logFile);
    await stop().catch(() => {});
    throw new Error(`the stack did not start: ${(error as Error).message}; its last lines:\n${lines}`);
  }
  const secrets = JSON.parse(await readFile(join(folder, "data", "secrets.json"), "utf8")) as Record<string, string>;
  const database = (role: string, password?: string) =>
    `postgres://${role}:${password}@127.0.0.1:${postgresPort}/tasklane?sslmode=disable`;
  const stack: Stack = {
    ...addresses,
    secret: secrets["betterAuthSecret"]!,
    authDatabase: database("tasklane_auth", secrets["postgresAuthPassword"]),
    tasksDatabase: database("tasklane_app", secrets["postgresAppPassword"]),
    adminDatabase: database("postgres", secrets["postgresSuperuserPassword"]),
  };
  return { stack, stop };
}

/** Waits for the line "ready ADDRESS" on standard output. */
async function ready(child: ChildProcess, url: string): Promise<void> {
  const lines = createInterface({ input: child.stdout! });
  const printed = (async () => {
    for await (const line of lines) {
      if (line === `ready ${url}`) return;
      throw new Error(`it printed ${JSON.stringify(line)} instead of "ready ${url}"`);
    }
    throw new Error("it exited");
  })();
  const limit = new AbortController();
  const late = sleep(startTimeout, undefined, { signal: limit.signal }).then(() => {
    throw new Error(`it was not ready within ${startTimeout / 1000} s`);
  });
  late.catch(() => {});
  try {
    await Promise.race([printed, late, once(child, "error").then(([error]) => Promise.reject(error))]);
  } finally {
    limit.abort();
    lines.close();
  }
}

/** Stops the stack and returns the error, if there is one. */
async function end(child: ChildProcess): Promise<string | undefined> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return `had ended unexpectedly (exit status ${child.exitCode ?? child.signalCode})`;
  }
  const exit = once(child, "exit") as Promise<[number | null]>;
  child.kill("SIGTERM");
  const limit = new AbortController();
  const outcome = await Promise.race([exit, sleep(stopTimeout, undefined, { signal: limit.signal })]);
  limit.abort();
  if (!outcome) {
    child.kill("SIGKILL");
    return `did not stop within ${stopTimeout / 1000} s`;
  }
  return outcome[0] === 0 ? undefined : `stopped with exit status ${outcome[0]}`;
}

export async function lastLines(file: string): Promise<string> {
  return (await readFile(file, "utf8")).trimEnd().split("\n").slice(-40).join("\n");
}
