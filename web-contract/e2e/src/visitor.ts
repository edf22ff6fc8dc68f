import { randomUUID } from "node:crypto";
import { createClient } from "@tasklane/web-contract";
import { createAuthClient } from "better-auth/client";
import { inject } from "vitest";

export type Fetch = typeof fetch;

/** A user without a browser: a cookie jar and both clients. */
export interface Visitor {
  fetch: Fetch;
  cookies: Map<string, string>;
  /** All responses so far, as text: headers and body; of a stream, the headers. */
  responses: string[];
  auth: ReturnType<typeof createAuthClient>;
  api: ReturnType<typeof createClient>;
}

/** A visitor of the given server, by default of the address for browsers. */
export function newVisitor(baseUrl = inject("stack").url): Visitor {
  const cookies = new Map<string, string>();
  const responses: string[] = [];

  const fetchWithCookies: Fetch = async (input, init) => {
    const request = new Request(input, init);
    request.headers.set("origin", inject("stack").url);
    if (cookies.size > 0) request.headers.set("cookie", cookieHeader(cookies));
    const response = await fetch(request);
    for (const cookie of response.headers.getSetCookie()) storeCookie(cookies, cookie);
    // A stream does not end.
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
    responses.push(JSON.stringify([...response.headers]) + (isStream ? "" : await response.clone().text()));
    return response;
  };

  return {
    fetch: fetchWithCookies,
    cookies,
    responses,
    auth: createAuthClient({ baseURL: baseUrl, fetchOptions: { customFetchImpl: fetchWithCookies } }),
    api: createClient({ baseUrl, fetch: fetchWithCookies }),
  };
}

/** Returns the Cookie header of a request with these cookies. */
export function cookieHeader(cookies: Map<string, string>): string {
  return [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
}

function storeCookie(cookies: Map<string, string>, cookie: string): void {
  const [pair = "", ...attributes] = cookie.split(";");
  const [name = "", value = ""] = pair.split(/=(.*)/s);
  if (attributes.some((attribute) => /^\s*max-age=0$/i.test(attribute))) cookies.delete(name.trim());
  else cookies.set(name.trim(), value);
}

export interface Account {
  name: string;
  email: string;
  password: string;
}

/** The details of a new account. */
export function newAccount(): Account {
  return { name: "Ada Lovelace", email: `${randomUUID()}@example.com`, password: randomUUID() };
}

/** A visitor who has just signed up. */
export async function newUser(): Promise<Visitor & { account: Account }> {
  const account = newAccount();
  const visitor = newVisitor();
  const { error } = await visitor.auth.signUp.email(account);
  if (error) throw new Error(`sign-up failed: ${JSON.stringify(error)}`);
  return { ...visitor, account };
}

/** Signs in to Better Auth directly, as a program does, and returns a JWT for the task service. */
export async function jwtOf(account: Account): Promise<string> {
  const { authUrl } = inject("stack");
  const program = newVisitor(authUrl);
  await program.auth.signIn.email(account);
  const response = await program.fetch(`${authUrl}/api/auth/get-session`);
  const jwt = response.headers.get("set-auth-jwt");
  if (!jwt) throw new Error(`no JWT came with the session: ${await response.text()}`);
  return jwt;
}

/** Returns a fetch that sends the JWT with every request. */
export function fetchWithJwt(jwt: string): Fetch {
  return (input, init) => {
    const request = new Request(input, init);
    request.headers.set("authorization", `Bearer ${jwt}`);
    return fetch(request);
  };
}
