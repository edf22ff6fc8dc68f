import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readFiles } from "./files.mjs";

test("a file holds the value of a variable", (t) => {
  const dir = mkdtempSync(join(tmpdir(), "files-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const path = join(dir, "secret");
  writeFileSync(path, "s3cret\r\n");

  const env = { BETTER_AUTH_SECRET_FILE: path, BETTER_AUTH_SECRET: "", DATABASE_URL: "kept", DATABASE_URL_FILE: "" };
  readFiles(env);
  assert.deepEqual([env.BETTER_AUTH_SECRET, env.DATABASE_URL, env.BETTER_AUTH_SECRETS], ["s3cret", "kept", undefined]);

  const wrong = { BETTER_AUTH_SECRET_FILE: path, BETTER_AUTH_SECRET: "other", DATABASE_URL_FILE: `${path}-s3cret` };
  assert.throws(() => readFiles(wrong), (error) => {
    assert.deepEqual(error.problems, [
      "BETTER_AUTH_SECRET and BETTER_AUTH_SECRET_FILE must not both be set",
      "DATABASE_URL_FILE cannot be read: ENOENT",
    ]);
    return true;
  });
});
