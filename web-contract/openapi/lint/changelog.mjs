// Fails if a document differs from the released one without an entry in the changelog.
// usage: node changelog.mjs CHANGELOG RELEASED CURRENT
import { existsSync, readFileSync } from "node:fs";

const [changelog, released, current] = process.argv.slice(2);
const read = (file) => readFileSync(file, "utf8");

if (existsSync(released) && read(released) !== read(current)) {
  const [, top = ""] = read(changelog).split(/^## .*$/m);
  if (top.trim() === "") {
    console.error(`${current} differs from the released document, but the top of ${changelog} has no entry`);
    process.exit(1);
  }
}
