// JSON log lines, shaped like those of the Go servers.

/** What LOG_LEVEL can be, the most talkative first. */
export const LEVELS = ["debug", "info", "warn", "error"];

/**
 * @param {string} least of LEVELS; lines below it are left out
 * @param {(line: string) => void} write
 */
export function createLogger(least = "info", write = (line) => process.stderr.write(line)) {
  const at = (level) => (msg, fields = {}) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
    write(`${JSON.stringify({ time: new Date().toISOString(), level: level.toUpperCase(), msg, ...fields }, printable)}\n`);
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** An Error has no enumerable properties, so JSON would print {}. */
function printable(_key, value) {
  return value instanceof Error ? (value.stack ?? String(value)) : value;
}
