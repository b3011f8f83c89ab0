import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { findFiles } from "@/bin/import/find-files";
import { Follower, type Place } from "@/bin/import/follow";
import { formatTable, type Options, readOptions, sharedUsage } from "@/bin/import/options";
import { printable } from "@/bin/import/progress";
import { LineIds } from "@/bin/import/read-events";
import { firstLines } from "@/bin/import/read-lines";
import { httpSink, localSink, type Sink } from "@/bin/import/sink";
import { config, homeDirectory } from "@/lib/config";
import { AppError, invalid } from "@/lib/errors";
import { closeIngest } from "@/lib/ingest/house";
import { detectFormat, SAMPLE } from "@/lib/ingest/readers/formats";
import type { LogFormat, Reading } from "@/lib/ingest/readers/reader";
import type { EventInput } from "@/lib/model/event";
import { closeQueue } from "@/lib/queue/bells";
import { closeStore } from "@/lib/store/db";

export const summary = "Follow log files and send each line as it is written";

export const usage = `Usage: vedette tail [options] FILE…

Follows logs as they grow and sends what is new, live: attacks raise incidents and mail. Follows rotation (rename and copytruncate), remembers its place,
and goes on there after a restart. Starts at the end of a file that it sees for the first time.

${sharedUsage}
  --from-start          a file seen for the first time is sent from its beginning
  --once                send what is there and end

Formats:
${formatTable}

Example, on a web server:
  vedette tail --format nginx --service shop --url https://vedette.example.com --key vdt_… /var/log/nginx/access.log`;

const POLL_MS = 500;
const LONGEST_WAIT_MS = 60_000;

/** One file on its way: the follower, how its lines are read, and where its place is kept. */
interface Trail {
  follower: Follower;
  format: LogFormat;
  read: (text: string) => Reading[];
  ids: LineIds;
  keptIn: string;
}

/** Runs the command; ends on SIGINT or SIGTERM after what was read is sent. */
export async function run(args: string[]): Promise<number> {
  const once = args.includes("--once");
  const fromStart = args.includes("--from-start");
  const options = readOptions(args.filter((argument) => argument !== "--once" && argument !== "--from-start"));
  if (options.files.length === 0) {
    console.error(usage);
    return 2;
  }
  const sink = options.remote ? httpSink(options.remote) : localSink(undefined);
  if (!options.remote) requireInstallation();
  const trails = await Promise.all(findFiles(options.files).map((file) => openTrail(file, options, fromStart)));
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  console.error(`Following ${trails.map(({ follower, format }) => `${follower.file} (${format.name})`).join(", ")}.`);
  try {
    await follow(trails, sink, { once, signal: stop.signal });
  } finally {
    for (const { follower } of trails) follower.close();
    if (!options.remote) {
      await closeIngest();
      await closeQueue();
      await closeStore();
    }
  }
  return 0;
}

function requireInstallation(): void {
  try {
    config();
  } catch {
    throw new AppError(
      "unavailable",
      "No running installation was found here. Start it with `npm start`, or name one elsewhere with --url and --key.",
    );
  }
}

const Kept = z.object({
  file: z.string(),
  inode: z.number(),
  offset: z.number(),
  line: z.number(),
  identity: z.string().optional(),
  head: z.object({ length: z.number().int().min(1).max(4096), hash: z.string() }).optional(),
});

async function openTrail(file: string, options: Options, fromStart: boolean): Promise<Trail> {
  if (file === "-") throw invalid("tail follows files; standard input is read by import.");
  const whole = path.resolve(file);
  const sample = await firstLines(whole, SAMPLE);
  const format = options.format ?? detectFormat(sample, Date.now());
  if (!format || format.unit === "document") throw invalid(`${file}: name a format of single lines with --format.`);
  const name = createHash("sha256")
    .update(`${whole}\n${options.remote?.url ?? "here"}`)
    .digest("hex")
    .slice(0, 24);
  const keptIn = path.join(homeDirectory(), "tail", `${name}.json`);
  const kept = loadPlace(keptIn);
  const follower = Follower.open(whole, kept, fromStart);
  const open = () =>
    format.open({
      referenceTime: Date.now() + 86_400_000,
      service: options.service,
      environment: options.environment,
      utcOffsetMinutes: options.utcOffsetMinutes,
    });
  const trail: Trail = {
    follower,
    format,
    read: open(),
    ids: new LineIds(format.name, follower.place.identity ?? identityOf(sample, format, follower.place)),
    keptIn,
  };
  follower.onNewFile = () => {
    trail.read = open();
    trail.ids = new LineIds(format.name);
  };
  if (!kept) savePlace(trail); // from here on nothing is missed, even if we are killed before the first line
  return trail;
}

