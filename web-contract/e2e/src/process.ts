import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lastLines } from "./stack.js";

export interface Program {
  name: string;
  command: string[];
  /** Its whole environment, except for PATH. */
  env: Record<string, string>;
  /** Its working directory; by default that of this process. */
  folder?: string;
  /** A URL that responds with 200 as soon as the program serves. */
  readyUrl: string;
}

export interface Running {
  /** Its log so far. */
  log: () => Promise<string>;
  stop: () => Promise<void>;
}

const startTimeout = 60_000;
const stopTimeout = 10_000;
const pollInterval = 50;

/** Starts a program and waits until it serves. */
export async function startProgram({ name, command, env, folder, readyUrl }: Program): Promise<Running> {
  const scratch = await mkdtemp(join(tmpdir(), "tasklane-e2e-"));
  const logFile = join(scratch, "log");
  const log = openSync(logFile, "a");
  const child = spawn(command[0]!, command.slice(1), {
    cwd: folder,
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const exit = once(child, "exit");
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  // If this process ends before stop is called, the program must not outlive it.
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);

  const stop = async () => {
    process.off("exit", kill);
    child.kill("SIGTERM");
    const limit = new AbortController();
    await Promise.race([exit, sleep(stopTimeout, undefined, { signal: limit.signal }).then(kill)]);
    limit.abort();
    await exit;
    await rm(scratch, { recursive: true, force: true });
  };

  const deadline = Date.now() + startTimeout;
  while (!(await isReady(readyUrl))) {
    if (ended() || Date.now() > deadline) {
      const lines = await lastLines(logFile);
      await stop();
      throw new Error(`${name} did not start; its last lines:\n${lines}`);
    }
    await sleep(pollInterval);
  }
  return { log: () => readFile(logFile, "utf8"), stop };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
