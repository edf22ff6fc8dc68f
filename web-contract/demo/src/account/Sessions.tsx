import { useEffect, useState } from "react";
import { authClient, useSession } from "./auth";
import { device } from "./device";

interface Session {
  token: string;
  createdAt: Date;
  userAgent?: string | null | undefined;
}

/** Where the user is signed in, and how to end that. */
export function Sessions() {
  const [sessions, setSessions] = useState<Session[]>();
  const [failed, setFailed] = useState(false);
  const here = useSession().data?.session.token;

  async function load() {
    const { data } = await authClient.listSessions().catch(() => ({ data: null }));
    setFailed(data === null);
    if (data) setSessions(data.toSorted((a, b) => Number(b.createdAt) - Number(a.createdAt)));
  }
  useEffect(() => void load(), []);

  async function end(token: string) {
    await authClient.revokeSession({ token }).catch(() => {});
    await load();
  }

  async function endOthers() {
    await authClient.revokeOtherSessions().catch(() => {});
    await load();
  }

  if (failed) return <p role="alert">This cannot be shown right now. Please try again.</p>;
  if (!sessions) return <p role="status">Loading…</p>;
  return (
    <>
      <ul className="account-rows" role="list" aria-label="Sessions">
        {sessions.map(({ token, userAgent, createdAt }) => (
          <li key={token}>
            <span>
              {device(userAgent)}
              <small>{token === here ? "This device" : `Since ${new Date(createdAt).toLocaleDateString()}`}</small>
            </span>
            {token !== here && (
              <button type="button" className="link" aria-label={`Sign out ${device(userAgent)}`} onClick={() => void end(token)}>
                Sign out
              </button>
            )}
          </li>
        ))}
      </ul>
      {sessions.length > 1 && (
        <button type="button" className="button" onClick={() => void endOthers()}>
          Sign out everywhere else
        </button>
      )}
    </>
  );
}
