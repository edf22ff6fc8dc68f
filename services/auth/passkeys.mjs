// Passkeys: sign-in by unlocking a device, for example with a fingerprint.
import { passkey } from "@better-auth/passkey";
import { APIError, createAuthMiddleware } from "better-auth/api";
import { limitRows } from "./limits.mjs";

/** How many passkeys a user may have: more than people have devices. */
export const MAX_PASSKEYS = 20;
const limit = {
  model: "passkey",
  owner: "userId",
  max: MAX_PASSKEYS,
  error: { code: "TOO_MANY_PASSKEYS", message: `You have ${MAX_PASSKEYS} passkeys, which is the maximum. Remove one first.` },
};

/**
 * Returns Better Auth's plugins for passkeys, or none if browsers would not create
 * passkeys at this address.
 *
 * The plugin compares a passkey's origin with the Origin header, which Better Auth
 * has compared with the trusted origins. So pages of every trusted origin may use
 * passkeys if their host is in the passkeys' domain, which browsers demand.
 *
 * @param {ReturnType<import("./config.mjs").readConfig>} config
 * @param {ReturnType<import("./mail.mjs").createMail>} mail
 */
export function passkeyPlugins(config, mail) {
  if (!config.passkeyDomain) return [];
  const plugin = passkey({
    rpID: config.passkeyDomain,
    rpName: "Tasklane",
    // A resident key can be found without an email address.
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
    registration: {
      afterVerification: async ({ ctx, verification }) => {
        requireVerification(verification.registrationInfo);
        await requireNew(ctx.context.adapter, verification.registrationInfo.credential.id);
      },
    },
    authentication: { afterVerification: async ({ verification }) => requireVerification(verification.authenticationInfo) },
  });
  const { generatePasskeyRegistrationOptions, verifyPasskeyRegistration } = plugin.endpoints;
  for (const endpoint of [generatePasskeyRegistrationOptions, verifyPasskeyRegistration]) limitRows(endpoint, limit);
  plugin.endpoints.verifyPasskeyRegistration = withBadRequest(verifyPasskeyRegistration);
  return mail ? [plugin, notifications(mail)] : [plugin];
}

/** Returns a plugin that notifies users by email of a new passkey. */
function notifications(mail) {
  const notify = createAuthMiddleware(async (ctx) => {
    const { userId } = ctx.context.returned; // a passkey, or an error, which has none
    const user = userId && (await ctx.context.internalAdapter.findUserById(userId));
    if (user) mail.passkeyAdded(user.email);
  });
  return { id: "tasklane-passkeys", hooks: { after: [{ matcher: ({ path }) => path === "/passkey/verify-registration", handler: notify }] } };
}

/**
 * Makes the endpoint respond with 400, as at sign-in, if the passkey does not match the
 * challenge, for example because another tab has requested one since. The plugin's 500
 * would look like an outage.
 */
function withBadRequest(verify) {
  const handle = (ctx) =>
    verify(ctx).catch((error) => {
      throw error.body?.code === "FAILED_TO_VERIFY_REGISTRATION" ? new APIError("BAD_REQUEST", error.body) : error;
    });
  return Object.assign(handle, verify);
}

/** Rejects a known passkey: with its id, another user could register it and lock its owner out. */
async function requireNew(adapter, id) {
  const known = await adapter.findOne({ model: "passkey", where: [{ field: "credentialID", value: id }] });
  if (known) throw new APIError("BAD_REQUEST", { code: "PREVIOUSLY_REGISTERED", message: "This passkey has already been added." });
}

/**
 * A passkey replaces a password, so having the device is not enough: the user must
 * have unlocked it. The plugin requests that but does not check it.
 */
function requireVerification(info) {
  if (!info?.userVerified) throw new APIError("UNAUTHORIZED", { code: "USER_NOT_VERIFIED", message: "Unlock your device to use its passkey." });
}
