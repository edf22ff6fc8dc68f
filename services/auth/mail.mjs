// Sends the mail that accounts need, by SMTP.
import { createTransport } from "nodemailer";

/** The timeout of the mail server. */
const TIMEOUT_MS = 10_000;

/**
 * Returns a function for each kind of message, or undefined without SMTP_URL.
 *
 * @param {ReturnType<import("./config.mjs").readConfig>} config
 * @param {ReturnType<import("./log.mjs").createLogger>} log
 */
export function createMail(config, log) {
  if (!config.smtpURL) return undefined;
  const transport = createTransport(
    { url: config.smtpURL, connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS },
    { from: config.mailFrom },
  );

  /**
   * Does not wait for the mail server: the time of a response would reveal whether
   * there is an account.
   */
  function send(to, subject, ...paragraphs) {
    transport.sendMail({ to, subject, text: `${paragraphs.join("\n\n")}\n` }).catch((error) => {
      log.error("cannot send mail", { subject, error: error.message });
    });
  }

  return {
    /** Checks the address and the password of the mail server. */
    verify: () => transport.verify(),
    resetPassword: (to, url) =>
      send(to, "Choose a new password", `To choose a new password for Tasklane, open this page within an hour:`, url,
        "If you did not request this, you can ignore this message. Your password stays the same."),
    verifyAddress: (to, url) =>
      send(to, "Confirm your email address", "To confirm that this is your email address at Tasklane, open this page within an hour:", url,
        "If you did not request this, you can ignore this message."),
    changeAddress: (to, newAddress, url) =>
      send(to, "Confirm your new email address", `To use ${newAddress} for Tasklane from now on, open this page within an hour:`, url,
        "If you did not request this, change your password: somebody else is signed in to your account."),
    passwordChanged: (to) =>
      send(to, "Your password was changed", "Your password at Tasklane was changed just now, and all other sessions were signed out.",
        "If that was not you, choose a new password with “Forgot your password?” on the sign-in page."),
    passkeyAdded: (to) =>
      send(to, "A passkey was added to your account", "Somebody who is signed in to your account at Tasklane added a passkey just now. The passkey can be used to sign in without your password.",
        "If that was not you, remove the passkey in the account settings, and change your password."),
  };
}
