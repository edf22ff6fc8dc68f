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
  const { items: sessions, remove, status } = useAccountList(list);
  const here = useSession().data?.session.token;

  return (
    <>
      {status}
      {sessions && (
        <ul className="account-rows" role="list" aria-label="Sessions">
          {sessions.map(({ token, userAgent, createdAt }) => (
            <li key={token}>
              <span>
                {device(userAgent)}
                <small>{token === here ? "This device" : `Since ${new Date(createdAt).toLocaleDateString()}`}</small>
              </span>
              {token !== here && (
                <button
                  type="button"
                  className="link"
                  aria-label={`Sign out ${device(userAgent)}`}
                  onClick={() => void remove(() => authClient.revokeSession({ token }), `${device(userAgent)} is signed out.`)}
                >
                  Sign out
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {sessions && sessions.length > 1 && (
        <button
          type="button"
          className="button"
          onClick={() => void remove(() => authClient.revokeOtherSessions(), "All other devices are signed out.")}
        >
          Sign out everywhere else
        </button>
      )}
    </>
  );
}
