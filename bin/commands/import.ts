import { createHash } from "node:crypto";
import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { findFiles } from "@/bin/import/find-files";
import { mergeByTime, type Strand } from "@/bin/import/merge";
import { formatTable, type Options, readOptions, sharedUsage } from "@/bin/import/options";
import { Progress } from "@/bin/import/progress";
import { type EventSource, eventsOf, type FileTally, newTally } from "@/bin/import/read-events";
import { firstLines } from "@/bin/import/read-lines";
import { reportCounts, reportFindings, reportMissed } from "@/bin/import/report";
import { httpSink, localSink, type Sent, type Sink } from "@/bin/import/sink";
import { config } from "@/lib/config";
import { AppError } from "@/lib/errors";
import { closeIngest } from "@/lib/ingest/house";
import { detectFormat, SAMPLE } from "@/lib/ingest/readers/formats";
import type { EventInput } from "@/lib/model/event";
import { closeQueue } from "@/lib/queue/bells";
import { closeStore } from "@/lib/store/db";
import { listHeartbeats, QUIET_AFTER_MS } from "@/lib/store/heartbeats";
import { countUndetected, listFindings } from "@/lib/store/import-findings";

export const summary = "Read log files into the installation and say what attacks are in them";

export const usage = `Usage: vedette import [options] FILE…

Reads logs (also .gz, folders, patterns such as 'logs/**/*.log', and - for standard input) into the running installation, runs detection over them on
the times in the log, and lists the incidents that it found. The past never sends mail. Safe to run again and to interrupt: a line that is there already
is not added twice, also after the file was rotated, renamed, compressed or has grown.

${sharedUsage}
  --no-wait             do not wait for detection

Formats:
${formatTable}

Examples:
  vedette import --format nginx --service shop /var/log/nginx/access.log*
  vedette import --format sshd --utc-offset +02:00 /var/log/auth.log
  zcat old.gz | vedette import --format apache -`;

/** Events in one call: one transaction, about a megabyte. */
const BATCH = 1000;

/** Incidents listed at the end. */
const SHOWN = 20;

interface PlannedFile {
  source: EventSource;
  tally: FileTally;
  size: number;
  firstAt: number;
}

/** Runs the command. */
export async function run(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (options.files.length === 0) {
    console.error(usage);
    return 2;
  }
  if (!options.remote) requireInstallation();
  const startedAt = new Date();
  const { planned, unknown } = await plan(findFiles(options.files), options);
  for (const file of unknown) console.error(`${file}: the format is not recognised, the file is left out. Name it with --format.`);
  if (planned.length === 0) return 1;
  const world = worldOf(planned);
  const sink = options.remote ? httpSink(options.remote) : localSink({ world, historical: true, sample: false });
  try {
    const sent = await send(planned, sink);
    await tellMissed(planned);
    if (!options.remote && sent.accepted > 0 && options.wait) await tellFindings(world, startedAt);
    return sent.rejected > 0 || unknown.length > 0 ? 1 : 0;
  } finally {
    if (!options.remote) {
      await closeIngest();
      await closeQueue();
      await closeStore();
    }
  }
}

function requireInstallation(): void {
  try {
    config();
  } catch {
    throw new AppError(
      "unavailable",
      "No running installation was found here. Start it with `npm start` in another terminal (VEDETTE_HOME says where it lives), or name one elsewhere with --url and --key.",
    );
  }
}

/** Decides how each file is read and when it begins. */
async function plan(files: readonly string[], options: Options): Promise<{ planned: PlannedFile[]; unknown: string[] }> {
  const planned: PlannedFile[] = [];
  const unknown: string[] = [];
  for (const file of files) {
    const stat = file === "-" ? undefined : fs.statSync(file);
    const referenceTime = stat?.mtimeMs ?? Date.now();
    const sample = file === "-" ? [] : await firstLines(file, SAMPLE);
    const format = options.format ?? detectFormat(sample, referenceTime);
    if (!format) {
      if (sample.some((line) => line.trim() !== "") || file === "-") unknown.push(file);
      continue;
    }
    const source: EventSource = {
      file,
      format,
      referenceTime,
      service: options.service,
      environment: options.environment,
      utcOffsetMinutes: options.utcOffsetMinutes,
    };
    planned.push({
      source,
      tally: newTally(source),
      size: stat?.size ?? 0,
      firstAt: file === "-" ? Number.NEGATIVE_INFINITY : await firstTimeOf(source),
    });
  }
  return { planned, unknown };
}

