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

/** Each of several bffs exchanges a session by itself, at the first request that it is handed. */
const mayExchange = Number(process.env["REPLICAS"] ?? 1) > 1;

/** Waits until exactly these servers have logged the request: a line may follow the answer. */
export async function expectLogged(requestId: string, servers: Server[]): Promise<void> {
  const counts = (server: Server) => servers.includes(server) || !(mayExchange && server === "auth");
  await vi.waitFor(async () => expect((await serversThatLogged(requestId)).filter(counts)).toEqual([...servers].sort()), {
    timeout: 10_000,
  });
}
