import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const names = [
  // The same engine without the browser's windows: the tests take a quarter less time.
  "chromium-headless-shell",
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "microsoft-edge",
  "microsoft-edge-stable",
];

const platformPaths: Partial<Record<NodeJS.Platform, string[]>> = {
  darwin: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
  ],
  linux: ["/opt/google/chrome/chrome", "/snap/bin/chromium"],
};

/**
 * Returns the path of a Chromium that runs: the one in CHROMIUM_PATH, else one on
 * PATH, in the platform's usual place or downloaded by Playwright, else Debian's
 * package, which it installs. If there is none, the error lists what was tried.
 */
export async function findChromium(): Promise<string> {
  const chosen = process.env["CHROMIUM_PATH"];
  if (chosen) {
    const fault = await faultOf(chosen);
    if (fault) throw new Error(`CHROMIUM_PATH is ${chosen}, which does not run: ${fault}`);
    return chosen;
  }
  const tried: string[] = [];
  const found = (await firstThatRuns(candidates(), tried)) ?? (await installFromDebian(tried));
  if (found) return found;
  throw new Error(
    `The tests need Chromium or Chrome, and none was found. Install one, or name it in CHROMIUM_PATH. Tried:\n  ${tried.join("\n  ")}`,
  );
}

function candidates(): string[] {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  return [
    ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
    ...(platformPaths[process.platform] ?? []),
    chromium.executablePath(),
  ];
}

async function firstThatRuns(paths: string[], tried: string[]): Promise<string | undefined> {
  for (const path of paths) {
    const fault = await faultOf(path);
    if (!fault) return path;
    tried.push(`${path}: ${fault}`);
  }
  return undefined;
}

/** Returns why the file is not a working browser, or undefined if it is one. */
async function faultOf(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.X_OK);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "not found" : "not executable";
  }
  try {
    const { stdout } = await promisify(execFile)(path, ["--version"], { timeout: 20_000 });
    return /\d+\.\d+/.test(stdout) ? undefined : "--version printed no version";
  } catch (error) {
    return `--version failed: ${(error as Error).message.trim()}`;
  }
}

/** Installs Debian's package as root on Linux, and returns the path of its program. */
async function installFromDebian(tried: string[]): Promise<string | undefined> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    tried.push("apt-get install chromium-headless-shell: only as root on Linux");
    return undefined;
  }
  process.stderr.write("Chromium is not installed: installing Debian's chromium-headless-shell for the tests …\n");
  for (const args of [["update"], ["install", "--yes", "--no-install-recommends", "chromium-headless-shell"]]) {
    const fault = await aptGet(args);
    if (fault) {
      tried.push(`apt-get ${args.join(" ")}: ${fault}`);
      return undefined;
    }
  }
  return firstThatRuns(["/usr/bin/chromium-headless-shell"], tried);
}

async function aptGet(args: string[]): Promise<string | undefined> {
  const child = spawn("apt-get", args, {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    stdio: ["ignore", 2, 2],
  });
  try {
    const [code] = (await once(child, "exit")) as [number | null];
    return code === 0 ? undefined : `exit status ${code}`;
  } catch (error) {
    return (error as Error).message;
  }
}
