/**
 * One look at an event before any rule is asked: which of the ruleset's literals stand in which of its fields. What is not seen here cannot match, so that
 * most rules of an ordinary event are never looked at. There is room for one event at a time.
 */
import { FIELD_BITS, type Looker, READINGS_MOST } from "@/lib/detection/decode/document";
import type { LiteralReader } from "@/lib/detection/decode/reading";
import type { Unfolded } from "@/lib/detection/decode/variants";

/** Fields that are put together from the text of a request, and all texts of an event: they are read as they stand. */
const RAW_BITS = { "http.query_or_uri": 512, "http.uri": 1024, "*": 2048 } as const;

/** Where the texts of a field stand; 0 when a look does not tell. Fields that join others have the bits of their parts as well. */
const bitsByField: Readonly<Record<string, number>> = {
  ...FIELD_BITS,
  "http.query_or_uri": RAW_BITS["http.query_or_uri"] | FIELD_BITS["http.path"] | FIELD_BITS["http.query"],
  "http.uri": RAW_BITS["http.uri"] | FIELD_BITS["http.path"] | FIELD_BITS["http.query"],
  "*": RAW_BITS["*"],
};

/** The bits of a field by its canonical name. */
export const bitsOf = (canonical: string): number => (Object.hasOwn(bitsByField, canonical) ? (bitsByField[canonical] ?? 0) : 0);

/** The decoded fields that a look has to show for it. */
export const decodedBitsOf = (canonical: string): number => bitsOf(canonical) & ALL_DECODED;

/** The bit under which a field's own text is noted, if it is one of those that are read as they stand. */
export const rawBitOf = (canonical: string): number => bitsOf(canonical) & ~ALL_DECODED;

const ALL_DECODED = Object.values(FIELD_BITS).reduce((all, bit) => all | bit, 0);

export class Glance implements Looker {
  wanted = 0;
  /** Fields of which something was seen, and completely; nothing follows for the others. */
  fields = 0;
  /** Numbers of the literals that were seen, each once. */
  readonly literals: number[] = [];
  private readonly at: Uint16Array;
  private left = READINGS_MOST;

  constructor(
    private readonly reader: LiteralReader,
    literals: number,
  ) {
    this.at = new Uint16Array(literals);
  }

  /** Clears the room for the next event, of which these fields are wanted. */
  begin(wanted: number): void {
    this.wanted = wanted;
    for (const literal of this.literals) this.at[literal] = 0;
    this.literals.length = 0;
    this.fields = 0;
    this.left = READINGS_MOST;
  }

  /** With more to read than rules are shown of one event, nothing is complete. */
  end(): void {
    if (this.left >= 0) return;
    this.fields = 0;
    this.wanted = 0;
  }

  /** Whether all of these decoded fields were looked for, so that what was not seen is not there. */
  haveLookedFor(fields: number): boolean {
    return (this.wanted & fields) === fields;
  }

  /** The fields in which a literal was seen. */
  fieldsOf(literal: number): number {
    return this.at[literal] ?? 0;
  }

  see(text: Unfolded, fields: number): void {
    this.left -= text.size;
    this.fields |= fields;
    for (const literal of text.literals(this.reader)) this.mark(literal, fields);
  }

  /** Notes what another finder found, which numbers the literals in its own way. */
  note(found: readonly number[], literals: readonly number[], field: number): void {
    for (const number of found) this.mark(literals[number] ?? 0, field);
  }

  private mark(literal: number, fields: number): void {
    const known = this.at[literal] ?? 0;
    if (known === 0) this.literals.push(literal);
    this.at[literal] = known | fields;
  }
}
