// Fails if a document breaks what the released one promised.
// usage: node breaking.mjs RELEASED CURRENT
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const [released, current] = process.argv.slice(2);
if (!existsSync(released)) {
  console.log(`${released} is not there: nothing is released that could be broken`);
  process.exit(0);
}
const oasdiff = ["run", "github.com/oasdiff/oasdiff@v1.36.0", "breaking", "--fail-on=ERR", released, current];
const { status, error } = spawnSync("go", oasdiff, { stdio: "inherit" });
if (error) throw error;
process.exit(status);
