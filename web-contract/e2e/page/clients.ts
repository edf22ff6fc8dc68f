import { createClient } from "@tasklane/web-contract";
import { createAuthClient } from "better-auth/client";

/** What a page has to talk to a site: Better Auth's own client and Tasklane's. */
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
