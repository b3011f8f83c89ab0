import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { run as importFiles } from "@/bin/commands/import";
import { run as tail } from "@/bin/commands/tail";
import { until } from "@/test/support/until";
import { detectEvents } from "@/workers/detect-events";
import { useDatabase } from "@/test/support/database";
import { type IngestServer, makeKey, startIngestServer } from "@/test/support/ingest-server";

const database = useDatabase();
let folder: string;
let said: string;
let server: IngestServer;
beforeAll(async () => {
  server = await startIngestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "vedette-flow-"));
  process.env.VEDETTE_HOME = folder;
  said = "";
  for (const stream of ["log", "error"] as const)
    vi.spyOn(console, stream).mockImplementation((text: string) => void (said += `${text}\n`));
  await database.owner("truncate event, event_id, batch");
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(folder, { recursive: true });
});

const line = (second: number, name: string | number, at = Date.UTC(2026, 9, 11)) => {
  const stamp = new Date(at + second * 1000).toUTCString().replace(/^\w+, (\d+) (\w+) (\d+) ([\d:]+) GMT$/, "$1/$2/$3:$4 +0000");
  return `192.0.2.1 - - [${stamp}] "GET /${name} HTTP/1.1" 200 7 "-" "x"\n`;
};
const lines = (from: number, to: number, at?: number) => Array.from({ length: to - from }, (_, i) => line(from + i, from + i, at)).join("");
const write = (name: string, text: string | Buffer) => {
  fs.writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
};
const stored = async () => (await database.owner("select count(*)::int as n, count(distinct http_path)::int as paths from event")).rows[0];
const importQuietly = (...args: string[]) => importFiles(["--format", "nginx", "--no-wait", ...args]);

test("the same log again adds nothing: as it is, renamed, compressed, grown, and after the guard of ids has forgotten", async () => {
  const text = lines(0, 2500);
  const file = write("access.log", text);
  expect(await importQuietly(file)).toBe(0);
  expect(await stored()).toEqual({ n: 2500, paths: 2500 });
  await importQuietly(file, write("access.log.1.gz", gzipSync(text)));
  await database.owner("truncate event_id");
  await importQuietly(write("renamed.log", text + lines(2500, 2600)));
  expect(await stored()).toEqual({ n: 2600, paths: 2600 });
  expect(said).toMatch(/there already +2,500/);
  const batches = await database.owner("select distinct world like 'import-%' as apart, historical from batch");
  expect(batches.rows).toEqual([{ apart: true, historical: true }]);
});

test("an import that was cut off goes on where it stopped", async () => {
  const file = write("access.log", lines(0, 3000));
  await importQuietly(write("half.log", lines(0, 1500)));
  await importQuietly(file);
  expect(await stored()).toEqual({ n: 3000, paths: 3000 });
});

test("two logs are brought into the order of event time, and what is not understood is told with a sample", async () => {
  const later = write("a.log", lines(5000, 5500));
  const earlier = write("b.log", `${lines(0, 500)}\u001b[31mnonsense\n`);
  expect(await importQuietly(later, earlier)).toBe(0);
  const order = await database.owner(
    "select min_occurred_at < (select min(occurred_at) from event where http_path = '/5000') as first from batch order by id limit 1",
  );
  expect(order.rows).toEqual([{ first: true }]);
  expect(said).toContain("not understood  1 line");
  expect(said).toContain("\\x1b[31mnonsense");
});

test("a file that is not there is told before anything is sent", async () => {
  await expect(importFiles([path.join(folder, "none.log")])).rejects.toThrow(/There is no file/);
});

