import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, networks, readConfig } from "./config.mjs";

const valid = {
  BETTER_AUTH_SECRET: "0f9a1d6c4b7e82531c5d90ae46b3f872",
  BETTER_AUTH_URL: "https://tasks.example.com",
  DATABASE_URL: "postgres://tasklane_auth:database-password@localhost:5432/tasklane",
};

test("unset and empty variables have their defaults", () => {
  assert.deepEqual(readConfig({ ...valid, JWT_ISSUER: "", JWT_AUDIENCE: "", JWT_LIFETIME: "", LOG_LEVEL: "" }), {
    secret: valid.BETTER_AUTH_SECRET,
    baseURL: "https://tasks.example.com",
    databaseURL: valid.DATABASE_URL,
    tasksURL: undefined,
    smtpURL: undefined,
    mailFrom: undefined,
    requireVerification: false,
    providers: {},
    cookieDomain: undefined,
    host: undefined,
    port: 3001,
    rateLimit: true,
    trustedOrigins: [],
    trustedProxies: [],
    jwtLifetime: "15m",
    logLevel: "info",
    issuer: "https://tasks.example.com",
    audience: "https://tasks.example.com",
    passkeyDomain: "tasks.example.com",
  });
});

test("a social provider needs an id and a secret", () => {
  const { providers } = readConfig({ ...valid, GITHUB_CLIENT_ID: "id", GITHUB_CLIENT_SECRET: "secret", GOOGLE_CLIENT_ID: "" });
  assert.deepEqual(providers, { github: { clientId: "id", clientSecret: "secret" } });
  assert.deepEqual(problems({ ...valid, GITHUB_CLIENT_ID: "id", GOOGLE_CLIENT_SECRET: "secret" }), ["GITHUB_CLIENT_SECRET", "GOOGLE_CLIENT_ID"]);
});

test("mail needs a server and a sender", () => {
  const mail = { SMTP_URL: "smtp://localhost:25", MAIL_FROM: "Tasklane <tasks@example.com>", REQUIRE_EMAIL_VERIFICATION: "true" };
  const { smtpURL, mailFrom, requireVerification } = readConfig({ ...valid, ...mail });
  assert.deepEqual([smtpURL, mailFrom, requireVerification], [mail.SMTP_URL, mail.MAIL_FROM, true]);
  assert.deepEqual(problems({ ...valid, ...mail, MAIL_FROM: "" }), ["MAIL_FROM"]);
  assert.deepEqual(problems({ ...valid, REQUIRE_EMAIL_VERIFICATION: "true" }), ["REQUIRE_EMAIL_VERIFICATION"]);
});

test("the domain of passkeys is the cookies' domain, else the host; undefined where browsers support no passkeys", () => {
  const domain = (url, cookieDomain) => readConfig({ ...valid, BETTER_AUTH_URL: url, COOKIE_DOMAIN: cookieDomain }).passkeyDomain;
  assert.equal(domain("https://tasks.example.com:8443", "example.com"), "example.com");
  assert.equal(domain("http://localhost:3000"), "localhost");
  assert.equal(domain("http://tasks.localhost:3000"), "tasks.localhost");
  for (const url of ["http://tasks.example.com", "http://127.0.0.1:3000", "https://192.0.2.1", "https://[2001:db8::1]"]) {
    assert.equal(domain(url), undefined, url);
  }
});

test("the issuer is the address as it is spelled", () => {
  const { baseURL, issuer } = readConfig({ ...valid, BETTER_AUTH_URL: "https://Tasks.example.com/" });
  assert.deepEqual({ baseURL, issuer }, { baseURL: "https://tasks.example.com", issuer: "https://Tasks.example.com/" });
});

test("the audience defaults to the issuer", () => {
  const { issuer, audience } = readConfig({ ...valid, JWT_ISSUER: "https://issuer.example.com" });
  assert.deepEqual({ issuer, audience }, { issuer: "https://issuer.example.com", audience: "https://issuer.example.com" });
});

test("JWT_LIFETIME is kept as text", () => {
  for (const lifetime of ["10s", "5m", "1h"]) assert.equal(readConfig({ ...valid, JWT_LIFETIME: lifetime }).jwtLifetime, lifetime);
});

test("LOG_LEVEL ignores case", () => {
  assert.equal(readConfig({ ...valid, LOG_LEVEL: "WARN" }).logLevel, "warn");
});

for (const domain of ["example.com", "tasks.example.com"]) {
  test(`COOKIE_DOMAIN=${domain} is accepted for tasks.example.com`, () => {
    assert.equal(readConfig({ ...valid, COOKIE_DOMAIN: domain }).cookieDomain, domain);
  });
}

