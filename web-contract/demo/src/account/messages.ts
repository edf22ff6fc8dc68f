/** The error that Better Auth's client returns when a request fails. */
export interface AuthError {
  code?: string | undefined;
  message?: string | undefined;
  status?: number;
}

/** An error message, and the field of the form that it concerns, if any. */
export interface AuthFault {
  field?: "name" | "email" | "password" | "current";
  message: string;
}

const emailTaken: AuthFault = { field: "email", message: "There is already an account with this email. Sign in instead." };
const emailInvalid: AuthFault = { field: "email", message: "That does not look like an email address." };

const faults: Record<string, AuthFault> = {
  INVALID_EMAIL_OR_PASSWORD: { message: "That email and password don't match. Check both and try again." },
  USER_ALREADY_EXISTS: emailTaken,
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: emailTaken,
  INVALID_EMAIL: emailInvalid,
  EMAIL_NOT_VERIFIED: { message: "Please confirm your email address first. We have sent you another email with a link." },
  INVALID_PASSWORD: { field: "current", message: "That is not your password." },
  SESSION_EXPIRED: { message: "You signed in more than a day ago. Sign out and in again, then delete your account." },
  SESSION_NOT_FRESH: { message: "You signed in more than a day ago. To keep your account safe, sign out and in again first." },
  INVALID_TOKEN: { message: "This link no longer works. Request another one." },
  PASSWORD_TOO_SHORT: { field: "password", message: "That password is too short. Use at least 8 characters." },
  PASSWORD_TOO_LONG: { field: "password", message: "That password is too long. Use at most 128 characters." },
};

/** Returns a sentence with the reason of an error, and what to do next. */
export function authFault({ code, message, status }: AuthError): AuthFault {
  const known = code && faults[code];
  if (known) return known;
  // Better Auth's message is for programmers: “[body.email] Invalid email address”.
  if (code === "VALIDATION_ERROR" && message?.startsWith("[body.email]")) return emailInvalid;
  if (message?.includes("user code") || code?.includes("USER_CODE")) return { message: "This code is not valid. Codes expire after 15 minutes." };
  if (status === 429) return { message: "Too many attempts. Wait a moment, then try again." };
  if (status === undefined || status >= 500) return { message: "We cannot reach Tasklane just now. Please try again." };
  return { message: (code !== "VALIDATION_ERROR" && message) || "That did not work. Please try again." };
}
