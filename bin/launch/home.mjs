/** Where an installation lives: its data directory, its secrets, and what is running. */
import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Halt } from "./say.mjs";

/** The checkout this launcher belongs to. */
export const root = path.resolve(fileURLToPath(new URL("../..", import.meta.url)));

/**
 * The data directory: VEDETTE_HOME, else .vedette in the checkout. A checkout of root's that others cannot enter (under /root, say) is no place for
 * PostgreSQL, which runs as another user: the data then lives under /var/lib/vedette, by the name of the checkout.
 */
export function homePath() {
  if (process.env.VEDETTE_HOME) return path.resolve(process.env.VEDETTE_HOME);
  const beside = path.join(root, ".vedette");
  if (process.getuid?.() !== 0 || isOpenToOthers(root)) return beside;
  return `/var/lib/vedette/${path.basename(root)}-${createHash("sha256").update(root).digest("hex").slice(0, 8)}`;
}

/** The data directory, made if needed; others may pass through it, not look. */
export function openHome() {
  const home = homePath();
  fs.mkdirSync(home, { recursive: true, mode: 0o711 });
  return home;
}

function isOpenToOthers(directory) {
  const parent = path.dirname(directory);
  return (fs.statSync(directory).mode & 0o001) !== 0 && (parent === directory || isOpenToOthers(parent));
}

/** The installation's secrets, made on first start. `mode 0600`: only the user who started it may read them. */
export function openSecrets(home) {
  const file = path.join(home, "secrets.json");
  const known = fs.existsSync(file) ? readJson(file) : {};
  const secret = () => randomBytes(32).toString("base64url");
  const secrets = { ownerPassword: secret(), appPassword: secret(), authSecret: secret(), hashKey: secret(), linkKey: secret(), ...known };
  if (Object.keys(secrets).length !== Object.keys(known).length) {
    fs.writeFileSync(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
    fs.renameSync(`${file}.new`, file);
  }
  return secrets;
}

const runtimeFile = (home) => path.join(home, "runtime.json");

/** Says to other commands what is running: `{pid, url, environment}`. 0600: the environment holds the database password. */
export function writeRuntime(home, runtime) {
  fs.writeFileSync(runtimeFile(home), `${JSON.stringify(runtime, null, 2)}\n`, { mode: 0o600 });
}

/** What is running in this home, or null. A file left by a killed launcher does not count. */
export function readRuntime(home) {
  if (!fs.existsSync(runtimeFile(home))) return null;
  const runtime = readJson(runtimeFile(home));
  return isAlive(runtime.pid) ? runtime : null;
}

export function removeRuntime(home) {
  fs.rmSync(runtimeFile(home), { force: true });
}

export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch (error) {
    throw new Halt(`${file} cannot be read (${error.message}). Restore it from a backup, or move it away to start with new secrets.`);
  }
}