test("trusted origins are spelled as browsers do, as at the bff", () => {
  const { trustedOrigins } = readConfig({ ...valid, BETTER_AUTH_TRUSTED_ORIGINS: "https://App.example.com/, http://localhost:80,https://*.example.com,https://app?.example.com,app://local," });
  assert.deepEqual(trustedOrigins, ["https://app.example.com", "http://localhost", "https://*.example.com", "https://app?.example.com", "app://local"]);
});

test("TRUSTED_PROXIES takes addresses and networks", () => {
  const { trustedProxies } = readConfig({ ...valid, TRUSTED_PROXIES: "10.0.0.0/8, 192.0.2.1,fd00::/8," });
  assert.deepEqual(trustedProxies, ["10.0.0.0/8", "192.0.2.1", "fd00::/8"]);
  const list = networks(trustedProxies);
  for (const [address, family, trusted] of [
    ["10.9.9.9", "ipv4", true], ["192.0.2.1", "ipv4", true], ["192.0.2.2", "ipv4", false],
    ["::ffff:10.9.9.9", "ipv6", true], ["::ffff:11.9.9.9", "ipv6", false], ["fd00::1", "ipv6", true], ["::1", "ipv6", false],
  ]) {
    assert.equal(list.check(address, family), trusted, address);
  }
});

test("an empty environment names every required variable at once", () => {
  assert.deepEqual(problems({}), ["BETTER_AUTH_SECRET", "BETTER_AUTH_URL", "DATABASE_URL"]);
});

for (const [name, value] of [
  ["BETTER_AUTH_SECRET", "0f9a1d6c4b7e82531c5d90ae46b3f87"],
  ["BETTER_AUTH_SECRET", "better-auth-secret-12345678901234567890"],
  ["BETTER_AUTH_SECRET", "x".repeat(64)],
  ["BETTER_AUTH_SECRETS", "2:new,1:old"],
  ["BETTER_AUTH_URL", "tasks.example.com"],
  ["BETTER_AUTH_URL", "https://tasks.example.com/auth"],
  ["BETTER_AUTH_URL", "https://user@tasks.example.com"],
  ["DATABASE_URL", "mysql://user:database-password@localhost/tasklane"],
  ["TASKS_URL", "tasks:8080"],
  ["TASKS_URL", "http://tasks:8080/api"],
  ["REQUIRE_EMAIL_VERIFICATION", "yes"],
  ["COOKIE_DOMAIN", "other.example"],
  ["COOKIE_DOMAIN", "ample.com"],
  ["COOKIE_DOMAIN", ".example.com"],
  ["COOKIE_DOMAIN", "com"],
  ["COOKIE_DOMAIN", "example.com; Secure"],
  ["PORT", "http"],
  ["PORT", "65536"],
  ["RATE_LIMIT_ENABLED", "no"],
  ["TRUSTED_PROXIES", "everyone"],
  ["TRUSTED_PROXIES", "10.0.0.0/33"],
  ["TRUSTED_PROXIES", "10.0.0.0/"],
  ["TRUSTED_PROXIES", "10.0.0.0/8/8"],
  ["TRUSTED_PROXIES", "10.0.0.1 10.0.0.2"],
  ["JWT_LIFETIME", "900"],
  ["JWT_LIFETIME", "0s"],
  ["JWT_LIFETIME", "-5m"],
  ["JWT_LIFETIME", "1.5h"],
  ["JWT_LIFETIME", "5 minutes ago"],
  ["LOG_LEVEL", "loud"],
  ["NODE_ENV", "test"],
  ["TEST", "1"],
]) {
  test(`${name}=${value} is rejected`, () => {
    assert.deepEqual(problems({ ...valid, [name]: value }), [name]);
  });
}

test("error messages contain no secrets", () => {
  const env = { ...valid, BETTER_AUTH_SECRET: "a-short-secret", DATABASE_URL: "mysql://user:database-password@localhost/x" };
  assert.throws(() => readConfig(env), (error) => {
    assert.doesNotMatch(error.message, /a-short-secret|database-password/);
    return true;
  });
});

/** The variables in the errors of readConfig. */
function problems(env) {
  try {
    readConfig(env);
  } catch (error) {
    assert.ok(error instanceof ConfigError, error.stack);
    return error.problems.map((problem) => problem.split(" ", 1)[0]);
  }
  assert.fail("readConfig accepted the environment");
}
