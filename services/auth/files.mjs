// Reads secrets from files, as Docker, Kubernetes and systemd provide them.
import { readFileSync } from "node:fs";
import { ConfigError } from "./config.mjs";

/** The variables that can be read from a file. */
export const SECRETS = ["BETTER_AUTH_SECRET", "DATABASE_URL", "SMTP_URL"];

/**
 * Sets each variable of SECRETS to the content of the file named by NAME_FILE,
 * without line breaks at its end.
 *
 * @param {Record<string, string | undefined>} env is modified
 * @throws {ConfigError} with all problems at once, without values
 */
export function readFiles(env) {
  const problems = [];
  for (const name of SECRETS) {
    const path = env[`${name}_FILE`];
    if (!path) continue;
    if (env[name]) {
      problems.push(`${name} and ${name}_FILE must not both be set`);
      continue;
    }
    try {
      env[name] = readFileSync(path, "utf8").replace(/[\r\n]+$/, "");
    } catch (error) {
      problems.push(`${name}_FILE cannot be read: ${error.code}`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
}
