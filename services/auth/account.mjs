// Deleting an account: everything of the user at the task service first, then the account.
import { APIError } from "better-auth/api";
import { traceHeaders } from "./tracing.mjs";

/**
 * How long the task service may take. It gives up by itself before, and the BFF
 * waits longer for Better Auth (services/budget).
 */
const ERASE_WAIT_MS = 12_000;

/**
 * Better Auth's beforeDelete, which it calls when it has checked the password.
 * Each of the two steps is done wholly or not at all, and both can be repeated.
 * After the first one the task service refuses every write of the user, also with
 * a JWT that is still valid. So whenever this is interrupted, the user can delete
 * the account again, and no task appears meanwhile.
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
      log.error("the tasks of an account cannot be erased", { error: error.message });
      throw new APIError("SERVICE_UNAVAILABLE", { code: "TASKS_UNAVAILABLE", message: "The account cannot be deleted right now. Please try again." });
    }
    // Better Auth would delete the sessions and the password before the user, in
    // statements of their own: cut off in between, it leaves an account that nobody
    // can sign in to and delete.
    await pool.query(
      `WITH keys AS (DELETE FROM apikey WHERE "referenceId" = $1), codes AS (DELETE FROM "deviceCode" WHERE "userId" = $1)
       DELETE FROM "user" WHERE id = $1`,
      [user.id],
    );
  };
}

/** Erases everything of a user at the task service, with a JWT that may do just that. */
async function eraseTasks(auth, tasksURL, userID) {
  const { token } = await auth.api.signJWT({ body: { payload: { sub: userID, scope: "erase_user" } } });
  const response = await fetch(new URL("/api/user", tasksURL), {
    method: "DELETE",
    headers: { authorization: `Bearer ${token}`, ...traceHeaders() },
    signal: AbortSignal.timeout(ERASE_WAIT_MS),
  });
  if (response.status !== 204) throw new Error(`the task service responded with ${response.status}`);
}
