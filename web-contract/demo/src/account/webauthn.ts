import { read, write, type Answer } from "./auth";
import type { AuthError } from "./messages";

/** The parts of WebAuthn that only newer browsers have. */
interface WebAuthn {
  parseCreationOptionsFromJSON: (options: object) => PublicKeyCredentialCreationOptions;
  parseRequestOptionsFromJSON: (options: object) => PublicKeyCredentialRequestOptions;
  signalUnknownCredential?: (credential: { rpId: string; credentialId: string }) => Promise<void>;
  isConditionalMediationAvailable?: () => Promise<boolean>;
}

const webAuthn = window.PublicKeyCredential as unknown as WebAuthn | undefined;

/** Whether this browser can use the passkeys of a domain on this page. */
export function canUsePasskeys(domain: string | undefined): domain is string {
  if (!domain || !`.${location.hostname}`.endsWith(`.${domain}`)) return false;
  return Boolean(webAuthn?.parseRequestOptionsFromJSON);
}

const messages: Record<string, string> = {
  InvalidStateError: "This device already has a passkey for your account.",
  PREVIOUSLY_REGISTERED: "This passkey has already been added.",
  SecurityError: "Passkeys do not work at this address.",
  PASSKEY_NOT_FOUND: "No account here has this passkey. Sign in another way.",
  USER_NOT_VERIFIED: "Unlock your device with your fingerprint, your face or its PIN to use the passkey.",
  CHALLENGE_NOT_FOUND: "That took too long. Please try again.",
  AUTHENTICATION_FAILED: "This passkey was not accepted. Try again, or sign in another way.",
};

/** Says what went wrong with a passkey; everything else is said as for all requests. */
function explained(error: AuthError | null | undefined): Answer {
  const message = error?.code && messages[error.code];
  return { error: message ? { message, status: 400 } : (error ?? {}) };
}

/** Explains why the browser returned no passkey: usually because the user cancelled. */
function refused(error: unknown, cancelled: string): Answer {
  const code = error instanceof DOMException ? error.name : "";
  return explained({ code, message: cancelled, status: 400 });
}

/** Makes a passkey on this device. */
export async function addPasskey(name: string): Promise<Answer> {
  const { data, error } = await read<object>("/passkey/generate-register-options");
  if (!data) return explained(error);
  let made;
  try {
    made = await navigator.credentials.create({ publicKey: webAuthn!.parseCreationOptionsFromJSON(data) });
  } catch (error) {
    return refused(error, "No passkey was added. You can try again at any time.");
  }
  const answer = await write("/passkey/verify-registration", { name, response: made });
  return answer.error ? explained(answer.error) : answer;
}

/** Tells the browser that a passkey signs nobody in any more, so that it no longer offers it. */
export function forgetPasskey(rpId: string, credentialId: string): void {
  void webAuthn?.signalUnknownCredential?.({ rpId, credentialId }).catch(() => {});
}

/** Codes of a challenge that no longer counts: it is too old, or another tab has asked for one since. */
const outdated = ["CHALLENGE_NOT_FOUND", "AUTHENTICATION_FAILED"];

/**
 * Signs in with a passkey: one that its user picks from the suggestions below the email
 * field, if they are `offered`, or in a dialog of the browser. Suggestions that nobody
 * picks end without an answer. If the challenge no longer counts, it calls `onRepeat` and
 * asks the user once more.
 */
export async function signInWithPasskey(offered: boolean, signal: AbortSignal, onRepeat?: () => void): Promise<Answer | undefined> {
  if (offered && !(await webAuthn?.isConditionalMediationAvailable?.().catch(() => false))) return undefined;
  const asked = read<{ rpId: string }>("/passkey/generate-authenticate-options");
  // Nobody has asked for suggestions: a server that is away is no news then.
  const { data, error } = await (offered ? asked.catch((): Answer<{ rpId: string }> => ({})) : asked);
  if (!data) return offered ? undefined : explained(error);
  let picked;
  try {
    // The server takes no passkey of a device that is not unlocked, and the plugin only prefers it.
    const publicKey = webAuthn!.parseRequestOptionsFromJSON({ ...data, userVerification: "required" });
    picked = await navigator.credentials.get({ publicKey, signal, ...(offered && { mediation: "conditional" }) });
  } catch (error) {
    return offered ? undefined : refused(error, "You were not signed in. Try again, or use your password.");
  }
  const answer = await write("/passkey/verify-authentication", { response: picked });
  if (!answer.error) return answer;
  if (onRepeat && outdated.includes(answer.error.code ?? "")) {
    onRepeat();
    return signInWithPasskey(false, signal);
  }
  if (answer.error.code === "PASSKEY_NOT_FOUND" && picked) forgetPasskey(data.rpId, picked.id);
  return explained(answer.error);
}
