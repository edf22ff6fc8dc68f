import { useEffect, useState } from "react";
import { sessionChanged } from "./auth";
import { authFault } from "./messages";
import { canUsePasskeys, signInWithPasskey } from "./webauthn";

/** Signs in with a passkey: by the button, or by a suggestion of the browser below the email field. */
export function PasskeySignIn({ domain }: { domain: string }) {
  const [usable] = useState(() => canUsePasskeys(domain));
  const [attempt, setAttempt] = useState({ pressed: false });
  const [fault, setFault] = useState<string>();

  useEffect(() => {
    if (!usable) return;
    const controller = new AbortController();
    const start = async () => {
      const onRetry = () => setFault("This page was open for a while. Please confirm once more.");
      const response = await signInWithPasskey(!attempt.pressed, controller.signal, onRetry).catch(() => ({ error: {} }));
      if (!response || controller.signal.aborted) return;
      if (!response.error) return sessionChanged();
      setFault(authFault(response.error).message);
      setAttempt({ pressed: false });
    };
    void start();
    return () => controller.abort();
  }, [usable, attempt]);

  if (!usable) return null;
  return (
    <div className="account-providers">
      <button
        type="button"
        className="button"
        aria-disabled={attempt.pressed}
        onClick={() => {
          setFault(undefined);
          if (!attempt.pressed) setAttempt({ pressed: true });
        }}
      >
        Sign in with a passkey
      </button>
      <p className="field-fault" role="alert">
        {fault}
      </p>
    </div>
  );
}
