/** What every reading request has in common: a key with the right to read, a query, a span, a page. */
import { presentedKey } from "@/lib/access/key-ring";
import { requirePermission } from "@/lib/access/require-permission";
import { AppError, invalid, unavailable } from "@/lib/errors";
import { readParameters } from "@/lib/input";
import { json } from "@/lib/http/problem";
import type { Handler, Peer } from "@/lib/http/route";
import { ingestHouse } from "@/lib/ingest/house";
import type { Context, Permission } from "@/lib/model/user";
import type { Query } from "@/lib/query/ast";
import type { FieldTable } from "@/lib/query/fields";
import { parseQuery } from "@/lib/query/parse";
import { withinTime } from "@/lib/store/reading";
import type { Executor } from "@/lib/store/db";
import { z } from "zod";

/** The parameters of every list. Unknown names are refused: a misspelt `form=` must not read everything. */
export const ListParameters = z.strictObject({
  q: z.string().max(4096).default("").describe("A query in the filter language; empty matches everything."),
  from: z.iso.datetime({ offset: true }).optional().describe("Start, inclusive, RFC 3339. Default: 24 hours before `to`."),
  to: z.iso.datetime({ offset: true }).optional().describe("End, exclusive, RFC 3339. Default: now."),
  cursor: z.string().max(1024).optional().describe("`next_cursor` of the page before."),
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe("Records a page."),
});

/** A reading request that was understood. */
export interface Asked {
  filter: { query: Query; from: number; to: number };
  paging: { limit: number; cursor?: string };
}

const DAY_MS = 86_400_000;
const PER_KEY = 4; // reads at once: one impatient script must not take every connection
const reading = new Map<string, number>();

/** A handler for a list: recognises the key, reads the parameters, gives the answer its time. */
export function listHandler(options: {
  permission: Permission;
  fields: FieldTable;
  list: (asked: Asked, on: Executor) => Promise<{ data: unknown[]; next: string | null }>;
}): Handler {
  return async (request, peer) => {
    const ctx = await recognise(request, peer, options.permission);
    const asked = readListParameters(request, options.fields, ctx.now.getTime());
    return await onePerKey(ctx, async () => {
      const page = await withinTime((on) => options.list(asked, on));
      if (!page) throw unavailable("This took longer than 8 seconds. Ask for a shorter span or a narrower query.", 1);
      return json({ data: page.data, next_cursor: page.next });
    });
  };
}

/** Who reads: an API key with the right to. Throws `unauthenticated`, `forbidden` or `rate_limited`. */
export async function recognise(request: Request, peer: Peer, permission: Permission): Promise<Context> {
  const now = new Date();
  const key = await (await ingestHouse()).keys.recognise(presentedKey(request.headers), peer, now.getTime());
  const ctx: Context = { actor: { type: "key", id: key.id, name: key.name, scopes: key.scopes, ip: peer.ip }, now };
  requirePermission(ctx, permission);
  return ctx;
}

/** Runs a read unless the key already has too many under way. */
export async function onePerKey<Result>({ actor }: Context, work: () => Promise<Result>): Promise<Result> {
  const id = actor.type === "system" ? "" : actor.id;
  const running = reading.get(id) ?? 0;
  if (running >= PER_KEY) throw new AppError("rate_limited", `At most ${PER_KEY} reads at once with one key.`, { retryAfterSeconds: 1 });
  reading.set(id, running + 1);
  try {
    return await work();
  } finally {
    const left = (reading.get(id) ?? 1) - 1;
    if (left > 0) reading.set(id, left);
    else reading.delete(id);
  }
}

function readListParameters(request: Request, fields: FieldTable, now: number): Asked {
  const given = readParameters(ListParameters, request);
  const { q, cursor, limit } = given;
  const to = given.to === undefined ? now : Date.parse(given.to);
  const from = given.from === undefined ? to - DAY_MS : Date.parse(given.from);
  if (from >= to) throw invalid("`from` must be before `to`.", [{ pointer: "from", detail: "It is not before `to`." }]);
  return { filter: { query: parseQuery(q, fields), from, to }, paging: { limit, ...(cursor !== undefined && { cursor }) } };
}
