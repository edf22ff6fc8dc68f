import { createClient } from "@tasklane/web-contract";
import { createAuthClient } from "better-auth/client";

/** The clients of a page: Better Auth's own and Tasklane's. */
export function clientsFor(baseUrl: string) {
  return { auth: createAuthClient({ baseURL: baseUrl }), api: createClient({ baseUrl }) };
}

declare global {
  interface Window {
    clientsFor: typeof clientsFor;
    clients: ReturnType<typeof clientsFor>;
  }
}

window.clientsFor = clientsFor;
