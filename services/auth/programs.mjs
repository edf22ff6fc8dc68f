// Sign-in for programs: API keys, and device codes that are confirmed on the page.
import { createHmac } from "node:crypto";
import { apiKey } from "@better-auth/api-key";
import { APIError, createAuthMiddleware } from "better-auth/api";
import { bearer, deviceAuthorization } from "better-auth/plugins";
import { limitRows } from "./limits.mjs";

const KEY_HEADER = "x-api-key";

/** The only endpoints that accept a key, so that it cannot change the account or create other keys. */
const KEY_PATHS = ["/token", "/get-session"];

/** How many API keys a user may have. */
export const MAX_KEYS = 100;

/** Returns Better Auth's plugins for programs. */
export function programPlugins() {
  const keys = apiKey({
    apiKeyHeaders: KEY_HEADER,
    enableSessionForAPIKeys: true,
    defaultPrefix: "tasklane_",
    requireName: true,
    // Better Auth's limit for each address applies. The plugin's limit for each key would be 10 requests a day.
    rateLimit: { enabled: false },
  });
  limitRows(keys.endpoints.createApiKey, {
    model: "apikey",
    owner: "referenceId",
    max: MAX_KEYS,
    error: { code: "TOO_MANY_KEYS", message: `You have ${MAX_KEYS} API keys, which is the maximum. Revoke one first.` },
  });
  return [
    // Without a signature, the token in any response would be a credential.
    bearer({ requireSignature: true }),
    keys,
    deviceAuthorization({ verificationUri: "/?device", expiresIn: "15m" }),
    {
      id: "tasklane-programs",
      // Codes are stored before anybody has signed in.
      rateLimit: [{ pathMatcher: (path) => path === "/device/code", window: 60, max: 10 }],
      hooks: {
        before: [
          {
            matcher: ({ headers, path }) => Boolean(headers?.get(KEY_HEADER)) && !KEY_PATHS.includes(path),
            handler: createAuthMiddleware(async () => {
              throw new APIError("FORBIDDEN", { code: "KEY_NOT_ACCEPTED", message: "An API key can only be exchanged for a JWT." });
            }),
          },
          {
            // The plugin would respond with 500.
            matcher: ({ path, query }) => path === "/api-key/list" && (query?.organizationId || (query?.sortBy && !Object.hasOwn(keys.schema.apikey.fields, query.sortBy))),
            handler: createAuthMiddleware(async () => {
              throw new APIError("BAD_REQUEST", { code: "VALIDATION_ERROR", message: "Keys belong to no organization, and can be sorted by their fields only." });
            }),
          },
        ],
        after: [
          {
            // The response has the token without its signature, which no server accepts.
            matcher: ({ path }) => path === "/device/token",
            handler: createAuthMiddleware(async (ctx) => {
              const response = ctx.context.returned;
              if (!response?.access_token) return;
              const signature = createHmac("sha256", ctx.context.secret).update(response.access_token).digest("base64");
              return ctx.json({ ...response, access_token: `${response.access_token}.${signature}` });
            }),
          },
        ],
      },
    },
  ];
}
