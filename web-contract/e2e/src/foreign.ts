import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** A server of empty pages on another origin, for front ends and attackers. */
export interface ForeignServer {
  port: number;
  /** The headers of the last request for the page at a path. */
  lastHeaders: (path: string) => IncomingHttpHeaders | undefined;
  stop: () => Promise<void>;
}

/**
 * Serves pages on a port, by default any. `/sandboxed` is a page with an opaque
 * origin, and `/redirect?to=ADDRESS` redirects a request without changing it.
 */
export async function serveForeign(port = 0): Promise<ForeignServer> {
  const last = new Map<string, IncomingHttpHeaders>();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, "http://localhost");
    if (pathname === "/redirect") {
      response.writeHead(307, { location: searchParams.get("to")! }).end();
      return;
    }
    last.set(pathname, request.headers);
    const sandbox = pathname === "/sandboxed" ? { "content-security-policy": "sandbox allow-scripts allow-forms allow-popups" } : {};
    response.writeHead(200, { "content-type": "text/html", ...sandbox }).end('<!doctype html><link rel="icon" href="data:,">');
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { port: (server.address() as AddressInfo).port, lastHeaders: (path) => last.get(path), stop };
}
