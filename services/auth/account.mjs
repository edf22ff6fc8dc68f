// Deletes an account: first the user's data at the task service, then the account.
import { APIError } from "better-auth/api";
import { traceHeaders } from "./tracing.mjs";

/**
 * The timeout of the request to the task service: longer than its own timeout and
 * shorter than the bff's for Better Auth (services/budget).
 */
const ERASE_TIMEOUT_MS = 12_000;

/**
 * Returns Better Auth's beforeDelete, which runs after the password was checked.
 * Both steps are atomic and can be repeated. After the first, the task service
 * rejects every write of the user, also with a JWT that is still valid. So if this
 * is interrupted at any point, the user can delete the account again, and cannot
 * create tasks in between.
 *
 * @param {() => ReturnType<import("./auth.mjs").createAuth>} auth
 * @param {string} tasksURL
 * @param {import("pg").Pool} pool
 * @param {ReturnType<import("./log.mjs").createLogger>} log
 */
export function deleteAccount(auth, tasksURL, pool, log) {
  return async (user) => {
    try {
      await eraseTasks(auth(), tasksURL, user.id);
    } catch (error) {
      log.error("cannot erase the tasks of an account", { error: error.message });
      throw new APIError("SERVICE_UNAVAILABLE", { code: "TASKS_UNAVAILABLE", message: "The account cannot be deleted right now. Please try again." });
    }
    // Better Auth would delete sessions, password and user in separate statements.
    // Interrupted between them, it would leave an account that nobody can sign in
    // to, and so nobody can delete.
    await pool.query(
      `WITH keys AS (DELETE FROM apikey WHERE "referenceId" = $1), codes AS (DELETE FROM "deviceCode" WHERE "userId" = $1)
       DELETE FROM "user" WHERE id = $1`,
      [user.id],
    );
  };
}

/** Erases a user's data at the task service, with a JWT whose scope allows only that. */
async function eraseTasks(auth, tasksURL, userID) {
  const { token } = await auth.api.signJWT({ body: { payload: { sub: userID, scope: "erase_user" } } });
  const response = await fetch(new URL("/api/user", tasksURL), {
    method: "DELETE",
    headers: { authorization: `Bearer ${token}`, ...traceHeaders() },
    signal: AbortSignal.timeout(ERASE_TIMEOUT_MS),
  });
  if (response.status !== 204) throw new Error(`the task service responded with ${response.status}`);
}
