// How much one user may add.
import { APIError, createAuthMiddleware, getSessionFromCtx } from "better-auth/api";

/**
 * Has an endpoint of a plugin refuse with `error` while its user has as many rows of
 * a model as a user may have. Requests at the same moment may add a few more.
 *
 * It is no hook: hooks run before Better Auth knows the user of a bearer token.
 *
 * @param {{ options: { use?: unknown[] } }} endpoint
 * @param {{ model: string, owner: string, max: number, error: { code: string, message: string } }} limit
 */
export function limitRows(endpoint, { model, owner, max, error }) {
  const refuse = createAuthMiddleware(async (ctx) => {
    const session = await getSessionFromCtx(ctx);
    if (!session) return; // which the endpoint refuses
    const count = await ctx.context.adapter.count({ model, where: [{ field: owner, value: session.user.id }] });
    if (count >= max) throw new APIError("FORBIDDEN", error);
  });
  endpoint.options.use = [...(endpoint.options.use ?? []), refuse];
}
