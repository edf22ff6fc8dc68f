import { fileURLToPath } from "node:url";
import { freePorts } from "./ports.js";
import { startProgram, type Running } from "./process.js";
import type { Stack } from "./stack.js";

/** A bff with its own Better Auth, on the users and the task service of the stack. */
export interface Site {
  /** Its address for browsers. */
  url: string;
  /** The address on which the bff listens. */
  bffUrl: string;
  /** Better Auth itself. */
  authUrl: string;
  stop: () => Promise<void>;
}

export interface SiteOptions {
  /** The port of the bff. Default: any. */
  port?: number;
  /** Returns the address for browsers, given the port of the bff. Default: where the bff listens. */
  publicUrl?: (port: number) => string;
  /** Settings of the servers, added to those of every site. */
  auth?: Record<string, string>;
  bff?: Record<string, string>;
}

const root = new URL("../../../", import.meta.url);
export const fileOf = (path: string) => fileURLToPath(new URL(path, root));

export async function startSite(stack: Stack, options: SiteOptions = {}): Promise<Site> {
  const [free, opsPort, authPort] = (await freePorts(3)) as [number, number, number];
  const port = options.port ?? free;
  const publicUrl = options.publicUrl?.(port) ?? `http://localhost:${port}`;
  const authUrl = `http://127.0.0.1:${authPort}`;
  const auth = await startProgram({
    name: "Better Auth",
    command: [process.execPath, fileOf("services/auth/server.mjs")],
    env: {
      HOST: "127.0.0.1",
      PORT: String(authPort),
      BETTER_AUTH_SECRET: stack.secret,
      BETTER_AUTH_URL: publicUrl,
      DATABASE_URL: stack.authDatabase,
      // The stack's task service expects this issuer.
      JWT_ISSUER: stack.url,
      RATE_LIMIT_ENABLED: "false",
      ...options.auth,
    },
    readyUrl: `${authUrl}/readyz`,
  });
  const bff = await startBff(port, opsPort, {
    PUBLIC_URL: publicUrl,
    TASKS_URL: stack.tasksUrl,
    BETTER_AUTH_URL: authUrl,
    BETTER_AUTH_SECRET: stack.secret,
    ...options.bff,
  }).catch(async (error: unknown) => {
    await auth.stop();
    throw error;
  });
  const stop = async () => {
    await bff.stop();
    await auth.stop();
  };
  return { url: publicUrl, bffUrl: `http://127.0.0.1:${port}`, authUrl, stop };
}

export function startBff(port: number, opsPort: number, env: Record<string, string>): Promise<Running> {
  return startProgram({
    name: "the bff",
    command: [fileOf(".build/bff"), "serve"],
    env: {
      HOST: "127.0.0.1",
      PORT: String(port),
      OPS_PORT: String(opsPort),
      PAGE_DIR: fileOf("web-contract/demo/dist"),
      ...env,
    },
    readyUrl: `http://127.0.0.1:${opsPort}/readyz`,
  });
}
