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
