import { askedFilter } from "@/app/api/dashboard/events/asked";
import { forSignedIn } from "@/app/api/dashboard/signed-in-route";
import { requirePermission } from "@/lib/access/require-permission";
import { EXPORT_FORMATS, type ExportFormat, writers } from "@/lib/charts/event-export";
import { invalid } from "@/lib/errors";
import { recordAudit } from "@/lib/store/audit";
import { inTransaction } from "@/lib/store/db";
import { type EventFilter, streamEvents } from "@/lib/store/event-reads";
import { finishTask, insertTask, saveTaskProgress } from "@/lib/store/tasks";
import { exportTask } from "./export-task";

/** The most events in one file, and in a table for a ticket. */
const MOST_IN_FILE = 1_000_000;
const MOST_IN_TABLE = 10_000;
const TOLD_MS = 1000; // between two words on how far it is

const isFormat = (text: string): text is ExportFormat => (EXPORT_FORMATS as readonly string[]).includes(text);

/** All events of the filter as a file, newest first, written while it is read. That it was asked for is in the audit trail before the first byte. */
export const GET = forSignedIn(async (request, ctx) => {
  requirePermission(ctx, "event:export");
  const { filter, params, q } = askedFilter(request, ctx);
  const format = params.get("format") ?? "csv";
  if (!isFormat(format)) throw invalid(`A file is one of ${EXPORT_FORMATS.join(", ")}.`);
  const [from, to] = [filter.from, filter.to].map((ms) => new Date(ms).toISOString());
  const limit = format === "md" ? MOST_IN_TABLE : MOST_IN_FILE;
  const taskId = await inTransaction(async (tx) => {
    await recordAudit(tx, ctx, "event.export", { after: { format, query: q, from, to, limit } });
    return insertTask(tx, {
      kind: exportTask(ctx),
      title: "Export of events",
      total: null,
      unit: "events",
      by: ctx.actor.name,
      at: ctx.now,
    });
  });
  const name = `events-${(from ?? "").slice(0, 19).replaceAll(":", "")}.${format}`;
  return new Response(streamOf(watched(fileOf(filter, { format, limit, taskId }), taskId)), {
    headers: { "content-type": writers[format].type, "content-disposition": `attachment; filename="${name}"`, "cache-control": "no-store" },
  });
});

/** The file a page at a time. How far it is goes by event time: counting millions beforehand would take longer than writing the first of them. */
async function* fileOf(
  filter: EventFilter,
  { format, limit, taskId }: { format: ExportFormat; limit: number; taskId: string },
): AsyncGenerator<string> {
  const writer = writers[format];
  let done = 0;
  let told = 0;
  yield writer.head;
  for await (const page of streamEvents(filter, limit)) {
    const lines = page.map(({ document }) => writer.line(document)).join(writer.between);
    yield done === 0 ? lines : writer.between + lines;
    done += page.length;
    const at = new Date();
    if (at.getTime() - told < TOLD_MS) continue;
    told = at.getTime();
    const share = (filter.to - (page.at(-1)?.occurredAt ?? filter.to)) / (filter.to - filter.from);
    await saveTaskProgress(taskId, { done, total: null, at, details: { share } });
  }
  if (done > 0 || format === "json") yield writer.tail;
  await saveTaskProgress(taskId, { done, total: done, at: new Date() });
}

/** Ends the task with the file, also when whoever asked goes away in the middle. */
async function* watched(pieces: AsyncGenerator<string>, taskId: string): AsyncGenerator<string> {
  let error: string | undefined = "The download was broken off.";
  try {
    yield* pieces;
    error = undefined;
  } finally {
    await finishTask(taskId, { at: new Date(), ...(error === undefined ? {} : { error }) });
  }
}

/** Bytes as they are asked for: a slow reader holds the reading back, one that goes away ends it. */
function streamOf(pieces: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    cancel: () => void pieces.return(undefined),
  });
}
