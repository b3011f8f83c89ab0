/** Reading events: pages, counts, histograms, facets, one event and its surroundings. Every read is bounded by a time range, so that only its days are opened. */
import { z } from "zod";
import { invalid } from "@/lib/errors";
import type { EventRecord } from "@/lib/model/event";
import type { Query } from "@/lib/query/ast";
import { conditionOf, EVENT_TABLE } from "./condition";
import { db, type Executor, query, queryOne, sql, type Sql } from "./db";
import { Document } from "./event-documents";

/** Which events: a query over EVENT_FIELDS, from (inclusive) and to (exclusive) in ms since the epoch. */
export interface EventFilter {
  query: Query;
  from: number;
  to: number;
}

/** An event as it is stored, with the batch that carried it. */
export interface StoredEvent extends EventRecord {
  batchId: number;
}

const EventRow = z
  .object({ id: z.string(), occurred_at: z.date(), received_at: z.date(), batch_id: z.number(), document: Document })
  .transform(
    (row): StoredEvent => ({
      id: row.id,
      occurredAt: row.occurred_at.getTime(),
      receivedAt: row.received_at.getTime(),
      batchId: row.batch_id,
      document: row.document,
    }),
  );

const COLUMNS = sql`event.id, event.occurred_at, event.received_at, event.batch_id, event.document`;
const at = (ms: number) => new Date(ms);

/** The condition of a filter; `event` must be the table's name in the statement. */
export function eventsWhere({ query: asked, from, to }: EventFilter): Sql {
  return sql`event.occurred_at >= ${at(from)} and event.occurred_at < ${at(to)} and ${conditionOf(asked, EVENT_TABLE)}`;
}

/** A place in the order of events, newest first: what a cursor says. */
export interface Place {
  occurredAt: number;
  id: string;
}

/** The cursor as callers see it: opaque, safe in an address. */
export const writeCursor = ({ occurredAt, id }: Place): string => Buffer.from(`${occurredAt}|${id}`).toString("base64url");

/** Reads a cursor; throws `invalid` for anything that we did not write. */
export function readCursor(cursor: string): Place {
  const found = /^(-?\d{1,15})\|([^\0]{1,256})$/s.exec(Buffer.from(cursor, "base64url").toString("utf8"));
  if (!found?.[1] || !found[2])
    throw invalid("This cursor is not one of ours.", [{ pointer: "cursor", detail: "Take it from `next_cursor` of the page before." }]);
  return { occurredAt: Number(found[1]), id: found[2] };
}

export interface EventPage {
  events: StoredEvent[];
  /** Cursor of the next (older) page; null at the end. */
  next: string | null;
}

/** One page of events, newest first. `limit` is at most 1,000. */
export async function listEvents(
  filter: EventFilter,
  { limit, cursor, on = db }: { limit: number; cursor?: string; on?: Executor },
): Promise<EventPage> {
  const size = Math.min(Math.max(1, limit), 1000);
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const older = after ? sql`and (event.occurred_at, event.id) < (${at(after.occurredAt)}, ${after.id})` : sql``;
  const to = after ? Math.min(filter.to, after.occurredAt + 1) : filter.to; // opens no day that is already read
  const found = await query(
    on,
    sql`select ${COLUMNS} from event where ${eventsWhere({ ...filter, to })} ${older} order by event.occurred_at desc, event.id desc limit ${size + 1}`,
    EventRow,
  );
  const events = found.slice(0, size);
  const last = events.at(-1);
  return { events, next: found.length > size && last ? writeCursor(last) : null };
}

/** Up to here events are counted one by one; beyond, "10,000+" is said. */
export const COUNT_LIMIT = 10_000;

export interface EventCount {
  count: number;
  exact: boolean;
}

/** How many events match: exact up to COUNT_LIMIT. */
export async function countEvents(filter: EventFilter, on: Executor = db): Promise<EventCount> {
  const row = await queryOne(
    on,
    sql`select count(*) as count from (select 1 from event where ${eventsWhere(filter)} limit ${COUNT_LIMIT + 1}) as found`,
    z.object({ count: z.number() }),
  );
  const count = row?.count ?? 0;
  return { count: Math.min(count, COUNT_LIMIT), exact: count <= COUNT_LIMIT };
}

/** One event by its id, or null. The id is looked for in the days around `near` when that is known, else in all days, newest first. */
export async function findEvent(id: string, near?: number, on: Executor = db): Promise<StoredEvent | null> {
  if (id.length > 256 || id.includes("\0")) return null;
  const span = near === undefined ? sql`true` : sql`event.occurred_at between ${at(near - 1)} and ${at(near + 1)}`;
  return await queryOne(
    on,
    sql`select ${COLUMNS} from event where ${span} and event.id = ${id} order by event.occurred_at desc limit 1`,
    EventRow,
  );
}

/** What happened just before and after an instant, oldest first: up to `limit` events on each side. The filter's own range is ignored. */
export async function listAround(
  { query: asked, instant, spanMs }: { query: Query; instant: number; spanMs: number },
  { limit = 50, on = db }: { limit?: number; on?: Executor } = {},
): Promise<StoredEvent[]> {
  const side = (filter: EventFilter, order: Sql) =>
    sql`(select ${COLUMNS} from event where ${eventsWhere(filter)} order by event.occurred_at ${order}, event.id ${order} limit ${limit})`;
  const before = side({ query: asked, from: instant - spanMs, to: instant + 1 }, sql`desc`);
  const after = side({ query: asked, from: instant + 1, to: instant + spanMs }, sql`asc`);
  return await query(on, sql`select * from (${before} union all ${after}) as event order by occurred_at, id`, EventRow);
}

/** Events of batches that came after `batchId`, oldest batch first: what a live view has not yet shown. Also the newest batch seen. */
export async function listArrivals(
  asked: Query,
  { batchId, limit, since }: { batchId: number; limit: number; since: number },
): Promise<EventPage & { batchId: number }> {
  const row = await queryOne(db, sql`select coalesce(max(id), 0)::int8 as newest from batch`, z.object({ newest: z.number() }));
  const newest = row?.newest ?? 0;
  if (newest <= batchId) return { events: [], next: null, batchId };
  const events = await query(
    db,
    sql`select ${COLUMNS} from event
      where event.batch_id > ${batchId} and event.batch_id <= ${newest} and event.occurred_at >= ${at(since)} and ${conditionOf(asked, EVENT_TABLE)}
      order by event.occurred_at desc, event.id desc limit ${limit}`,
    EventRow,
  );
  return { events, next: null, batchId: newest };
}

/** The newest batch there is: where a live view begins. */
export async function newestBatch(): Promise<number> {
  const row = await queryOne(db, sql`select coalesce(max(id), 0)::int8 as newest from batch`, z.object({ newest: z.number() }));
  return row?.newest ?? 0;
}

/** All matching events, newest first, page by page: for exports. Stops after `limit`. */
export async function* streamEvents(filter: EventFilter, limit: number): AsyncGenerator<StoredEvent[]> {
  let cursor: string | undefined;
  for (let left = limit; left > 0; ) {
    const page = await listEvents(filter, { limit: Math.min(left, 500), ...(cursor !== undefined && { cursor }) });
    if (page.events.length > 0) yield page.events;
    left -= page.events.length;
    if (page.next === null) return;
    cursor = page.next;
  }
}
