/** Finds a Chromium for the browser tests, or installs one. */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { Halt } from "./say.mjs";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const places = ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"];

/** The path of a Chromium on this machine, or null. CHROMIUM_PATH goes first. */
export function findBrowser() {
  const onPath = (process.env.PATH ?? "").split(path.delimiter).flatMap((folder) => names.map((name) => path.join(folder, name)));
  return [process.env.CHROMIUM_PATH, ...onPath, ...places].find((file) => file && fs.existsSync(file)) ?? null;
}

/** Installs one: from Debian's packages as root, else the build that playwright knows. Throws a Halt that says what to do. */
export function installBrowser(progress) {
  if (process.platform === "linux" && process.getuid?.() === 0 && fs.existsSync("/usr/bin/apt-get")) {
    progress("apt-get install chromium (about a minute)");
    const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    spawnSync("apt-get", ["update", "-qq"], { env: environment, stdio: "ignore" });
    spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], { env: environment, stdio: "ignore" });
    const found = findBrowser();
    if (found) return found;
  }
  progress("npx playwright-core install chromium");
  spawnSync("npx", ["--no-install", "playwright-core", "install", "chromium"], { stdio: "ignore", timeout: 300_000 });
  const read = spawnSync(process.execPath, ["-e", "import('playwright-core').then(p => console.log(p.chromium.executablePath()))"], {
    encoding: "utf8",
  });
  const downloaded = read.stdout.trim();
  if (downloaded && fs.existsSync(downloaded)) return downloaded;
  throw new Halt(
    "The browser tests need a Chromium, and none could be installed. Install chromium or Google Chrome, or set CHROMIUM_PATH, then run npm test again.",
  );
}
