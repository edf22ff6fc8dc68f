// The endpoint from which the page reads which account features are on.
import { createAuthEndpoint } from "better-auth/api";

/**
 * A plugin of Better Auth with the endpoint /features.
 *
 * @param {ReturnType<import("./config.mjs").readConfig>} config
 */
export function features(config) {
  const offered = {
    mail: Boolean(config.smtpURL),
    verification: config.requireVerification,
    deletion: Boolean(config.tasksURL),
    keys: true,
    passkeys: config.passkeyDomain,
    providers: Object.keys(config.providers),
  };
  return {
    id: "tasklane-features",
    endpoints: { tasklaneFeatures: createAuthEndpoint("/features", { method: "GET" }, async (ctx) => ctx.json(offered)) },
  };
}
