import { readFile } from "node:fs/promises";
import { expect, inject } from "vitest";
import { eventually } from "./eventually.js";
import { severalBffs } from "./stack.js";

export type Server = "bff" | "tasks" | "auth";

/** The servers whose logs name the request, sorted. Each line of the common log begins with the server's name. */
export async function serversThatLogged(requestId: string): Promise<Server[]> {
  const log = await readFile(inject("stack").logFile, "utf8");
  const servers = log
    .split("\n")
    .filter((line) => line.includes(`"requestId":"${requestId}"`))
    .map((line) => line.slice(0, line.indexOf(" ")) as Server);
  return [...new Set(servers)].sort();
}

/**
 * Waits until exactly these servers have logged the request: a log line may follow the response. With several bffs, each
 * exchanges the session with Better Auth at its own first request, so the auth server may have logged it, too.
 */
export async function expectLogged(requestId: string, servers: Server[]): Promise<void> {
  const counts = (server: Server) => servers.includes(server) || !(severalBffs && server === "auth");
  await eventually(async () => expect((await serversThatLogged(requestId)).filter(counts)).toEqual([...servers].sort()));
}
