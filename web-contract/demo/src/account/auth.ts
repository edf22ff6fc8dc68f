import { createAuthClient } from "better-auth/react";

const authClient = createAuthClient();

export const { signIn, signUp, signOut, useSession } = authClient;

export type User = typeof authClient.$Infer.Session.user;

/** Asks the server again who is signed in. */
export function sessionChanged(): void {
  authClient.$store.notify("$sessionSignal");
}