/** When the file's first event happened; a file without any comes first, it is read in no time. */
async function firstTimeOf(source: EventSource): Promise<number> {
  for await (const { at } of eventsOf(source, newTally(source))) return at;
  return Number.NEGATIVE_INFINITY;
}

/** The same files share one event time, however often they are imported: what was interrupted goes on where detection stood. */
function worldOf(planned: readonly PlannedFile[]): string {
  const names = planned.map(({ source }) => (source.file === "-" ? "-" : fs.realpathSync(source.file))).sort();
  return `import-${createHash("sha256").update(names.join("\n")).digest("hex").slice(0, 16)}`;
}

async function send(planned: readonly PlannedFile[], sink: Sink): Promise<Sent> {
  const progress = new Progress();
  const total = planned.some(({ size }) => size === 0) ? 0 : planned.reduce((sum, { size }) => sum + size, 0);
  const sent: Sent = { accepted: 0, duplicates: 0, rejected: 0, refusals: [] };
  let under: Promise<void> = Promise.resolve();
  const flush = async (events: readonly EventInput[]) => {
    await under; // one call at a time keeps the order; the next lines are read meanwhile
    under = sink(events).then((one) => {
      sent.accepted += one.accepted;
      sent.duplicates += one.duplicates;
      sent.rejected += one.rejected;
      sent.refusals = [...new Set([...sent.refusals, ...one.refusals])].slice(0, 3);
    });
    under.catch(() => undefined); // thrown where it is awaited
    const bytes = planned.reduce((sum, { tally }) => sum + tally.reading.bytes, 0);
    progress.show({ bytes, total, events: sent.accepted + sent.duplicates + sent.rejected });
  };
  let batch: EventInput[] = [];
  for await (const { event } of mergeByTime(planned.map(strandOf))) {
    batch.push(event);
    if (batch.length < BATCH) continue;
    await flush(batch);
    batch = [];
  }
  await flush(batch);
  await under;
  progress.clear();
  console.log(
    reportCounts(
      planned.map(({ tally }) => tally),
      sent,
      progress.seconds,
    ),
  );
  return sent;
}

const strandOf = ({ source, tally, firstAt }: PlannedFile): Strand => ({ firstAt, open: () => eventsOf(source, tally) });

async function tellMissed(planned: readonly PlannedFile[]): Promise<void> {
  const guesses = new Map<string, string | undefined>();
  for (const { source, tally } of planned) {
    if (tally.notUnderstood === 0 || source.file === "-") continue;
    guesses.set(source.file, detectFormat(await firstLines(source.file, SAMPLE), source.referenceTime)?.name);
  }
  const told = reportMissed(
    planned.map(({ tally }) => tally),
    ({ file }) => guesses.get(file),
  );
  if (told !== "") console.error(`\n${told}`);
}

/** Waits until detection has seen the import, as long as it goes on, and lists what it found. */
async function tellFindings(world: string, startedAt: Date): Promise<void> {
  const beats = await listHeartbeats(new Date(Date.now() - QUIET_AFTER_MS));
  if (!beats.some(({ role, stopped }) => role === "worker" && !stopped)) {
    console.log("\nThe events are stored. No worker is running right now; detection will look at them as soon as one is.");
    return;
  }
  const progress = new Progress();
  let left = await countUndetected(world);
  for (let still = 0, before = left.events; left.events > 0 && still < 120; still = left.events === before ? still + 1 : 0) {
    progress.say(`Detection: ${left.events.toLocaleString("en")} events to go …`);
    before = left.events;
    await sleep(500); // 120 of these without progress: a minute
    left = await countUndetected(world);
  }
  progress.clear();
  if (left.events > 0)
    console.log(`\nDetection has ${left.events.toLocaleString("en")} events to go and is not moving: see Health in the dashboard. So far:`);
  if (left.failed > 0) console.log(`\nDetection gave up ${left.failed} batches: see Health in the dashboard.`);
  console.log(`\n${reportFindings(await listFindings(startedAt, SHOWN + 1), { shown: SHOWN, baseUrl: config().BASE_URL })}`);
}
