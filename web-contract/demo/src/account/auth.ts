import { createAuthClient } from "better-auth/react";
import type { AuthError } from "./messages";

export const authClient = createAuthClient();

export const { signIn, signUp, signOut, useSession } = authClient;

/** Returns the latest state of a signed-in user: one of several bffs may still have the name and address from before a change. */
export function useUser(known: User): User {
  const latest = useSession().data?.user;
  return latest?.id === known.id ? latest : known;
}

export type User = Pick<typeof authClient.$Infer.Session.user, "id" | "name" | "email">;

/** The data of a response of Better Auth, or its error. */
export interface AuthResponse<Data = unknown> {
  data?: Data | null;
  error?: AuthError | null;
}

/** Calls GET on an endpoint of a Better Auth plugin that its client here does not include. */
export const read = <Data>(path: string) => authClient.$fetch(path) as Promise<AuthResponse<Data>>;

/** Calls POST on such an endpoint. */
export const write = <Data>(path: string, body: object) => authClient.$fetch(path, { method: "POST", body }) as Promise<AuthResponse<Data>>;

/** The account features of this server. */
export interface Features {
  mail: boolean;
  deletion: boolean;
  keys: boolean;
  /** The domain of passkeys, if they are on. */
  passkeys?: string;
  providers: string[];
}

/** The features of a Better Auth server without this endpoint. */
const noFeatures: Features = { mail: false, deletion: false, keys: false, providers: [] };

let features: Features | null | undefined;

/** Returns the server's features. They are requested until a request has succeeded. */
export async function loadFeatures(): Promise<Features> {
  features ??= (await read<Features>("/features").catch((): AuthResponse<Features> => ({}))).data;
  return features ?? noFeatures;
}

/** Whether the user has a password, or true if the request fails. Users who always sign in with another service have none. */
export async function userHasPassword(): Promise<boolean> {
  const { data } = await authClient.listAccounts().catch((): AuthResponse<{ providerId: string }[]> => ({}));
  return data ? data.some(({ providerId }) => providerId === "credential") : true;
}

const tabs = new BroadcastChannel("tasklane.user");

/**
 * Reports the signed-in user to other tabs (null for none), and checks the session
 * again when another tab reports a different user. Returns a function that stops
 * this.
 */
export function shareUser(id: string | null): () => void {
  const listen = ({ data }: MessageEvent<string | null>) => {
    if (data !== id) sessionChanged();
  };
  tabs.addEventListener("message", listen);
  tabs.postMessage(id);
  return () => tabs.removeEventListener("message", listen);
}

/** Makes the page check the session again. */
export function sessionChanged(): void {
  authClient.$store.notify("$sessionSignal");
}
