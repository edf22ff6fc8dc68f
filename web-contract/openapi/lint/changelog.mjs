// Fails if a document is not the released one any more and the changelog has nothing new to say.
// usage: node changelog.mjs CHANGELOG RELEASED CURRENT
import { existsSync, readFileSync } from "node:fs";

const [changelog, released, current] = process.argv.slice(2);
const read = (file) => readFileSync(file, "utf8");

if (existsSync(released) && read(released) !== read(current)) {
  const [, top = ""] = read(changelog).split(/^## .*$/m);
  if (top.trim() === "") {
    console.error(`${current} is not what was released, and the top of ${changelog} tells of no change`);
    process.exit(1);
  }
}
