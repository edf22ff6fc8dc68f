import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { createPool } from "./database.mjs";

test("a connection lost between two queries fails the next query, not the process", async (t) => {
  const { pool, sockets } = await start(t);
  const client = await pool.connect();
  // Not events.once(), which also listens for errors.
  const lost = new Promise((resolve) => client.once("end", resolve));
  sockets[0].resetAndDestroy();
  await lost;
  await assert.rejects(client.query("SELECT 1"));
  client.release(true);
});

test("a query on a connection that is silent fails, and the next query has another connection", async (t) => {
  const { pool, sockets } = await start(t, 50);
  for (const connections of [1, 2]) {
    await assert.rejects(pool.query("SELECT 1"), /terminated/);
    assert.equal(sockets.length, connections);
  }
  assert.equal(pool.totalCount, 0);
});

/** Starts a server that responds as PostgreSQL does until a connection is ready, and a pool for it. */
async function start(t, silence) {
  const sockets = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.once("data", () => socket.write(Buffer.from("R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I", "latin1")));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const pool = createPool(`postgres://user@127.0.0.1:${server.address().port}/db`, { warn: () => {} }, silence);
  t.after(() => pool.end());
  return { pool, sockets };
}
