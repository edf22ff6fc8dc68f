// The auth server's database: connection pool, tables and signing key.
import { setTimeout as sleep } from "node:timers/promises";
import { getMigrations } from "better-auth/db/migration";
import pg from "pg";

import { ConfigError, POOL_TIMEOUT_MS } from "./config.mjs";

/** The advisory lock that lets one server at a time prepare the database. */
const PREPARE_LOCK = 7_361_190_217;
const CONNECT_ATTEMPTS = 30;
const CONNECT_PAUSE_MS = 1000;
/** How long the database may send nothing while a query runs, such as a statement of a migration. */
const SILENCE_MS = 30_000;

export function createPool(databaseURL, log, silenceMs = SILENCE_MS) {
  const pool = new pg.Pool({ connectionString: databaseURL, connectionTimeoutMillis: POOL_TIMEOUT_MS });
  // A lost connection without an error listener ends the process. The pool listens
  // on idle connections only, so add a listener for those in use between queries.
  pool.on("error", (error) => log.warn("idle database connection lost", { error: error.message }));
  pool.on("connect", (client) => {
    client.on("error", () => {}); // the next query fails and says why
    // After a failover the old server may not even reset its connections. Without this,
    // each query on one would take a place in the pool until the kernel gives up, after 15 minutes.
    client.connection.stream.setTimeout(silenceMs, () => client.connection.stream.destroy());
  });
  return pool;
}

/** Migrates the tables and makes sure that there is a usable signing key. */
export async function prepareDatabase(auth, pool, log) {
  await withLock(pool, log, async () => {
    const { runMigrations } = await getMigrations(auth.options);
    await runMigrations();
    await ensureSigningKey(auth);
  });
}

/**
 * Calls work while holding the lock, because Better Auth's migrations fail when two run
 * at once, and two first calls at once would each create a key.
 */
async function withLock(pool, log, work) {
  const client = await connect(pool, log);
  // This connection is silent while it waits for the lock, and while it holds it.
  client.connection.stream.setTimeout(0);
  try {
    await client.query("BEGIN");
    await client.query("SELECT pg_advisory_xact_lock($1)", [PREPARE_LOCK]);
    await work();
    await client.query("COMMIT");
  } finally {
    client.release(true);
  }
}

/**
 * Deletes expired rows now and every hour: sessions, passkey challenges (one for
 * each opened sign-in page), links in mail, and device codes. Better Auth deletes
 * them only when one is used, and a challenge names its user.
 */
export function deleteExpired(pool, log) {
  const deleteNow = () =>
    pool
      .query(`WITH sessions AS (DELETE FROM session WHERE "expiresAt" < now()), links AS (DELETE FROM verification WHERE "expiresAt" < now())
         DELETE FROM "deviceCode" WHERE "expiresAt" < now()`)
      .catch((error) => log.warn("cannot delete expired rows", { error: error.message }));
  setInterval(deleteNow, 3_600_000).unref();
  return deleteNow();
}

/** Connects, and waits up to 30 s for a database that is starting or, if serverless, waking up. */
async function connect(pool, log) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await pool.connect();
    } catch (error) {
      // 28… is a failed login and 3D… a missing database: a retry does not help.
      if (attempt === CONNECT_ATTEMPTS || /^(28|3D)/.test(error.code ?? "")) throw error;
      log.warn("waiting for the database", { error: error.message });
      await sleep(CONNECT_PAUSE_MS);
    }
  }
}

/**
 * Checks that the signing key can be decrypted. Private keys are encrypted with
 * BETTER_AUTH_SECRET. With another secret, this server must fail and not replace the
 * keys, which other servers may use.
 */
async function ensureSigningKey(auth) {
  try {
    await checkSigningKey(auth);
  } catch (error) {
    if (!/decrypt/i.test(error.message)) throw error;
    throw new ConfigError([
      "BETTER_AUTH_SECRET does not decrypt the signing keys in the database. " +
        "If the secret is new, run `node server.mjs new-keys`; otherwise set the old secret",
    ]);
  }
}

/**
 * Replaces the signing key. JWTs of the old key stay valid until they expire: its
 * public key is published for another month.
 */
export async function replaceSigningKey(auth, pool, log) {
  await withLock(pool, log, async () => {
    await pool.query(`UPDATE jwks SET "expiresAt" = now() WHERE "expiresAt" IS NULL OR "expiresAt" > now()`);
    await checkSigningKey(auth);
  });
}

/** Signs a JWT, which reads the key from the database and decrypts it, or creates one. */
export async function checkSigningKey(auth) {
  await auth.api.signJWT({ body: { payload: {} } });
}
