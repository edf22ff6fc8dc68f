import { createAuthClient } from "better-auth/react";
import type { AuthError } from "./messages";

export const authClient = createAuthClient();

export const { signIn, signUp, signOut, useSession } = authClient;

export type User = Pick<typeof authClient.$Infer.Session.user, "id" | "name" | "email">;

/** What the server answered, or why it refused. */
export interface Answer<Data = unknown> {
  data?: Data | null;
  error?: AuthError | null;
}

/** Reads an endpoint of a plugin of Better Auth, of which its client here knows nothing. */
export const read = <Data>(path: string) => authClient.$fetch(path) as Promise<Answer<Data>>;

/** Writes to such an endpoint. */
export const write = <Data>(path: string, body: object) => authClient.$fetch(path, { method: "POST", body }) as Promise<Answer<Data>>;

/** What people can do with their account on this server. */
export interface Features {
  mail: boolean;
  verification: boolean;
  deletion: boolean;
  keys: boolean;
  /** The domain that passkeys are for, where there are any. */
  passkeys?: string;
  providers: string[];
}

/** What a Better Auth server has that does not say. */
const plain: Features = { mail: false, verification: false, deletion: false, keys: false, providers: [] };

let features: Promise<Features> | undefined;

/** Asks the server once what it offers. */
export function loadFeatures(): Promise<Features> {
  return (features ??= read<Features>("/features").then(({ data }) => data ?? plain, () => plain));
}

/** Whether the user has a password: not those who always sign in with another service. */
export async function findPassword(): Promise<boolean> {
  const { data } = await authClient.listAccounts().catch((): Answer<{ providerId: string }[]> => ({}));
  return data ? data.some(({ providerId }) => providerId === "credential") : true;
}

const tabs = new BroadcastChannel("tasklane.user");

/**
 * Tells the other tabs who is signed in, null for nobody, and asks the server
 * again when one of them says that it is somebody else. The function that it
 * returns ends that.
 */
export function shareUser(id: string | null): () => void {
  const listen = ({ data }: MessageEvent<string | null>) => {
    if (data !== id) sessionChanged();
  };
  tabs.addEventListener("message", listen);
  tabs.postMessage(id);
  return () => tabs.removeEventListener("message", listen);
}

/** Asks the server again who is signed in. */
export function sessionChanged(): void {
  authClient.$store.notify("$sessionSignal");
}
