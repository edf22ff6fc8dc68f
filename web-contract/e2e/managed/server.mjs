// A Better Auth server that is not configured for Tasklane: default keys, claims and limits,
// and its own cookie prefix and base path.
import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { toNodeHandler } from "better-auth/node";
import { jwt } from "better-auth/plugins";

const { PORT, ORIGIN, BASE_PATH, SECRET, TRUSTED_ORIGIN } = process.env;

const auth = betterAuth({
  baseURL: ORIGIN,
  basePath: BASE_PATH,
  secret: SECRET,
  trustedOrigins: [TRUSTED_ORIGIN],
  database: memoryAdapter({ user: [], session: [], account: [], verification: [], jwks: [] }),
  advanced: { cookiePrefix: "accounts" },
  emailAndPassword: { enabled: true },
  telemetry: { enabled: false },
  plugins: [jwt()],
});

createServer(toNodeHandler(auth)).listen(Number(PORT), "127.0.0.1");
process.once("SIGTERM", () => process.exit(0));
