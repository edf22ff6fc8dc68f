// Secrets that are handed over as files, as Docker, Kubernetes and systemd do.
import { readFileSync } from "node:fs";
import { ConfigError } from "./config.mjs";

/** The variables that a file may hold. */
export const SECRETS = ["BETTER_AUTH_SECRET", "DATABASE_URL", "SMTP_URL"];

/**
 * Sets each variable NAME of SECRETS for which NAME_FILE names a file to what that
 * file holds, without a line break at its end.
 *
 * @param {Record<string, string | undefined>} env is changed
 * @throws {ConfigError} naming every mistake at once, without values
 */
export function readFiles(env) {
  const mistakes = [];
  for (const name of SECRETS) {
    const path = env[`${name}_FILE`];
    if (!path) continue;
    if (env[name]) {
      mistakes.push(`${name} and ${name}_FILE must not both be set`);
      continue;
    }
    try {
      env[name] = readFileSync(path, "utf8").replace(/[\r\n]+$/, "");
    } catch (error) {
      mistakes.push(`${name}_FILE cannot be read: ${error.code}`);
    }
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes);
}
