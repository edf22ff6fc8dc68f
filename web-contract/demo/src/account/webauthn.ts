import { read, write, type AuthResponse } from "./auth";
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
  FAILED_TO_VERIFY_REGISTRATION: "This passkey was not accepted. Please try again.",
};

/** Returns an error with a message for the user if it concerns passkeys, and other errors unchanged. */
function explained(error: AuthError | null | undefined): AuthResponse {
  const message = error?.code && messages[error.code];
  return { error: message ? { message, status: 400 } : (error ?? {}) };
}

/** Returns the error for an exception of the browser's passkey dialog; its message is `canceled` unless the cause is known. */
function rejected(error: unknown, canceled: string): AuthResponse {
  const code = error instanceof DOMException ? error.name : "";
  return explained({ code, message: canceled, status: 400 });
}

/** The error codes if the challenge has expired, or another tab has replaced it. */
const staleChallenge = ["CHALLENGE_NOT_FOUND", "AUTHENTICATION_FAILED", "FAILED_TO_VERIFY_REGISTRATION"];

/** Creates a passkey on this device. If the challenge is no longer valid, it calls `onRetry` and prompts the user once more. */
export async function addPasskey(name: string, onRetry?: () => void): Promise<AuthResponse> {
  const { data, error } = await read<{ rp: { id: string } }>("/passkey/generate-register-options");
  if (!data) return explained(error);
  let created;
  try {
    created = await navigator.credentials.create({ publicKey: webAuthn!.parseCreationOptionsFromJSON(data) });
  } catch (error) {
    return rejected(error, "No passkey was added. You can try again at any time.");
  }
  const response = await write("/passkey/verify-registration", { name, response: created });
  if (!response.error) return response;
  const isStale = staleChallenge.includes(response.error.code ?? "");
  if (isStale && created) forgetPasskey(data.rp.id, created.id);
  if (!isStale || !onRetry) return explained(response.error);
  onRetry();
  return addPasskey(name);
}

/** Tells the browser that a passkey is no longer valid, so that it stops offering it. */
export function forgetPasskey(rpId: string, credentialId: string): void {
  void webAuthn?.signalUnknownCredential?.({ rpId, credentialId }).catch(() => {});
}

/**
 * Signs in with a passkey: from the suggestions below the email field, if they are
 * `offered`, or in a dialog of the browser. If no suggestion is chosen, it returns
 * undefined. If the challenge is no longer valid, it calls `onRetry` and prompts
 * the user once more.
 */
export async function signInWithPasskey(offered: boolean, signal: AbortSignal, onRetry?: () => void): Promise<AuthResponse | undefined> {
  if (offered && !(await webAuthn?.isConditionalMediationAvailable?.().catch(() => false))) return undefined;
  const options = read<{ rpId: string }>("/passkey/generate-authenticate-options");
  // The user did not request suggestions, so an unreachable server is not reported.
  const { data, error } = await (offered ? options.catch((): AuthResponse<{ rpId: string }> => ({})) : options);
  if (!data) return offered ? undefined : explained(error);
  let picked;
  try {
    // The server rejects passkeys without user verification, which the plugin only prefers.
    const publicKey = webAuthn!.parseRequestOptionsFromJSON({ ...data, userVerification: "required" });
    picked = await navigator.credentials.get({ publicKey, signal, ...(offered && { mediation: "conditional" }) });
  } catch (error) {
    return offered ? undefined : rejected(error, "You were not signed in. Try again, or use your password.");
  }
  const response = await write("/passkey/verify-authentication", { response: picked });
  if (!response.error) return response;
  if (onRetry && staleChallenge.includes(response.error.code ?? "")) {
    onRetry();
    return signInWithPasskey(false, signal);
  }
  if (response.error.code === "PASSKEY_NOT_FOUND" && picked) forgetPasskey(data.rpId, picked.id);
  return explained(response.error);
}
