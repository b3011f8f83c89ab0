/** Builds the dashboard when its sources have changed since the last build. */
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { generateClient } from "../generate.mjs";
import { run } from "./dependencies.mjs";
import { root } from "./home.mjs";
import { Halt } from "./say.mjs";

const stamp = path.join(root, ".next", ".vedette-sources");
const sources = [
  "app",
  "lib",
  "client",
  "public",
  "prisma/schema.prisma",
  "next.config.ts",
  "proxy.ts",
  "tsconfig.json",
  "package-lock.json",
];

/** One hash over the names and contents of everything that goes into the build. */
function sourcesHash() {
  const hash = createHash("sha256");
  const add = (file) => {
    const full = path.join(root, file);
    if (!fs.existsSync(full) || file === path.join("lib", "store", "generated")) return;
    if (fs.statSync(full).isDirectory()) for (const name of fs.readdirSync(full).sort()) add(path.join(file, name));
    else hash.update(file).update("\0").update(fs.readFileSync(full));
  };
  for (const source of sources) add(source);
  return hash.digest("hex");
}

/** True when there is no build of these very sources. */
export const buildIsStale = () => !fs.existsSync(stamp) || fs.readFileSync(stamp, "utf8") !== sourcesHash();

/** `next build`, with its own progress passed on. Needs no database and no network. */
export async function build(progress) {
  await generateClient();
  const hash = sourcesHash();
  fs.rmSync(stamp, { force: true });
  const started = Date.now();
  const ticker = setInterval(
    () => progress(`still building, ${Math.round((Date.now() - started) / 1000)} s (about half a minute in all)`),
    10_000,
  );
  try {
    const next = path.join(root, "node_modules", "next", "dist", "bin", "next");
    await run(process.execPath, [next, "build"], {
      cwd: root,
      env: { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" },
    });
  } catch (error) {
    throw new Halt(`The dashboard could not be built:\n${error.message}`);
  } finally {
    clearInterval(ticker);
  }
  fs.writeFileSync(stamp, hash);
}
