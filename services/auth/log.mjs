// JSON log lines in the format of the Go servers.

/** The values of LOG_LEVEL, the most verbose first. */
export const LEVELS = ["debug", "info", "warn", "error"];

/**
 * @param {string} minLevel one of LEVELS; lines of lower levels are dropped
 * @param {(line: string) => void} write
 */
export function createLogger(minLevel = "info", write = (line) => process.stderr.write(line)) {
  const logAt = (level) => (msg, fields = {}) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(minLevel)) return;
    write(`${JSON.stringify({ time: new Date().toISOString(), level: level.toUpperCase(), msg, ...fields }, printable)}\n`);
  };
  return { debug: logAt("debug"), info: logAt("info"), warn: logAt("warn"), error: logAt("error") };
}

/** Redirects the console, to which libraries print, to the log. */
export function redirectConsole(log) {
  for (const [method, level] of [["debug", "debug"], ["log", "info"], ["info", "info"], ["warn", "warn"], ["error", "error"]]) {
    console[method] = libraryLogger(log, level);
  }
}

/** Returns a function that logs a library's message and its details. */
export function libraryLogger(log, level) {
  return (message, ...details) => log[level](typeof message === "string" ? message : "from a library", details.length > 0 ? { details } : {});
}

/** The request id that the bff has set, if it is safe to log. */
export function requestID(request) {
  const id = request.headers["x-request-id"];
  return /^[\w.-]{1,128}$/.test(id ?? "") ? id : undefined;
}

/** The status of a response that has ended: 499 if the client disconnected before it began, as in the Go servers. */
export function statusOf(response) {
  return response.headersSent ? response.statusCode : 499;
}

/** The server's own paths, which are not Better Auth's. */
export const OWN_PATHS = ["/healthz", "/readyz", "/metrics"];

/**
 * Returns the path of a request for the log: that of the endpoint without parameters, or
 * "/…" if the path is unknown. Parameters and unknown paths may be secrets, such as the
 * token in a link.
 *
 * @param {string} operation as metrics.mjs names it
 */
export function loggedPath(path, operation) {
  if (OWN_PATHS.includes(path)) return path;
  if (operation === "none") return "/…";
  return `/api/auth/${operation}`;
}

/** Fields without personal data, which are not redacted. */
const PLAIN = ["time", "level", "requestId", "traceId"];

/** An Error has no enumerable properties, so JSON would print {}. */
function printable(key, value) {
  if (value instanceof Error) return redact(value.stack ?? String(value));
  return typeof value === "string" && !PLAIN.includes(key) ? redact(value) : value;
}

/**
 * Removes email addresses, tokens and JWTs from a text. Words of 200 or more characters are
 * removed first: the time for a word grows with the square of its length.
 */
function redact(text) {
  return text
    .replace(/[^\s"'`<>()=:;,/\\]{200,}/g, "[token]")
    .replace(/\beyJ[\w-]+\.[\w.-]+/g, "[token]")
    .replace(/[^\s"'`<>()=:;,/\\]+(?:@|%40)[^\s"'`<>()=:;,/\\]+/gi, "[address]")
    .replace(/[A-Za-z0-9]{32,}|(?=[A-Za-z]*[0-9])[A-Za-z0-9]{24,}/g, "[token]");
}
