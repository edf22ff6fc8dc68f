import type { CDPSession, Page } from "playwright-core";

/** A virtual authenticator of Chromium, which stores passkeys. */
export interface Authenticator {
  /** Returns the ids of its passkeys. */
  passkeys: () => Promise<string[]>;
  /** Sets whether the user passes its verification, such as a fingerprint. */
  setUserVerified: (isVerified: boolean) => Promise<void>;
  /** Runs an action and waits until the page has made the browser remove a passkey. */
  expectRemoval: (act: () => Promise<void>) => Promise<void>;
}

/** Adds a virtual WebAuthn authenticator to the page's browser. Its user confirms every prompt at once. */
export async function addAuthenticator(page: Page): Promise<Authenticator> {
  const devtools: CDPSession = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    passkeys: async () => {
      const { credentials } = await devtools.send("WebAuthn.getCredentials", { authenticatorId });
      return credentials.map(({ credentialId }) => credentialId);
    },
    setUserVerified: async (isUserVerified) => {
      await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
    },
    expectRemoval: async (act) => {
      const removed = new Promise((resolve) => devtools.once("WebAuthn.credentialDeleted", resolve));
      await act();
      await removed;
    },
  };
}
