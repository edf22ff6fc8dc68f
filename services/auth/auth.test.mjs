import assert from "node:assert/strict";
import { test } from "node:test";
import { createAuth } from "./auth.mjs";
import { readConfig } from "./config.mjs";
import { createPool } from "./database.mjs";
import { createLogger } from "./log.mjs";

const env = {
  BETTER_AUTH_SECRET: "0f9a1d6c4b7e82531c5d90ae46b3f872",
  BETTER_AUTH_URL: "https://tasks.example.com",
  DATABASE_URL: "postgres://localhost:1/tasklane",
};

test("Better Auth trusts an origin with a slash at its end", async () => {
  process.env.BETTER_AUTH_TRUSTED_ORIGINS = "https://other.example.com, https://App.example.com/"; // Better Auth reads it, too
  const config = readConfig({ ...env, BETTER_AUTH_TRUSTED_ORIGINS: process.env.BETTER_AUTH_TRUSTED_ORIGINS });
  const log = createLogger("error", () => {});
  const auth = createAuth(config, createPool(config.databaseURL, log), log);
  const context = await auth.$context;
  for (const [origin, want] of [["https://app.example.com", true], ["https://other.example.com", true], ["https://evil.example.com", false]]) {
    assert.equal(context.isTrustedOrigin(origin), want, origin);
  }
});

test("Better Auth counts no requests for paths with parameters", () => {
  const config = readConfig(env);
  const log = createLogger("error");
  const { api, options } = createAuth(config, createPool(config.databaseURL, log), log);
  const paths = Object.values(api).flatMap(({ path }) => (path?.includes(":") ? path : []));
  assert.ok(paths.includes("/reset-password/:token"), `${paths}`);
  for (const path of paths) assert.equal(options.rateLimit.customRules[path.replace(/:\w+/, "*")], false, path);
});
