// The metrics of the auth server for Prometheus, with the names of the Go servers.
import client from "prom-client";

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * @param {{ api: Record<string, { path?: string }> }} auth whose endpoints name the operations
 * @param {{ totalCount: number, idleCount: number, waitingCount: number }} pool
 * @param {Record<string, string | undefined>} env
 */
export function createMetrics(auth, pool, env = {}) {
  const register = new client.Registry();
  client.collectDefaultMetrics({ register });
  new client.Gauge({
    name: "tasklane_build_info",
    help: "Always 1. The labels are the version and the revision of the build.",
    labelNames: ["version", "revision"],
    registers: [register],
  }).set({ version: env.TASKLANE_VERSION || "dev", revision: env.TASKLANE_REVISION || "" }, 1);
  const requests = new client.Counter({
    name: "tasklane_requests_total",
    help: "Requests, by operation and HTTP status.",
    labelNames: ["operation", "status"],
    registers: [register],
  });
  const durations = new client.Histogram({
    name: "tasklane_request_duration_seconds",
    help: "Time from a request's headers to the end of its response, by operation.",
    labelNames: ["operation"],
    buckets: BUCKETS,
    registers: [register],
  });
  for (const [name, help, read] of [
    ["tasklane_pool_connections", "Connections to the database.", () => pool.totalCount],
    ["tasklane_pool_connections_idle", "Connections that no query uses.", () => pool.idleCount],
    ["tasklane_pool_requests_waiting", "Queries that wait for a connection.", () => pool.waitingCount],
  ]) {
    new client.Gauge({ name, help, registers: [register], collect() { this.set(read()); } });
  }
  const operation = operations(auth.api);
  return {
    contentType: register.contentType,
    page: () => register.metrics(),
    /** Names the operation of a path. */
    operation,
    /** Counts a request when its response has been sent. */
    observe(path, status, seconds) {
      const labels = { operation: operation(path) };
      requests.inc({ ...labels, status });
      durations.observe(labels, seconds);
    },
  };
}

/**
 * Returns the function that names the endpoint of a path, such as sign-in/email, without
 * its parameters. All unknown paths are "none", because clients can send any number of them.
 */
export function operations(api) {
  const endpoints = Object.values(api).flatMap(({ path }) => path ?? []).map((path) => ({
    name: path.slice(1).replace(/\/:.*/, ""),
    pattern: new RegExp(`^/api/auth${path.replaceAll(".", "\\.").replaceAll(/:\w+/g, "[^/]+")}$`),
  }));
  return (path) => endpoints.find(({ pattern }) => pattern.test(path))?.name ?? "none";
}
