import type { Bootstrap } from "@tasklane/web-contract";
import { readItem, writeItem } from "./ui/storage";

/** The key that records whether a user was signed in when this browser last loaded the page. */
const signedIn = "tasklane.signedIn";

/** Records whether a user is signed in, for the next load of the page. */
export function rememberSignedIn(known: boolean): void {
  writeItem(signedIn, known ? "yes" : undefined);
}

/**
 * The bootstrap response, requested while the page's script still loads.
 * Undefined if no user is likely to be signed in, or if the request fails: the
 * page then makes its own requests.
 */
export const bootstrap: Promise<Bootstrap | undefined> = readItem(signedIn) ? load() : Promise.resolve(undefined);

async function load(): Promise<Bootstrap | undefined> {
  try {
    const response = await fetch("/api/bootstrap");
    return response.ok ? (await response.json()).data : undefined;
  } catch {
    return undefined;
  }
}
