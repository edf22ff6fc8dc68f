import { isApiError } from "@tasklane/web-contract";
import { sessionChanged } from "../account/auth";

/** Whether the server knows of no session. */
export function isSignedOut(error: unknown): boolean {
  return isApiError(error) && error.status === 401;
}

/** Asks who is signed in if that is what an error puts in doubt. */
export function askWhenSignedOut(error: unknown): void {
  if (isSignedOut(error)) sessionChanged();
}
