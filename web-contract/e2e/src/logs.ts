import { readFile } from "node:fs/promises";
import { expect, inject, vi } from "vitest";

export type Server = "bff" | "tasks" | "auth";

/** The servers whose logs name the request, in the order of their names. */
export async function serversThatLogged(requestId: string): Promise<Server[]> {
  const log = await readFile(inject("stack").logFile, "utf8");
  const servers = log
    .split("\n")
    .filter((line) => line.includes(`"requestId":"${requestId}"`))
    .map((line) => line.slice(0, line.indexOf(" ")) as Server);
  return [...new Set(servers)].sort();
}

/** Waits until exactly these servers have logged the request: a line may follow the answer. */
export async function expectLogged(requestId: string, servers: Server[]): Promise<void> {
  await vi.waitFor(async () => expect(await serversThatLogged(requestId)).toEqual([...servers].sort()), {
    timeout: 10_000,
  });
}
