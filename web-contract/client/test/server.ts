import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test as base, expect, vi } from "vitest";

export interface ReceivedRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Runs a server that calls `respond` for each request, and records the requests. */
export type Serve = (
  respond: (request: ReceivedRequest, response: ServerResponse) => void,
) => Promise<{ url: string; received: ReceivedRequest[] }>;

/** A test that can run servers, each on a free port until the test is over. */
export const test = base.extend("serve", async ({}, { onCleanup }) => {
  const servers: Server[] = [];
  onCleanup(() => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  });
  const serve: Serve = async (respond) => {
    const received: ReceivedRequest[] = [];
    const server = createServer(async (incoming, response) => {
      let body = "";
      for await (const chunk of incoming) body += chunk;
      const request = { method: incoming.method!, url: incoming.url!, headers: incoming.headers, body };
      received.push(request);
      respond(request, response);
    });
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
  };
  return serve;
});

export function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  const type = status < 400 ? "application/json" : "application/problem+json";
  response.writeHead(status, { "content-type": type, ...headers }).end(JSON.stringify(body));
}

/** Returns the error of a call, which must reject. */
export async function rejection(call: Promise<unknown>): Promise<unknown> {
  const [outcome] = await Promise.allSettled([call]);
  if (outcome.status === "fulfilled") expect.fail("the call did not reject");
  return outcome.reason;
}

/** Waits until a check holds, however busy the machine is. */
export function eventually<T>(check: () => T): Promise<T> {
  return vi.waitFor(check, { timeout: 20_000, interval: 10 });
}
