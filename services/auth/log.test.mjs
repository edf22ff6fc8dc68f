import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "./log.mjs";

test("lines below the level are left out", () => {
  const lines = [];
  const log = createLogger("warn", (line) => lines.push(JSON.parse(line)));
  log.debug("of no interest");
  log.info("request", { status: 200 });
  log.warn("not ready", { error: new TypeError("why") });
  log.error("cannot listen");
  assert.deepEqual(lines.map(({ level, msg }) => [level, msg]), [["WARN", "not ready"], ["ERROR", "cannot listen"]]);
  assert.match(lines[0].error, /^TypeError: why\n/);
});
