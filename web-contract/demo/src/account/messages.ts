/** What Better Auth's client reports when a request fails. */
export interface AuthError {
  code?: string | undefined;
  message?: string | undefined;
  status?: number;
}

const sentences: Record<string, string> = {
  INVALID_EMAIL_OR_PASSWORD: "That email and password don't match. Check both and try again.",
  USER_ALREADY_EXISTS: "There is an account with this email already. Sign in instead.",
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: "There is an account with this email already. Sign in instead.",
  INVALID_EMAIL: "That does not look like an email address.",
  PASSWORD_TOO_SHORT: "That password is too short. Use at least 8 characters.",
  PASSWORD_TOO_LONG: "That password is too long. Use at most 128 characters.",
};

/** Says in a sentence what went wrong and what to do next. */
export function authErrorSentence({ code, message, status }: AuthError): string {
  const known = code && sentences[code];
  if (known) return known;
  if (status === 429) return "That was a few tries too many. Wait a moment, then try again.";
  if (status === undefined || status >= 500) return "We cannot reach Tasklane just now. Please try again.";
  return message || "That did not work. Please try again.";
}
