import { createAuthClient } from "better-auth/react";

const authClient = createAuthClient();

export const { signIn, signUp, signOut, useSession } = authClient;

export type User = Pick<typeof authClient.$Infer.Session.user, "id" | "name" | "email">;

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
