// Better Auth, configured for Tasklane.
import { betterAuth } from "better-auth";
import { jwt } from "better-auth/plugins";
import { deleteAccount } from "./account.mjs";
import { features } from "./features.mjs";
import { limitSessions } from "./limits.mjs";
import { libraryLogger } from "./log.mjs";
import { createMail } from "./mail.mjs";
import { passkeyPlugins } from "./passkeys.mjs";
import { programPlugins } from "./programs.mjs";

/**
 * @param {ReturnType<import("./config.mjs").readConfig>} config
 * @param {import("pg").Pool} pool
 * @param {ReturnType<import("./log.mjs").createLogger>} log
 */
export function createAuth(config, pool, log) {
  const mail = createMail(config, log);
  const auth = betterAuth({
    appName: "Tasklane",
    baseURL: config.baseURL,
    secret: config.secret,
    trustedOrigins: config.trustedOrigins,
    database: pool,
    emailAndPassword: {
      enabled: true,
      requireEmailVerification: config.requireVerification,
      // A reset also ends the sessions of anybody else who knew the password.
      revokeSessionsOnPasswordReset: true,
      ...(mail && {
        sendResetPassword: async ({ user, url }) => mail.resetPassword(user.email, url),
        onPasswordReset: async ({ user }) => mail.passwordChanged(user.email),
      }),
    },
    ...(mail && {
      emailVerification: {
        sendVerificationEmail: async ({ user, url }) => mail.verifyAddress(user.email, url),
        sendOnSignIn: config.requireVerification,
        autoSignInAfterVerification: true,
      },
    }),
    socialProviders: config.providers,
    user: {
      // A verified old address gets the first mail, then the new address gets one.
      changeEmail: { enabled: Boolean(mail), sendChangeEmailConfirmation: async ({ user, newEmail, url }) => mail.changeAddress(user.email, newEmail, url) },
      // Without the task service, an account cannot be deleted: its tasks would remain.
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
          // The task service needs only the subject, so a token holds no name or address.
          definePayload: () => ({}),
        },
      }),
      ...programPlugins(),
      ...passkeyPlugins(config, mail),
      limitSessions(),
      features(config),
    ],
    // The handler responds and logs.
    onAPIError: { throw: true },
    rateLimit: {
      enabled: config.rateLimit,
      customRules: {
        // One bff sends these requests for all its users.
        "/get-session": false,
        "/jwks": false,
        // Each value of a parameter would have a counter of its own.
        "/reset-password/*": false,
        "/callback/*": false,
      },
    },
    advanced: {
      // The bff sends the client's address as the only value; Better Auth rejects a list.
      ipAddress: { ipAddressHeaders: ["x-forwarded-for"] },
      ...(config.cookieDomain && { crossSubDomainCookies: { enabled: true, domain: config.cookieDomain } }),
    },
    logger: {
      level: config.logLevel,
      log: (level, ...args) => libraryLogger(log, level)(...args),
    },
  });
  return auth;
}
