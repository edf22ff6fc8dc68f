import { isApiError } from "@tasklane/web-contract";
import { sessionChanged } from "../account/auth";

/** Whether the response says that there is no valid session. */
export function isSignedOut(error: unknown): boolean {
  return isApiError(error) && error.status === 401;
}

/** Checks the session again if an error says that it has ended. */
export function checkSessionOn(error: unknown): void {
  if (isSignedOut(error)) sessionChanged();
}
