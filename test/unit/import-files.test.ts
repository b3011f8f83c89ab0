import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findFiles } from "@/bin/import/find-files";
import { Follower } from "@/bin/import/follow";
import { mergeByTime } from "@/bin/import/merge";
import { printable } from "@/bin/import/progress";
import { eventsOf, newTally, type TimedEvent } from "@/bin/import/read-events";
import { findFormat } from "@/lib/ingest/readers/formats";

let folder: string;
const at = (...names: string[]) => path.join(folder, ...names);
const write = (name: string, text: string | Buffer) => {
  fs.mkdirSync(path.dirname(at(name)), { recursive: true });
  fs.writeFileSync(at(name), text);
  return at(name);
};
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "vedette-import-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const line = (second: number, name = "x") =>
  `192.0.2.1 - - [11/Oct/2026:06:40:${String(second).padStart(2, "0")} +0000] "GET /${name} HTTP/1.1" 200 7 "-" "x"\n`;

async function read(file: string): Promise<TimedEvent[]> {
  const format = findFormat("nginx");
  if (!format) throw new Error("no nginx");
  const source = { file, format, referenceTime: 0, service: undefined, environment: undefined, utcOffsetMinutes: undefined };
  const events: TimedEvent[] = [];
  for await (const event of eventsOf(source, newTally(source))) events.push(event);
  return events;
}
const ids = async (file: string) => (await read(file)).map(({ event }) => event.id);

test("names, folders and patterns that the shell left alone find the same files, each once", () => {
  for (const name of ["a/x.log", "a/b/y.log", "a/b/z.txt", "c.log", ".hidden/w.log"]) write(name, "");
  const found = (...patterns: string[]) =>
    findFiles(patterns.map((pattern) => at(pattern)))
      .map((file) => path.relative(folder, file))
      .sort();
  expect(found("**/*.log")).toEqual(["a/b/y.log", "a/x.log", "c.log"]);
  expect(found("*.log", "c.log")).toEqual(["c.log"]);
  expect(found("a/*/{y,z}.*")).toEqual(["a/b/y.log", "a/b/z.txt"]);
  expect(found("a")).toEqual(["a/b/y.log", "a/b/z.txt", "a/x.log"]);
  expect(() => found("none/**")).toThrow(/No file matches/);
  expect(() => found("none.log")).toThrow(/no file/);
});

describe("ids of lines", () => {
  test("stay when a file is renamed, compressed or has grown, and tell equal lines apart", async () => {
    const text = line(1) + line(1) + line(2);
    const first = await ids(write("access.log", text));
    expect(new Set(first).size).toBe(3);
    expect(await ids(write("access.log.1", text))).toEqual(first);
    expect(await ids(write("access.log.2.gz", gzipSync(text)))).toEqual(first);
    expect((await ids(write("access.log", `${text}${line(3)}`))).slice(0, 3)).toEqual(first);
  });

  test("differ between the files of two servers although single lines are the same", async () => {
    const [one, two] = [await ids(write("a.log", line(0, "a") + line(1))), await ids(write("b.log", line(0, "b") + line(1)))];
    expect(one[1]).not.toEqual(two[1]);
  });
});

test("files are merged into the order of event time, and opened only when their time has come", { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.nat(50), { minLength: 1, maxLength: 20 }), { maxLength: 6 }), async (files) => {
      let open = 0;
      let earliestWaiting = 0;
      const strands = files
        .map((times) => times.sort((a, b) => a - b))
        .map((times) => ({
          firstAt: times[0] ?? 0,
          async *open() {
            open += 1;
            earliestWaiting = Math.max(earliestWaiting, times[0] ?? 0);
            for (const time of times) yield { at: time, event: { action: "x" } };
          },
        }));
      const seen: number[] = [];
      for await (const event of mergeByTime(strands)) {
        seen.push(event.at);
        expect(earliestWaiting).toBeLessThanOrEqual(event.at);
      }
      expect(seen).toEqual(files.flat().sort((a, b) => a - b));
      expect(open).toBe(files.length);
    }),
  );
});

