// Passkeys: signing in with the lock of a device, such as a fingerprint.
import { passkey } from "@better-auth/passkey";
import { APIError } from "better-auth/api";

/**
 * The plugins of Better Auth for passkeys: none where no browser would make one.
 *
 * The plugin compares a passkey's origin with the Origin header, which Better Auth
 * has compared with the trusted origins. So pages of each of them may use passkeys,
 * as far as browsers let them: their hosts must be in the passkeys' domain.
 *
 * @param {ReturnType<import("./config.mjs").readConfig>} config
 * @param {ReturnType<import("./mail.mjs").createMail>} mail
 */
export function passkeyPlugins(config, mail) {
  if (!config.passkeyDomain) return [];
  return [
    passkey({
      rpID: config.passkeyDomain,
      rpName: "Tasklane",
      // A required resident key is found without an email address.
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      registration: {
        afterVerification: async ({ ctx, verification }) => {
          requireVerification(verification.registrationInfo);
          await requireNew(ctx.context.adapter, verification.registrationInfo.credential.id);
          mail?.passkeyAdded(ctx.context.session.user.email);
        },
      },
      authentication: { afterVerification: async ({ verification }) => requireVerification(verification.authenticationInfo) },
    }),
  ];
}

/** Otherwise, a user who knows the id of another user's passkey could register it and lock that user out. */
async function requireNew(adapter, id) {
  const known = await adapter.findOne({ model: "passkey", where: [{ field: "credentialID", value: id }] });
  if (known) throw new APIError("BAD_REQUEST", { code: "PREVIOUSLY_REGISTERED", message: "This passkey was added already." });
}

/**
 * A passkey takes the place of a password, so having the device is not enough: its
 * user must have unlocked it. The plugin only asks for that and does not check it.
 */
function requireVerification(info) {
  if (!info?.userVerified) throw new APIError("UNAUTHORIZED", { code: "USER_NOT_VERIFIED", message: "Unlock your device to use its passkey." });
}
