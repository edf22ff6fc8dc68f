// The HTTP handler in front of Better Auth.
import { isIPv6 } from "node:net";
import { toNodeHandler } from "better-auth/node";
import { requestID } from "./log.mjs";

/** The size of the largest body that is read: what the bff passes on. */
const MAX_BODY_BYTES = 1 << 20;

/**
 * Hands requests to Better Auth: those that it can take. What it throws at the
 * others would end the process.
 *
 * @param {ReturnType<import("./auth.mjs").createAuth>} auth
 * @param {ReturnType<import("./log.mjs").createLogger>} log
 * @param {import("node:net").BlockList} proxies whose X-Forwarded-For is believed
 */
export function authHandler(auth, log, proxies) {
  const handle = toNodeHandler(auth);
  const methods = [...new Set(Object.values(auth.api).flatMap((endpoint) => endpoint.options?.method ?? []))];
  return async (request, response) => {
    if (!methods.includes(request.method)) {
      response.setHeader("allow", methods.join(", "));
      return sendJSON(response, 405, { message: "Method not allowed." });
    }
    if (!isHost(request.headers.host)) return sendJSON(response, 400, { message: "The Host header is malformed." });
    // Better Auth makes a URL of this header as it comes, though it knows its public address.
    delete request.headers["x-forwarded-proto"];
    // A caller that is no proxy is itself the client, by whose address sign-ins are limited.
    const caller = request.socket.remoteAddress ?? "";
    if (!proxies.check(caller, isIPv6(caller) ? "ipv6" : "ipv4")) delete request.headers["x-forwarded-for"];
    request.headers["x-forwarded-for"] ??= caller;
    if ((request.headers["content-encoding"] ?? "identity") !== "identity") {
      response.setHeader("accept-encoding", "identity");
      return sendJSON(response, 415, { message: "The body must not be compressed." });
    }
    let body;
    try {
      body = await readBody(request);
    } catch {
      return response.destroy(); // the client is gone
    }
    if (body === undefined) {
      response.setHeader("connection", "close");
      return sendJSON(response, 413, { message: "The request's body is too large." });
    }
    if (body !== "") request.body = body; // where Better Auth looks for a body that was read
    try {
      await handle(request, response);
    } catch (error) {
      log.error("the request failed", { error, requestId: requestID(request) });
      if (response.headersSent) response.destroy();
      else sendJSON(response, 500, { message: "Internal server error." });
    }
  };
}

export function sendJSON(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** A request's body, or undefined if it is too large. */
async function readBody(request) {
  if (Number(request.headers["content-length"]) > MAX_BODY_BYTES) return undefined;
  const chunks = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Whether the value of a Host header is a host, perhaps with a port, and no more of a URL. */
function isHost(value = "") {
  return !/[@/?#\\]/.test(value) && URL.canParse(`http://${value}`);
}
