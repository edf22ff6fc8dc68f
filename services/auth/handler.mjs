// What stands between the network and Better Auth.
import { toNodeHandler } from "better-auth/node";

/**
 * Hands requests to Better Auth: those that it can take. What it throws at the
 * others would end the process.
 *
 * @param {ReturnType<import("./auth.mjs").createAuth>} auth
 * @param {ReturnType<import("./log.mjs").createLogger>} log
 */
export function authHandler(auth, log) {
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
    request.headers["x-forwarded-for"] ??= request.socket.remoteAddress;
    try {
      await handle(request, response);
    } catch (error) {
      log.error("the request failed", { error, requestId: request.headers["x-request-id"] });
      if (response.headersSent) response.destroy();
      else sendJSON(response, 500, { message: "Internal server error." });
    }
  };
}

export function sendJSON(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** Whether the value of a Host header is a host, perhaps with a port, and no more of a URL. */
function isHost(value = "") {
  return !/[@/?#\\]/.test(value) && URL.canParse(`http://${value}`);
}
