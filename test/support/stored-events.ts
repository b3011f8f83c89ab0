/** Puts event documents into a test's database as they are, one batch per call, without the way in. */
import type { TestDatabase } from "./database";

type Doc = Record<string, unknown>;
const at = (document: Doc, path: string): unknown =>
  path
    .split(".")
    .reduce<unknown>((value, step) => (value !== null && typeof value === "object" ? (value as Doc)[step] : undefined), document);

const COLUMNS: [string, string][] = [
  ["occurred_at", "occurred_at"],
  ["id", "id"],
  ["action", "action"],
  ["outcome", "outcome"],
  ["direction", "direction"],
  ["service", "service"],
  ["environment", "environment"],
  ["actor_id", "actor.id"],
  ["session_id", "session.id"],
  ["credential_id", "credential.id"],
  ["source_ip", "source.ip"],
  ["country", "source.geo.country"],
  ["asn", "source.geo.asn"],
  ["http_method", "http.method"],
  ["http_status", "http.status"],
  ["http_route", "http.route"],
  ["http_path", "http.path"],
  ["destination", "destination.host"],
  ["request_bytes", "http.request_bytes"],
  ["response_bytes", "http.response_bytes"],
  ["duration_ms", "http.duration_ms"],
];

/** Stores the documents in one batch and returns its id. */
export async function storeEvents(database: TestDatabase, documents: readonly Doc[]): Promise<number> {
  const times = documents.map((document) => String(document.occurred_at)).sort();
  for (const day of new Set(times.map((time) => time.slice(0, 10)))) await database.owner("select ensure_event_partition($1)", [day]);
  const batch = await database.owner(
    "insert into batch (received_at, event_count, min_occurred_at, max_occurred_at) values ($1, $2, $3, $4) returning id::int",
    [times.at(-1), documents.length, times[0], times.at(-1)],
  );
  const batchId = batch.rows[0].id as number;
  const names = COLUMNS.map(([column]) => column).join(", ");
  const places = COLUMNS.map((_, i) => `$${i + 1}`).join(", ");
  for (const document of documents) {
    const values = COLUMNS.map(([, path]) => at(document, path) ?? null);
    const text = `insert into event (${names}, document, batch_id, received_at) values (${places}, $${COLUMNS.length + 1}, ${batchId}, $1)`;
    await database.owner(text, [...values, JSON.stringify(document)]);
  }
  return batchId;
}
