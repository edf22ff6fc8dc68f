// Better Auth with the plugins under test, an in-memory database, and browsers.
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";

export const ORIGIN = "http://localhost:3000";

/**
 * @param {(tables: Record<string, object[]>) => object[]} plugins creates the plugins under test
 * @param {{ rateLimit?: boolean }} options
 */
export function serve(plugins, { rateLimit = false } = {}) {
  const tables = { user: [], session: [], account: [], verification: [], passkey: [], apikey: [], deviceCode: [] };
  const auth = betterAuth({
    baseURL: ORIGIN,
    secret: "a secret that signs for the tests only",
    database: memoryAdapter(tables),
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    rateLimit: { enabled: rateLimit },
    logger: { disabled: true },
    plugins: plugins(tables),
  });

  /** Returns a browser that keeps its cookies. */
  function openBrowser() {
    const jar = new Map();
    async function send(path, body, headers = {}) {
      const cookie = [...jar].map((pair) => pair.join("=")).join("; ");
      const response = await auth.handler(new Request(`${ORIGIN}/api/auth${path}`, {
        method: body ? "POST" : "GET",
        headers: { origin: ORIGIN, cookie, "content-type": "application/json", ...headers },
        ...(body && { body: JSON.stringify(body) }),
      }));
      for (const line of response.headers.getSetCookie()) jar.set(...line.split(";")[0].split("=", 2));
      return { status: response.status, body: await response.json(), headers: response.headers };
    }
    return { send, signUp: (email) => send("/sign-up/email", { email, name: "Ada", password: "correct horse battery" }) };
  }
  return { openBrowser, tables };
}

/** The status and error code of a response. */
export const codeOf = ({ status, body }) => [status, body.code];
