// The database of the auth server: its pool, its tables, its signing key.
import { setTimeout as sleep } from "node:timers/promises";
import { getMigrations } from "better-auth/db/migration";
import pg from "pg";

import { ConfigError, POOL_WAIT_MS } from "./config.mjs";

/** Names the advisory lock under which one server at a time prepares the database. */
const PREPARE_LOCK = 7_361_190_217;
const CONNECT_ATTEMPTS = 30;
const CONNECT_PAUSE_MS = 1000;

export function createPool(databaseURL, log) {
  const pool = new pg.Pool({ connectionString: databaseURL, connectionTimeoutMillis: POOL_WAIT_MS });
  // Without listeners, a connection that is lost ends the process: the pool
  // listens for those that are idle, and nobody for one that is in use while it
  // waits for its next query.
  pool.on("error", (error) => log.warn("idle database connection lost", { error: error.message }));
  pool.on("connect", (client) => client.on("error", () => {})); // the next query fails and says why
  return pool;
}

/**
 * Brings the tables up to date and sees to a usable signing key. Better Auth's
 * migrations fail when two run at once, and parallel first calls would each
 * mint a key, so both happen under a lock.
 */
export async function prepareDatabase(auth, pool, log) {
  const client = await connect(pool, log);
  try {
    await client.query("BEGIN");
    await client.query("SELECT pg_advisory_xact_lock($1)", [PREPARE_LOCK]);
    const { runMigrations } = await getMigrations(auth.options);
    await runMigrations();
    await ensureSigningKey(auth);
    await client.query("COMMIT");
  } finally {
    client.release(true);
  }
}

/**
 * Deletes what has expired, now and every hour: sessions, challenges, of which each
 * opened sign-in page takes one, links in mail, and codes of programs. Better Auth
 * deletes them only when somebody uses one, and a challenge names its user.
 */
export function deleteExpired(pool, log) {
  const now = () =>
    pool
      .query(`WITH sessions AS (DELETE FROM session WHERE "expiresAt" < now()), links AS (DELETE FROM verification WHERE "expiresAt" < now())
         DELETE FROM "deviceCode" WHERE "expiresAt" < now()`)
      .catch((error) => log.warn("cannot delete what has expired", { error: error.message }));
  setInterval(now, 3_600_000).unref();
  return now();
}

/** Waits for a database that starts at the same time, or a serverless one that sleeps. */
async function connect(pool, log) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await pool.connect();
    } catch (error) {
      // 28… is a refused login and 3D… a database that does not exist: waiting does not help.
      if (attempt === CONNECT_ATTEMPTS || /^(28|3D)/.test(error.code ?? "")) throw error;
      log.warn("waiting for the database", { error: error.message });
      await sleep(CONNECT_PAUSE_MS);
    }
  }
}

/**
 * Private keys are encrypted with BETTER_AUTH_SECRET. With another secret this
 * server can do nothing, and must not touch the keys: others may work with them.
 */
async function ensureSigningKey(auth) {
  try {
    await checkSigningKey(auth);
  } catch (error) {
    if (!/decrypt/i.test(error.message)) throw error;
    throw new ConfigError([
      "BETTER_AUTH_SECRET is not the secret that the signing keys in the database were made with. " +
        "If it is a new one, make new keys with `node server.mjs new-keys`; otherwise set the old one",
    ]);
  }
}

/**
 * Replaces the signing key. JWTs of the old one stay valid until their end: its
 * public part is published for another month.
 */
export async function replaceSigningKey(auth, pool, log) {
  const client = await connect(pool, log);
  try {
    await client.query("BEGIN");
    await client.query("SELECT pg_advisory_xact_lock($1)", [PREPARE_LOCK]);
    await pool.query(`UPDATE jwks SET "expiresAt" = now() WHERE "expiresAt" IS NULL OR "expiresAt" > now()`);
    await checkSigningKey(auth);
    await client.query("COMMIT");
  } finally {
    client.release(true);
  }
}

/** Signs something, which reads the key from the database and decrypts it. */
export async function checkSigningKey(auth) {
  await auth.api.signJWT({ body: { payload: {} } });
}
