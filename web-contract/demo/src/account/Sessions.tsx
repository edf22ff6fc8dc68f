import { authClient, useSession, type AuthResponse } from "./auth";
import { device } from "./device";
import { useAccountList } from "./use-account-list";

interface Session {
  token: string;
  createdAt: Date;
  userAgent?: string | null | undefined;
}

const list = async (): Promise<AuthResponse<Session[]>> => {
  const { data, error } = await authClient.listSessions();
  return { data: data && data.toSorted((a, b) => Number(b.createdAt) - Number(a.createdAt)), error };
};

/** The user's sessions, with buttons to end them. */
export function Sessions() {
  const { items: sessions, fault, load } = useAccountList(list);
  const here = useSession().data?.session.token;

  async function end(token: string) {
    await authClient.revokeSession({ token }).catch(() => {});
    await load();
  }

  async function endOthers() {
    await authClient.revokeOtherSessions().catch(() => {});
    await load();
  }

  if (fault) return <p role="alert">{fault}</p>;
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
