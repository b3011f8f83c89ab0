import { askedFilter } from "@/app/api/dashboard/events/asked";
import { forSignedIn } from "@/app/api/dashboard/signed-in-route";
import { requirePermission } from "@/lib/access/require-permission";
import { EXPORT_FORMATS, type ExportFormat, writers } from "@/lib/charts/event-export";
import { invalid } from "@/lib/errors";
import { recordAudit } from "@/lib/store/audit";
import { inTransaction } from "@/lib/store/db";
import { type EventFilter, streamEvents } from "@/lib/store/event-reads";

/** The most events in one file. */
const EXPORT_LIMIT = 10_000;

const isFormat = (text: string): text is ExportFormat => (EXPORT_FORMATS as readonly string[]).includes(text);

/** All events of the filter as a file, newest first, written while it is read. That it was asked for is in the audit trail before the first byte. */
export const GET = forSignedIn(async (request, ctx) => {
  requirePermission(ctx, "event:export");
  const { filter, params, q } = askedFilter(request, ctx);
  const format = params.get("format") ?? "csv";
  if (!isFormat(format)) throw invalid(`A file is one of ${EXPORT_FORMATS.join(", ")}.`);
  const [from, to] = [filter.from, filter.to].map((ms) => new Date(ms).toISOString());
  await inTransaction((tx) => recordAudit(tx, ctx, "event.export", { after: { format, query: q, from, to, limit: EXPORT_LIMIT } }));
  const name = `events-${(from ?? "").slice(0, 19).replaceAll(":", "")}.${format}`;
  return new Response(fileOf(filter, format), {
    headers: { "content-type": writers[format].type, "content-disposition": `attachment; filename="${name}"`, "cache-control": "no-store" },
  });
});

function fileOf(filter: EventFilter, format: ExportFormat): ReadableStream<Uint8Array> {
  const writer = writers[format];
  const encoder = new TextEncoder();
  const pages = streamEvents(filter, EXPORT_LIMIT);
  let first = true;
  return new ReadableStream({
    start: (controller) => controller.enqueue(encoder.encode(writer.head)),
    async pull(controller) {
      const { value, done } = await pages.next();
      if (done) {
        if (!first || format === "json") controller.enqueue(encoder.encode(writer.tail));
        controller.close();
        return;
      }
      const lines = value.map(({ document }) => writer.line(document)).join(writer.between);
      controller.enqueue(encoder.encode(first ? lines : writer.between + lines));
      first = false;
    },
    cancel: () => void pages.return(undefined),
  });
}
