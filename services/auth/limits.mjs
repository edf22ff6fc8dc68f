// Limits on what one user may add.
import { APIError, createAuthMiddleware, getSessionFromCtx } from "better-auth/api";

/**
 * Makes a plugin's endpoint reject requests with `error` while the user has `max` or
 * more rows of a model. Parallel requests may add a few more.
 *
 * It is not a hook, because hooks run before Better Auth knows the user of a bearer
 * token.
 *
 * @param {{ options: { use?: unknown[] } }} endpoint
 * @param {{ model: string, owner: string, max: number, error: { code: string, message: string } }} limit
 */
export function limitRows(endpoint, { model, owner, max, error }) {
  const checkLimit = createAuthMiddleware(async (ctx) => {
    const session = await getSessionFromCtx(ctx);
    if (!session) return; // the endpoint rejects the request
    const count = await ctx.context.adapter.count({ model, where: [{ field: owner, value: session.user.id }] });
    if (count >= max) throw new APIError("FORBIDDEN", error);
  });
  endpoint.options.use = [...(endpoint.options.use ?? []), checkLimit];
}

/** How many sessions a user may have: as many as Better Auth lists, so that users see all and can end them. */
export const MAX_SESSIONS = 100;
const MAX_USER_AGENT_LENGTH = 512;

/** Returns a plugin that ends a user's least recently used sessions when there are too many, and shortens what each stores. */
export function limitSessions() {
  const before = async ({ userAgent }) => ({ data: { userAgent: userAgent?.slice(0, MAX_USER_AGENT_LENGTH) } });
  const after = async ({ userId }, { context }) => {
    const query = { model: "session", where: [{ field: "userId", value: userId }] };
    const excess = (await context.adapter.count(query)) - MAX_SESSIONS;
    if (excess <= 0) return;
    const unused = await context.adapter.findMany({ ...query, sortBy: { field: "updatedAt", direction: "asc" }, limit: excess });
    await context.internalAdapter.deleteSessions(unused.map(({ token }) => token));
  };
  return { id: "tasklane-sessions", init: () => ({ options: { databaseHooks: { session: { create: { before, after } } } } }) };
}
