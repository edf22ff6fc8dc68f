// JSON log lines, shaped like those of the Go servers.

/** @param {(line: string) => void} write */
export function createLogger(write = (line) => process.stderr.write(line)) {
  const at = (level) => (msg, fields = {}) =>
    write(`${JSON.stringify({ time: new Date().toISOString(), level, msg, ...fields }, printable)}\n`);
  return { debug: at("DEBUG"), info: at("INFO"), warn: at("WARN"), error: at("ERROR") };
}

/** An Error has no enumerable properties, so JSON would print {}. */
function printable(_key, value) {
  return value instanceof Error ? (value.stack ?? String(value)) : value;
}
