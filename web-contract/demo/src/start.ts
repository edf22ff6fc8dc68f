import type { Bootstrap } from "@tasklane/web-contract";
import { recall, remember } from "./ui/remember";

/** Says that somebody was signed in when this browser last had the page. */
const signedIn = "tasklane.signedIn";

/** Remembers whether somebody is signed in, for the next start of the page. */
export function rememberSignedIn(known: boolean): void {
  remember(signedIn, known ? "yes" : undefined);
}

/**
 * Everything that the page begins with, asked for while its script still loads.
 * Undefined if nobody is likely to be signed in, or the request fails: the page
 * then asks again in its own way.
 */
export const bootstrap: Promise<Bootstrap | undefined> = recall(signedIn) ? ask() : Promise.resolve(undefined);

async function ask(): Promise<Bootstrap | undefined> {
  try {
    const response = await fetch("/api/bootstrap");
    return response.ok ? (await response.json()).data : undefined;
  } catch {
    return undefined;
  }
}
