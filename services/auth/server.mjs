// The auth server: Better Auth behind /api/auth, and /healthz, /readyz and /metrics for operators.
import { createServer } from "node:http";
import { createAuth } from "./auth.mjs";
import { networks, readConfig } from "./config.mjs";
import { checkSigningKey, createPool, deleteExpired, prepareDatabase, replaceSigningKey } from "./database.mjs";
import { readFiles } from "./files.mjs";
import { authHandler, sendJSON } from "./handler.mjs";
import { redirectConsole, createLogger, loggedPath, OWN_PATHS, requestID, statusOf } from "./log.mjs";
import { createMetrics } from "./metrics.mjs";
import { startTracing, traceID } from "./tracing.mjs";

/** More than the bff accepts, which is 36 KiB: Node would close the connection on more than 16 KiB, which looks like an outage. */
const MAX_HEADER_BYTES = 64 << 10;
/** The time that requests in flight get after SIGTERM. */
const SHUTDOWN_GRACE_MS = 3000;

try {
  if (process.argv[2] === "new-keys") await newKeys();
  else await run();
} catch (error) {
  createLogger().error("the auth server cannot start", { error: error.name === "ConfigError" ? error.message : error });
  process.exit(1);
}

/** Reads the environment and configures Better Auth. */
function configure() {
  readFiles(process.env);
  const config = readConfig(process.env);
  const log = createLogger(config.logLevel);
  redirectConsole(log);
  const pool = createPool(config.databaseURL, log);
  return { config, log, pool, auth: createAuth(config, pool, log) };
}

/** Runs the command new-keys, which replaces the signing key. */
async function newKeys() {
  const { auth, pool, log } = configure();
  await replaceSigningKey(auth, pool, log);
  log.info("replaced the signing key");
  await pool.end();
}

async function run() {
  const { config, log, pool, auth } = configure();
  await prepareDatabase(auth, pool, log);
  await deleteExpired(pool, log);

  const metrics = createMetrics(auth, pool, process.env);
  const tracing = await startTracing(log);
  const handleAuth = authHandler(auth, log, networks(config.trustedProxies));
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    const path = request.url.split("?", 1)[0];
    response.setHeader("cache-control", "no-store");
    response.setHeader("x-content-type-options", "nosniff");
    if (path.startsWith("/api/auth/")) {
      return tracing.serve(request, response, metrics.operation(path), () => {
        observe(log, metrics, request, response, path);
        handleAuth(request, response);
      });
    }
    observe(log, metrics, request, response, path);
    if (path === "/healthz") sendJSON(response, 200, { status: "ok" });
    else if (path === "/readyz") tracing.untraced(() => ready(auth, log, response));
    else if (path === "/metrics") sendMetrics(metrics, response);
    else sendJSON(response, 404, { message: "Not found." });
  });
  const unused = unusedConnections(server);
  server.on("error", (error) => {
    log.error("cannot listen", { error: error.message });
    process.exit(1);
  });
  server.listen(config.port, config.host, () => log.info("listening", { host: config.host, port: config.port }));

  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => stop(server, unused, pool, tracing, log));
}

async function ready(auth, log, response) {
  try {
    await checkSigningKey(auth);
    sendJSON(response, 200, { status: "ready" });
  } catch (error) {
    log.warn("not ready", { error: error.message });
    sendJSON(response, 503, { status: "unavailable", reason: "the database or its signing key cannot be used" });
  }
}

/** Returns the set of connections without a request, which Node would wait for. */
function unusedConnections(server) {
  const unused = new Set();
  server.on("connection", (socket) => {
    unused.add(socket);
    socket.once("close", () => unused.delete(socket));
  });
  server.on("request", (request) => unused.delete(request.socket));
  return unused;
}

async function stop(server, unused, pool, tracing, log) {
  log.info("stopping");
  for (const socket of unused) socket.destroy();
  const grace = setTimeout(() => server.closeAllConnections(), SHUTDOWN_GRACE_MS);
  await new Promise((resolve) => server.close(resolve));
  clearTimeout(grace);
  await tracing.stop();
  await pool.end();
}

async function sendMetrics(metrics, response) {
  const text = await metrics.page();
  response.writeHead(200, { "content-type": metrics.contentType }).end(text);
}

/** Frequent requests of servers, which are logged only if they fail. */
const ROUTINE = [...OWN_PATHS, "/api/auth/jwks"];

/** Counts and logs a request when its response has ended. */
function observe(log, metrics, request, response, path) {
  const start = performance.now();
  const traceId = traceID();
  response.on("close", () => {
    const status = statusOf(response);
    if (path.startsWith("/api/auth/")) metrics.observe(path, status, (performance.now() - start) / 1000);
    if (ROUTINE.includes(path) && status === 200) return;
    log[status >= 500 ? "error" : "info"]("request", {
      method: request.method,
      path: loggedPath(path, metrics.operation(path)),
      status,
      durationMs: Math.round(performance.now() - start),
      requestId: requestID(request),
      traceId,
    });
  });
}
