import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { run as importFiles } from "@/bin/commands/import";
import { run as tail } from "@/bin/commands/tail";
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
