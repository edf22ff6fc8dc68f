// Reads and checks the environment of the auth server.
import { BlockList, isIP, isIPv6 } from "node:net";
import { LEVELS } from "./log.mjs";
import { tracingProblems } from "./tracing.mjs";

/** Better Auth's default secret, which is public. */
const WELL_KNOWN_SECRETS = ["better-auth-secret-12345678901234567890"];
const MIN_SECRET_LENGTH = 32;
/** A secret with fewer different characters is not random. */
const MIN_SECRET_VARIETY = 10;
/** A duration such as 15m. Better Auth would read a plain number as a point in time. */
const LIFETIME = /^[1-9][0-9]{0,4}[smh]$/;

/**
 * The timeout for a database connection. It is shorter than the bff's timeout for
 * an exchange (services/budget), so that the bff gets the error.
 */
export const POOL_TIMEOUT_MS = 2_000;

/** Lists all problems of the environment, each with its variable. */
export class ConfigError extends Error {
  /** @param {string[]} problems */
  constructor(problems) {
    super(`invalid environment:\n  ${problems.join("\n  ")}`);
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/**
 * Reads the environment. Messages never contain a secret or a URL's password.
 *
 * Better Auth itself also reads BETTER_AUTH_TRUSTED_ORIGINS, but trusts an origin only if
 * it is spelled as browsers do.
 *
 * @param {Record<string, string | undefined>} env
 * @throws {ConfigError} with all problems at once
 */
export function readConfig(env) {
  const problems = [];
  const config = {
    secret: env.BETTER_AUTH_SECRET ?? "",
    baseURL: env.BETTER_AUTH_URL ?? "",
    databaseURL: env.DATABASE_URL ?? "",
    tasksURL: env.TASKS_URL || undefined,
    smtpURL: env.SMTP_URL || undefined,
    mailFrom: env.MAIL_FROM || undefined,
    requireVerification: env.REQUIRE_EMAIL_VERIFICATION === "true",
    providers: providers(env, check),
    cookieDomain: env.COOKIE_DOMAIN || undefined,
    host: env.HOST || undefined,
    port: Number(env.PORT || 3001),
    rateLimit: env.RATE_LIMIT_ENABLED !== "false",
    trustedOrigins: list(env.BETTER_AUTH_TRUSTED_ORIGINS).map((text) => (/[*?]/.test(text) || originProblem(text) ? text : new URL(text).origin)),
    trustedProxies: list(env.TRUSTED_PROXIES),
    jwtLifetime: env.JWT_LIFETIME || "15m",
    logLevel: (env.LOG_LEVEL || "info").toLowerCase(),
  };
  check("BETTER_AUTH_SECRET", secretProblem(config.secret));
  // It would still decrypt old keys but reject old cookies: half a rotation.
  if (env.BETTER_AUTH_SECRETS) check("BETTER_AUTH_SECRETS", "must not be set: README.md says how to change BETTER_AUTH_SECRET");
  check("BETTER_AUTH_URL", originProblem(config.baseURL));
  check("DATABASE_URL", databaseProblem(config.databaseURL));
  if (config.tasksURL && originProblem(config.tasksURL)) check("TASKS_URL", "must be the address of the task service, such as http://tasks:8080");
  if (config.smtpURL) {
    if (!/^smtps?:\/\/[^/]+/.test(config.smtpURL)) check("SMTP_URL", "must be smtp://user:password@host:port, or smtps://… for TLS from the start");
    if (!config.mailFrom) check("MAIL_FROM", "is required with SMTP_URL: the address that mail comes from");
  } else if (config.requireVerification) {
    check("REQUIRE_EMAIL_VERIFICATION", "needs SMTP_URL, to send the mail that confirms an address");
  }
  if (!["", "true", "false"].includes(env.REQUIRE_EMAIL_VERIFICATION ?? "")) {
    check("REQUIRE_EMAIL_VERIFICATION", "must be true or false");
  }
  check("COOKIE_DOMAIN", cookieDomainProblem(config.cookieDomain, config.baseURL));
  if (!Number.isInteger(config.port) || config.port < 1 || config.port > 65535) {
    check("PORT", "must be a number from 1 to 65535");
  }
  if (!["", "true", "false"].includes(env.RATE_LIMIT_ENABLED ?? "")) {
    check("RATE_LIMIT_ENABLED", "must be true or false");
  }
  try {
    networks(config.trustedProxies);
  } catch {
    check("TRUSTED_PROXIES", "must be addresses or networks such as 10.0.0.0/8, separated by commas");
  }
  if (!LIFETIME.test(config.jwtLifetime)) check("JWT_LIFETIME", "must be a whole number of seconds, minutes or hours, such as 15m");
  if (!LEVELS.includes(config.logLevel)) check("LOG_LEVEL", `must be one of ${LEVELS.join(", ")}`);
  // With these, Better Auth assumes a test run and does not check the Origin header.
  if (env.NODE_ENV === "test") check("NODE_ENV", "must not be test, which turns off the origin check");
  if (env.TEST && env.TEST !== "false") check("TEST", "must not be set, which turns off the origin check");
  problems.push(...tracingProblems(env));
  if (problems.length > 0) throw new ConfigError(problems);

  const origin = new URL(config.baseURL).origin;
  // As it is spelled, because deployments give the same text to the task service as JWT_ISSUER.
  // ||, not ??: an empty variable must not become an empty claim.
  const issuer = env.JWT_ISSUER || config.baseURL;
  return { ...config, baseURL: origin, issuer, audience: env.JWT_AUDIENCE || issuer, passkeyDomain: passkeyDomain(config, new URL(origin)) };

  function check(name, problem) {
    if (problem) problems.push(`${name} ${problem}`);
  }
}

/** The texts of a list that is separated by commas. */
function list(text = "") {
  return text.split(",").map((one) => one.trim()).filter(Boolean);
}

/** The supported social providers, each with the variables of its id and secret. */
const PROVIDERS = {
  discord: ["DISCORD_CLIENT_ID", "DISCORD_CLIENT_SECRET"],
  github: ["GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET"],
  gitlab: ["GITLAB_CLIENT_ID", "GITLAB_CLIENT_SECRET"],
  google: ["GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET"],
  linkedin: ["LINKEDIN_CLIENT_ID", "LINKEDIN_CLIENT_SECRET"],
  microsoft: ["MICROSOFT_CLIENT_ID", "MICROSOFT_CLIENT_SECRET"],
};

/** The providers whose id and secret are set. */
function providers(env, check) {
  const found = {};
  for (const [name, [id, secret]] of Object.entries(PROVIDERS)) {
    if (env[id] && env[secret]) found[name] = { clientId: env[id], clientSecret: env[secret] };
    else if (env[id]) check(secret, `is required with ${id}`);
    else if (env[secret]) check(id, `is required with ${secret}`);
  }
  return found;
}

/**
 * Parses addresses and networks, such as 192.0.2.1 and 10.0.0.0/8.
 *
 * @param {string[]} texts
 * @throws {Error} if one of them is invalid
 */
export function networks(texts) {
  const list = new BlockList();
  for (const text of texts) {
    const [address, bits, ...more] = text.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else if (/^[0-9]+$/.test(bits) && more.length === 0) list.addSubnet(address, Number(bits), family);
    else throw new Error(`invalid network: ${text}`);
  }
  return list;
}

/**
 * The domain of passkeys: the cookies' domain, else the host. Browsers do not create
 * passkeys for an IP address, nor without TLS, except at localhost.
 */
function passkeyDomain({ cookieDomain }, { protocol, hostname }) {
  const isLocal = hostname === "localhost" || hostname.endsWith(".localhost");
  if ((protocol !== "https:" && !isLocal) || isIP(hostname) || hostname.startsWith("[")) return undefined;
  return cookieDomain ?? hostname;
}

function secretProblem(secret) {
  if (secret === "") return "is required: make one with `openssl rand -hex 32`";
  if (secret.length < MIN_SECRET_LENGTH) return `must have at least ${MIN_SECRET_LENGTH} characters`;
  if (WELL_KNOWN_SECRETS.includes(secret)) return "is a publicly known default: make one with `openssl rand -hex 32`";
  if (new Set(secret).size < MIN_SECRET_VARIETY) return "is easy to guess: make one with `openssl rand -hex 32`";
}

function originProblem(text) {
  if (text === "") return "is required: the public address of the site, such as https://tasks.example.com";
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin = url && ["http:", "https:"].includes(url.protocol) && url.pathname === "/" && !url.search && !url.hash;
  if (!isOrigin || url.username || url.password) return "must be an http or https origin without a path";
}

/** Browsers drop a cookie whose domain does not contain the host that sets it. */
function cookieDomainProblem(domain, baseURL) {
  if (domain === undefined || originProblem(baseURL)) return;
  const isDomain = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain);
  if (!isDomain || !`.${new URL(baseURL).hostname}`.endsWith(`.${domain}`)) {
    return "must be a domain that the host of BETTER_AUTH_URL is in, such as example.com";
  }
}

function databaseProblem(text) {
  if (text === "") return "is required: postgres://user:password@host:port/database";
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !["postgres:", "postgresql:"].includes(url.protocol)) return "must be a postgres:// URL";
}
