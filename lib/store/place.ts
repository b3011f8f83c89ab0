/** Cursors of lists that go by amounts and then by name: the last line of a page, opaque to callers. */
import { z } from "zod";
import { invalid } from "@/lib/errors";
import { type Executor, type Sql, sql } from "./db";

const LONGEST = 8_192; // characters of a name; a user agent is the longest
const Place = z.tuple([
  z.number(),
  z.number(),
  z
    .string()
    .max(LONGEST)
    .refine((text) => !text.includes("\0")),
]);
/** Where a line stands: its rank (higher first), its amount (more first), its name. */
type Place = z.infer<typeof Place>;

/** The place as callers see it: opaque, safe in an address. */
const writePlace = (place: Place): string => Buffer.from(JSON.stringify(place)).toString("base64url");

/** Reads a cursor; throws `invalid` for anything that we did not write. */
export function readPlace(cursor: string): Place {
  const place = Place.safeParse(parsed(Buffer.from(cursor, "base64url").toString("utf8")));
  if (!place.success) throw invalid("This cursor is not one of ours.", [{ pointer: "cursor", detail: "Take it from the page before." }]);
  return place.data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Which page of a list is wanted. */
export interface Paged {
  limit?: number;
  cursor?: string | undefined;
  on?: Executor;
}

/** The condition on lines that go by an amount, more first, and then by name: those after the cursor; all of them without one. */
export function isBeyond(cursor: string | undefined, amount: Sql, name: Sql): Sql {
  if (cursor === undefined) return sql`true`;
  const [, last, text] = readPlace(cursor);
  return sql`(${amount}, ${text}::text) < (${last}::int8, ${name})`;
}

/** A page of lines; `next` is the cursor of the one after it, null at the end. */
export interface LinePage<T> {
  lines: T[];
  next: string | null;
}

/** The first `limit` of the rows found, of which one more was asked for. */
export function pageOf<T>(found: readonly T[], limit: number, placeOf: (line: T) => Place): LinePage<T> {
  const lines = found.slice(0, limit);
  const last = lines.at(-1);
  return { lines, next: found.length > limit && last ? writePlace(placeOf(last)) : null };
}
