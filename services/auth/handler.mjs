// The HTTP handler in front of Better Auth.
import { isIPv6 } from "node:net";
import { toNodeHandler } from "better-auth/node";
import { requestID } from "./log.mjs";
import { operations } from "./metrics.mjs";

/** The largest body. Better Auth stores texts from it, such as names, without a limit, also before anybody has signed in. */
const MAX_BODY_BYTES = 16 << 10;
/** How much of a body is read before it is rejected: as much as the bff forwards. */
const MAX_READ_BYTES = 1 << 20;
/** The errors with which PostgreSQL rejects a value, such as a text with NUL, or a missing one. Better Auth checks neither. */
const INVALID_VALUE = /^(22...|23502)$/;

/**
 * Forwards valid requests to Better Auth and rejects the others, for which Better
 * Auth would throw and end the process.
 *
 * @param {ReturnType<import("./auth.mjs").createAuth>} auth
 * @param {ReturnType<import("./log.mjs").createLogger>} log
 * @param {import("node:net").BlockList} proxies whose X-Forwarded-For is trusted
 */
export function authHandler(auth, log, proxies) {
  const handle = toNodeHandler(auth);
  const operation = operations(auth.api);
  const methods = [...new Set(Object.values(auth.api).flatMap((endpoint) => endpoint.options?.method ?? []))];
  return async (request, response) => {
    if (!methods.includes(request.method)) {
      response.setHeader("allow", methods.join(", "));
      return sendJSON(response, 405, { message: "Method not allowed." });
    }
    // Better Auth counts requests for each path, known or not, so unknown paths would
    // fill its memory.
    if (operation(request.url.split("?", 1)[0]) === "none") return sendJSON(response, 404, { message: "Not found." });
    if (!isHost(request.headers.host)) return sendJSON(response, 400, { message: "The Host header is malformed." });
    // Better Auth would build a URL with this header, unchecked, although it knows its public address.
    delete request.headers["x-forwarded-proto"];
    // Sign-ins are limited by the client's address. A caller that is not a trusted proxy is the client.
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
      return response.destroy(); // the client has disconnected
    }
    if (body === undefined) {
      response.setHeader("connection", "close");
      return sendJSON(response, 413, { message: "The request's body is too large." });
    }
    if (body !== "") request.body = body; // Better Auth reads this instead of the stream
    try {
      await handle(request, response);
    } catch (error) {
      if (INVALID_VALUE.test(error.code)) return sendJSON(response, 422, { message: "A value in the request is not valid." });
      log.error("the request failed", { error, requestId: requestID(request) });
      if (response.headersSent) response.destroy();
      else sendJSON(response, 500, { message: "Internal server error." });
    }
  };
}

export function sendJSON(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** A request's body, or undefined if it is too large. A client that is still sending would miss the response. */
async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > MAX_READ_BYTES) return undefined;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return size > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString();
}

/** Whether a Host header is a host with an optional port, and nothing else of a URL. */
function isHost(value = "") {
  return !/[@/?#\\]/.test(value) && URL.canParse(`http://${value}`);
}
