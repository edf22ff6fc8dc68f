const threeParts = /[\w-]{4,}\.[\w-]{4,}\.[\w-]*/g;
const base64Run = /[A-Za-z0-9+/_-]{24,}={0,2}/g;

/** Returns the JWTs in a text: plain, URL-encoded or in base64. */
export function jwtsIn(text: string): string[] {
  const unescaped = text.replace(/(%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll("%", ""), "hex").toString("latin1"));
  const decoded = (text.match(base64Run) ?? []).map((run) => Buffer.from(run, "base64").toString("latin1"));
  const candidates = [text, unescaped, ...decoded].flatMap((form) => form.match(threeParts) ?? []);
  return [...new Set(candidates)].filter(isJwt);
}

function isJwt(candidate: string): boolean {
  try {
    const header: unknown = JSON.parse(Buffer.from(candidate.split(".", 1)[0]!, "base64url").toString());
    return typeof header === "object" && header !== null && "alg" in header;
  } catch {
    return false;
  }
}