describe("following a file", () => {
  const drain = (follower: Follower) => {
    const texts: string[] = [];
    for (let lines = follower.read(); lines.length > 0; lines = follower.read()) texts.push(...lines.map(({ text }) => text));
    return texts;
  };

  test("gives whole lines only, goes on after a restart, and starts at the end of what it never saw", () => {
    const file = write("a.log", "one\ntw");
    const follower = Follower.open(file, undefined, true);
    expect(drain(follower)).toEqual(["one"]);
    fs.appendFileSync(file, "o\nthree\n");
    const again = Follower.open(file, follower.place, true);
    expect(drain(again)).toEqual(["two", "three"]);
    const late = Follower.open(file, undefined, false);
    expect(late.place.line).toBe(3);
    fs.appendFileSync(file, "four\n");
    expect([drain(late), drain(again)]).toEqual([["four"], ["four"]]);
    for (const one of [follower, again, late]) one.close();
  });

  test("finishes the old file when it was renamed, then reads the new one, also when that happened while nobody looked", () => {
    const file = write("a.log", "one\n");
    const follower = Follower.open(file, undefined, true);
    expect(drain(follower)).toEqual(["one"]);
    fs.appendFileSync(file, "two\n");
    fs.renameSync(file, `${file}.1`);
    write("a.log", "three\n");
    let begun = 0;
    follower.onNewFile = () => {
      begun += 1;
    };
    const saved = { ...follower.place };
    expect(drain(follower)).toEqual(["two", "three"]);
    expect(begun).toBe(1);
    const restarted = Follower.open(file, saved, false);
    expect(drain(restarted)).toEqual(["two", "three"]);
    for (const one of [follower, restarted]) one.close();
  });

  test("reads every file between its place and the newest, however often rotation came meanwhile, and no neighbour", () => {
    const file = write("a.log", "one\n");
    const follower = Follower.open(file, undefined, true);
    expect(drain(follower)).toEqual(["one"]);
    for (const [second, text] of ["two", "three", "four"].entries()) {
      fs.appendFileSync(file, `${text} begins\n${text} ends\n`);
      fs.renameSync(file, `${file}.${second}`);
      fs.utimesSync(`${file}.${second}`, 1_790_000_000 + second, 1_790_000_000 + second);
    }
    write("a.log", "five\n");
    write("a.log.error", "not ours\n");
    const expected = ["two begins", "two ends", "three begins", "three ends", "four begins", "four ends", "five"];
    const restarted = Follower.open(file, { ...follower.place }, false);
    expect([drain(follower), drain(restarted)]).toEqual([expected, expected]);
    for (const one of [follower, restarted]) one.close();
  });

  test("begins again when the file was emptied in place", () => {
    const file = write("a.log", "one\ntwo\n");
    const follower = Follower.open(file, undefined, true);
    expect(drain(follower)).toEqual(["one", "two"]);
    fs.truncateSync(file);
    expect(drain(follower)).toEqual([]);
    fs.appendFileSync(file, "new\n");
    expect(drain(follower)).toEqual(["new"]);
    follower.close();
  });

  test("begins again when the file was emptied in place and grew past our place before we looked, running or not", () => {
    const file = write("a.log", "one\ntwo\n");
    const follower = Follower.open(file, undefined, true);
    expect(drain(follower)).toEqual(["one", "two"]);
    const saved = { ...follower.place };
    fs.truncateSync(file);
    fs.appendFileSync(file, "a new one\nand another\n");
    expect(drain(follower)).toEqual(["a new one", "and another"]);
    const restarted = Follower.open(file, saved, false);
    expect(drain(restarted)).toEqual(["a new one", "and another"]);
    for (const one of [follower, restarted]) one.close();
  });
});

test("a log line cannot speak to the terminal", () => {
  expect(printable("\u001b[2Jx\u202e\u0007")).toBe("\\x1b[2Jx\\x202e\\x07");
});