test("import to an installation elsewhere: the past arrives in a world of its own and never mails; a key without the right is told so", async () => {
  const { secret } = await makeKey({ scopes: ["ingest", "import"] });
  const brute = Array.from(
    { length: 400 },
    (_, i) =>
      `192.0.2.66 - - [11/Oct/2026:06:${String(10 + Math.floor(i / 60)).padStart(2, "0")}:${String(i % 60).padStart(2, "0")} +0000] "POST /login HTTP/1.1" 401 7 "-" "x"\n`,
  );
  const file = write("past.log", brute.join(""));
  const there = ["--url", server.url, "--key", secret];
  expect(await importQuietly(...there, file)).toBe(0);
  expect(await importQuietly(...there, file)).toBe(0);
  expect((await stored()).n).toBe(400);
  expect(said).toMatch(/there already +400/);
  expect((await database.owner("select distinct historical, world <> 'live' as apart from batch")).rows).toEqual([
    { historical: true, apart: true },
  ]);
  await detectEvents(new Date());
  expect((await database.owner("select count(*)::int as n from alert")).rows[0].n).toBeGreaterThan(0);
  expect((await database.owner("select count(*)::int as n from outbox")).rows[0].n).toBe(0);

  const narrow = await makeKey({ scopes: ["ingest"] });
  expect(await importQuietly("--url", server.url, "--key", narrow.secret, write("other.log", line(1, "a") + line(2, "b")))).toBe(1);
  expect(said).toMatch(/import/);
  expect((await stored()).n).toBe(400);
  await expect(importQuietly("--url", server.url, "--key", "vdt_wrong", file)).rejects.toThrow(/not known/);
});

/** Whether any process was started with this argument. */
const isRunning = (argument: string): boolean =>
  fs.existsSync("/proc") &&
  fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(argument);
      } catch {
        return false; // ended meanwhile
      }
    });

const started = new Set<ChildProcess>();
afterEach(() => {
  for (const child of started) child.kill("SIGKILL"); // a test that failed must not leave one following
  started.clear();
});

test("tail survives kill -9 while the log is written and rotated: no line is lost, none stands twice", { timeout: 180_000 }, async () => {
  const { secret } = await makeKey();
  const now = Date.now() - 60_000;
  const file = write("busy.log", "");
  let written = 0;
  const grow = (count: number) => {
    fs.appendFileSync(file, lines(written, written + count, now));
    written += count;
  };
  const start = (command = ["--import", "tsx", "bin/commands/main.ts"]) => {
    const child = spawn(process.execPath, [...command, "tail", "--format", "nginx", "--url", server.url, "--key", secret, file], {
      env: { ...process.env, VEDETTE_HOME: folder },
      stdio: ["ignore", "ignore", "pipe"],
    });
    started.add(child);
    const following = new Promise<void>((resolve) => child.stderr.on("data", (text: Buffer) => text.includes("Following") && resolve()));
    return { child, following, ended: new Promise((resolve) => child.once("exit", resolve)) };
  };
  for (let round = 0; round < 4; round += 1) {
    const { child, following, ended } = start();
    await following;
    grow(300);
    if (round > 0) await until(async () => (await stored()).n > 300 * round + 10, 30_000); // somewhere in the middle; the first is killed at once
    child.kill("SIGKILL");
    await ended;
    grow(50);
    if (round % 2 === 1) {
      fs.renameSync(file, `${file}.${round}`);
      fs.writeFileSync(file, "");
      grow(20);
    }
  }
  const { child, ended } = start(["bin/vedette.mjs"]);
  await until(async () => (await stored()).n >= written, 30_000);
  fs.copyFileSync(file, `${file}.copy`); // copytruncate, and more than before it at once
  fs.truncateSync(file);
  grow(900);
  await until(async () => (await stored()).n >= written, 30_000);
  child.kill("SIGKILL"); // of the launcher: the command must not go on alone
  await ended;
  await until(() => !isRunning(file));
  expect(await stored()).toEqual({ n: written, paths: written });
});

test("tail sends each line once, over rotation and restarts, to an installation elsewhere", async () => {
  const { secret } = await makeKey();
  const now = Date.now() - 60_000;
  const file = write("access.log", lines(0, 10, now));
  const follow = () => tail(["--once", "--from-start", "--format", "nginx", "--url", server.url, "--key", secret, file]);
  await follow();
  fs.appendFileSync(file, lines(10, 20, now));
  fs.renameSync(file, `${file}.1`);
  write("access.log", lines(20, 30, now));
  await follow();
  await follow();
  expect(await stored()).toEqual({ n: 30, paths: 30 });
  const live = await database.owner("select distinct world from batch");
  expect(live.rows).toEqual([{ world: "live" }]);
});
