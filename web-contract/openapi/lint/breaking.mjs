// Fails if a document has a change that breaks clients of the released one.
// usage: node breaking.mjs RELEASED CURRENT
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const [released, current] = process.argv.slice(2);
if (!existsSync(released)) {
  console.log(`${released} does not exist: nothing is released yet`);
  process.exit(0);
}
// These levels allow a new kind, which adds a member to oneOf in responses: clients ignore unknown kinds.
const levels = fileURLToPath(new URL("breaking.levels", import.meta.url));
const oasdiff = ["run", "github.com/oasdiff/oasdiff@v1.36.0", "breaking", "--fail-on=ERR", "--severity-levels", levels, released, current];
const { status, error } = spawnSync("go", oasdiff, { stdio: "inherit" });
if (error) throw error;
process.exit(status);