/** A file whose beginning we never read: its identity comes from its first event line, as an import of the same file would find it. */
function identityOf(sample: readonly string[], format: LogFormat, place: Place): string | undefined {
  if (place.offset === 0) return undefined;
  const read = format.open({ referenceTime: Date.now() });
  const first = sample.find((line) => read(line).some(({ kind }) => kind === "event"));
  return first === undefined ? undefined : createHash("sha256").update(first).digest("base64url");
}

function loadPlace(file: string): Place | undefined {
  if (!fs.existsSync(file)) return undefined;
  const kept = Kept.safeParse(JSON.parse(fs.readFileSync(file, "utf8")));
  return kept.success ? kept.data : undefined;
}

/** Written beside and renamed: a crash leaves the old place, and sending again what was sent adds nothing. */
function savePlace({ follower, ids, keptIn }: Trail): void {
  fs.mkdirSync(path.dirname(keptIn), { recursive: true, mode: 0o700 });
  const text = JSON.stringify({ file: follower.file, ...follower.place, identity: ids.identity });
  const written = fs.openSync(`${keptIn}.new`, "w", 0o600);
  fs.writeSync(written, text);
  fs.fsyncSync(written); // a power cut must not leave an empty file
  fs.closeSync(written);
  fs.renameSync(`${keptIn}.new`, keptIn);
}

async function follow(trails: readonly Trail[], sink: Sink, { once, signal }: { once: boolean; signal: AbortSignal }): Promise<void> {
  const missed = new Map<string, number>();
  while (!signal.aborted) {
    let busy = false;
    for (const trail of trails) busy = (await turn(trail, { sink, signal, missed })) || busy;
    if (busy) continue;
    if (once) return;
    await pause(POLL_MS, signal);
  }
}

interface Turn {
  sink: Sink;
  signal: AbortSignal;
  missed: Map<string, number>;
}

/** Sends what a file has new; true when there was something. The place is saved only after the events are durable. */
async function turn(trail: Trail, { sink, signal, missed }: Turn): Promise<boolean> {
  const lines = trail.follower.read();
  if (lines.length === 0) return false;
  const events: EventInput[] = [];
  for (const { text, line } of lines) {
    for (const [part, reading] of trail.read(text).entries()) {
      if (reading.kind === "event") events.push({ ...reading.event, id: reading.event.id ?? trail.ids.of(text, line, part) });
      else if (reading.kind === "unread") note(missed, `${trail.follower.file}: ${reading.why}`, text);
    }
  }
  if (!(await sendUntilTaken(events, sink, signal))) return false;
  savePlace(trail);
  return true;
}

/** Every reason is told at its 1st, 10th, 100th … line. */
function note(missed: Map<string, number>, why: string, text: string): void {
  const count = (missed.get(why) ?? 0) + 1;
  if (missed.size < 1000) missed.set(why, count);
  if (/^10*$/.test(String(count))) console.error(`${why} (${count} so far): ${printable(text.slice(0, 120))}`);
}

/** Tries as long as it takes; false when told to stop before it was done. */
async function sendUntilTaken(events: readonly EventInput[], sink: Sink, signal: AbortSignal): Promise<boolean> {
  for (let wait = 1000; ; wait = Math.min(LONGEST_WAIT_MS, wait * 2)) {
    try {
      const sent = await sink(events);
      if (sent.rejected > 0) console.error(`${sent.rejected} events were refused: ${sent.refusals.map(printable).join(" · ")}`);
      return true;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== "unavailable") throw error;
      console.error(`${error.publicMessage} Trying again in ${wait / 1000} s.`);
      await pause(wait, signal);
      if (signal.aborted) return false;
    }
  }
}

/** Waits, or less when told to stop. */
const pause = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms, undefined, { signal }).catch(() => undefined);
