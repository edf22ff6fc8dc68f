// Better Auth, configured for Tasklane.
import { betterAuth } from "better-auth";
import { jwt } from "better-auth/plugins";
import { deleteAccount } from "./account.mjs";
import { foreign } from "./log.mjs";

/**
 * @param {ReturnType<import("./config.mjs").readConfig>} config
 * @param {import("pg").Pool} pool
 * @param {ReturnType<import("./log.mjs").createLogger>} log
 */
export function createAuth(config, pool, log) {
  const auth = betterAuth({
    appName: "Tasklane",
    baseURL: config.baseURL,
    secret: config.secret,
    database: pool,
    // Once there is a sendResetPassword: a reset also ends the sessions of whoever knew the password.
    emailAndPassword: { enabled: true, revokeSessionsOnPasswordReset: true },
    user: {
      // Without the task service, the tasks would stay behind.
      deleteUser: config.tasksURL ? { enabled: true, beforeDelete: deleteAccount(() => auth, config.tasksURL, pool, log) } : { enabled: false },
    },
    telemetry: { enabled: false },
    plugins: [
      jwt({
        jwks: { keyPairConfig: { alg: "RS256", modulusLength: 2048 } },
        jwt: {
          issuer: config.issuer,
          audience: config.audience,
          expirationTime: config.jwtLifetime,
          // The subject is all that the task service needs: no name or address travels in a token.
          definePayload: () => ({}),
        },
      }),
    ],
    rateLimit: {
      enabled: config.rateLimit,
      // The servers' own calls: one bff asks for many users.
      customRules: { "/get-session": false, "/jwks": false },
    },
    advanced: {
      // The bff sends the client's address as the only value; Better Auth refuses a list.
      ipAddress: { ipAddressHeaders: ["x-forwarded-for"] },
      ...(config.cookieDomain && { crossSubDomainCookies: { enabled: true, domain: config.cookieDomain } }),
    },
    logger: {
      level: config.logLevel,
      log: (level, ...words) => foreign(log, level)(...words),
    },
  });
  return auth;
}
