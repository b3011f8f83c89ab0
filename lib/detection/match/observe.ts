/** An event as rules and detectors see it: fields by any public name, each read once, texts of requests raw and decoded. */
import type { EventRecord } from "@/lib/model/event";
import type { ObservedEvent } from "@/lib/detection/detector";
import { type Looker, REQUEST_PARTS } from "@/lib/detection/decode/document";
import { type Reading, readingOf } from "@/lib/detection/decode/reading";
import { LiteralFinder } from "./aho-corasick";
import { canonicalName, isDecoded, resolveField } from "./fields";
import { bitsOf, Glance, rawBitOf } from "./glance";

/** What decoding offers: further readings of a field (`lib/detection/decode`) and the scores made from them, each made once per event. */
export interface Decoder {
  readings(field: string): readonly Reading[] | undefined;
  get(field: string): readonly Scalar[] | undefined;
  /** What a score was given for. */
  evidence?(field: string): { field: string; excerpt: string; decoded?: string; why: string } | undefined;
  /** Shows all texts of the request. */
  look?(looker: Looker): void;
  /** Whether any score made of the request can be above zero; undefined when only reading them tells. */
  readonly isSuspicious?: boolean;
}

/** Makes a decoder for one event; free until a field is asked for. */
export type DecoderFactory = (document: EventRecord["document"]) => Decoder;

/** A field name with its reader, shared by all rules that use the field. */
export interface FieldSlot {
  readonly index: number;
  readonly name: string;
  readonly canonical: string;
  /** Decoding adds readings to it. */
  readonly decoded: boolean;
  /** It is made by decoding alone (`vedette.…`). */
  readonly scored: boolean;
  /** Where a glance sees its texts; 0 when it does not. */
  readonly bits: number;
  /** The slots in whose texts all of its own stand; itself when it is made of no others. */
  readonly parts: readonly FieldSlot[];
  read(document: EventRecord["document"]): unknown;
}

/** A field that is read as it stands, with what finds its literals: their numbers here by those of the finder. */
export interface RawSight {
  slot: FieldSlot;
  finder: LiteralFinder;
  literals: readonly number[];
}

/** The name of the slot that holds every text of an event. */
export const KEYWORDS = "*";

/** Where every text of `http.request` stands, with and without decoding, and what a client calls so. */
const WHOLE_REQUEST = [...REQUEST_PARTS, "http.referrer", "source.user_agent", "metadata.http.request"];

/** What has been read of one field. Each part counts only in the turn in which it was put there. */
interface Place {
  rawTurn: number;
  raw: unknown;
  valuesTurn: number;
  values: readonly Scalar[];
  textsTurn: number;
  texts: readonly Reading[];
}

/** The field names that a ruleset uses, numbered, and the room in which one event at a time is read. */
export class FieldTable {
  private readonly literals = new Map<string, number>();
  private readonly texts: string[] = [];
  private seeing: { finder: LiteralFinder; glance: Glance } | undefined;
  private tests = 0;

  /** A number for a test of texts, for `Reading.holds`. */
  nextTest(): number {
    return this.tests++;
  }

  /** The number of a literal in lower case that is looked for in every text; see `Reading.literals`. */
  literal(text: string): number {
    const known = this.literals.get(text);
    if (known !== undefined) return known;
    this.literals.set(text, this.literals.size);
    this.texts.push(text);
    this.seeing = undefined; // made again, with this one, for the next text
    return this.literals.size - 1;
  }

  /** The text of a numbered literal. */
  textOf(literal: number): string {
    return this.texts[literal] ?? "";
  }

  /** Shows readings to the ruleset, so that they know which of its literals are in them. */
  show(readings: readonly Reading[]): readonly Reading[] {
    const { finder } = this.eyes();
    for (const reading of readings) reading.show(finder);
    return readings;
  }

  /** What finds the literals, and the room for what is seen in one event. */
  eyes(): { finder: LiteralFinder; glance: Glance } {
    if (this.seeing) return this.seeing;
    const finder = new LiteralFinder(this.texts);
    this.seeing = { finder, glance: new Glance(finder, this.literals.size) };
    return this.seeing;
  }

  private readonly byName = new Map<string, FieldSlot>();
  private readonly places: Place[] = [];
  private observed: Observed | undefined;
  /** The event that the glance shows: it counts until another event is looked at. */
  glanced: Observed | undefined;
  /** Numbers the events that were looked at. */
  turn = 0;

  /** Where to put what is read of a field. There is one room: it is cleared for each event that is looked at. */
  place(observed: Observed, { index }: FieldSlot): Place {
    if (this.observed !== observed) {
      this.observed = observed;
      this.turn++;
    }
    for (;;) {
      const place = this.places[index];
      if (place) return place;
      this.places.push({ rawTurn: 0, raw: undefined, valuesTurn: 0, values: NOTHING, textsTurn: 0, texts: NO_READINGS });
    }
  }

  /** The slot of a field, one for each name: what the event's own fields do not answer is looked up in `metadata` under the very name asked for. */
  slot(name: string | undefined): FieldSlot {
    if (name === undefined) return this.keywords();
    const known = this.byName.get(name);
    if (known) return known;
    const canonical = canonicalName(name);
    const scored = canonical.startsWith("vedette.");
    const decoded = !scored && isDecoded(canonical);
    const parts: FieldSlot[] = [];
    const bits = bitsOf(canonical);
    const slot: FieldSlot = { index: this.byName.size, name, canonical, decoded, scored, bits, parts, read: resolveField(name) };
    this.byName.set(name, slot);
    if (canonical === "http.request") for (const part of WHOLE_REQUEST) parts.push(this.slot(part));
    else parts.push(slot);
    return slot;
  }

  /** All texts of the event, for keyword searches. */
  private keywords(): FieldSlot {
    const known = this.byName.get(KEYWORDS);
    if (known) return known;
    const parts: FieldSlot[] = [];
    const slot: FieldSlot = {
      index: this.byName.size,
      name: KEYWORDS,
      canonical: KEYWORDS,
      decoded: false,
      scored: false,
      bits: bitsOf(KEYWORDS),
      parts,
      read: (document) => textsOf(document),
    };
    parts.push(slot);
    this.byName.set(KEYWORDS, slot);
    return slot;
  }

  get size(): number {
    return this.byName.size;
  }

  slots(): FieldSlot[] {
    return [...this.byName.values()];
  }
}

export type Scalar = string | number | boolean;

/** Longest text that rules look into, characters: what the wire form allows of a body. */
const TEXT_LIMIT = 8_192;
const VALUES_LIMIT = 300; // values of one field, decoded ones included

const NOTHING: readonly Scalar[] = [];
const NO_READINGS: readonly Reading[] = [];

/** One event under observation. Everything is read lazily and kept for the rules that come after, until the next event is looked at. */
export class Observed implements ObservedEvent {
  private decoder: Decoder | undefined;

  constructor(
    readonly record: EventRecord,
    private readonly table: FieldTable,
    private readonly decoderOf: DecoderFactory | undefined,
  ) {}

  field(name: string): unknown {
    return this.raw(this.table.slot(name));
  }

  /** The value as it stands in the event: undefined, scalar, list or map. */
  raw(slot: FieldSlot): unknown {
    const place = this.table.place(this, slot);
    if (place.rawTurn !== this.table.turn) {
      place.raw = slot.read(this.record.document);
      place.rawTurn = this.table.turn;
    }
    return place.raw;
  }

  /** The first of `scalars`. */
  first(slot: FieldSlot): Scalar | undefined {
    const value = slot.decoded || slot.scored ? undefined : this.raw(slot);
    return isShort(value) ? value : this.scalars(slot)[0];
  }

  /** All scalar values of a field, decoded readings behind the raw ones. */
  scalars(slot: FieldSlot): readonly Scalar[] {
    const place = this.table.place(this, slot);
    if (place.valuesTurn !== this.table.turn) {
      place.values = this.readScalars(slot);
      place.valuesTurn = this.table.turn;
    }
    return place.values;
  }

  /** What is known of each value's text, in the order of `scalars`. */
  texts(slot: FieldSlot): readonly Reading[] {
    const place = this.table.place(this, slot);
    if (place.textsTurn !== this.table.turn) {
      place.texts = this.readTexts(slot);
      place.textsTurn = this.table.turn;
    }
    return place.texts;
  }

  /**
   * Looks at the event once for all rules: what is seen of `Glance.fields` is complete. `wanted`: bits of decoded fields; `raw`: what is read as it stands.
   * Tells whether a score made of the request can be above zero.
   */
  glance({ wanted, raw }: { wanted: number; raw: readonly RawSight[] }): { glance: Glance; isSuspicious: boolean } {
    const { glance } = this.table.eyes();
    glance.begin(this.record.document.http === undefined ? 0 : wanted); // what is no request is not looked at
    const decoder = wanted === 0 ? undefined : this.readRequest();
    decoder?.look?.(glance);
    for (const sight of raw) this.glanceAt(sight, glance);
    glance.end();
    this.table.glanced = this;
    return { glance, isSuspicious: decoder !== undefined && decoder.isSuspicious !== false };
  }

  /** Whether the glance has shown that no text of a field holds any of the literals. */
  rulesOut(slot: FieldSlot, literals: ReadonlySet<number>): boolean {
    if (this.table.glanced !== this) return false;
    const { glance } = this.table.eyes();
    if ((glance.fields & slot.bits) === 0 || rawBitOf(slot.canonical) !== 0) return false;
    for (const literal of glance.literals) if ((glance.fieldsOf(literal) & slot.bits) !== 0 && literals.has(literal)) return false;
    return true;
  }

  private glanceAt({ slot, finder, literals }: RawSight, glance: Glance): void {
    const bit = rawBitOf(slot.canonical);
    if (slot.canonical === KEYWORDS) {
      glance.fields |= bit;
      eachTextOf(this.record.document, (text) => glance.note(finder.find(text), literals, bit));
    } else if (this.record.document.http?.path !== undefined) {
      glance.fields |= bit; // made of nothing but a request's own texts when there is a path
      for (const text of flatten(this.raw(slot))) glance.note(finder.find(String(text)), literals, bit);
    }
  }

  private readTexts(slot: FieldSlot): readonly Reading[] {
    const readings = this.decoded(slot);
    if (readings) return this.table.show(capped(readings));
    const values = this.scalars(slot);
    return values.length === 0 ? NO_READINGS : this.table.show(values.map((value) => readingOf(String(value))));
  }

  private readScalars(slot: FieldSlot): readonly Scalar[] {
    const readings = this.decoded(slot);
    if (readings) return capped(readings).map(({ text }) => text);
    return (slot.scored && this.readRequest()?.get(slot.canonical)) || flatten(this.raw(slot));
  }

  private readRequest(): Decoder | undefined {
    this.decoder ??= this.decoderOf?.(this.record.document);
    return this.decoder;
  }

  /** What lies behind a score that decoding made. */
  evidence(slot: FieldSlot): ReturnType<NonNullable<Decoder["evidence"]>> {
    return slot.scored ? this.decoder?.evidence?.(slot.canonical) : undefined;
  }

  /** The readings of a decoded field, the raw ones among them; undefined when decoding knows nothing of it. */
  private decoded(slot: FieldSlot): readonly Reading[] | undefined {
    if (!slot.decoded) return undefined;
    const decoder = this.readRequest();
    const parts = JOINED[slot.canonical];
    if (!parts || !decoder) return decoder?.readings(slot.canonical);
    const all = flatten(this.raw(slot)).map((value) => readingOf(String(value)));
    for (const part of parts) for (const reading of decoder.readings(part) ?? NO_READINGS) all.push(reading);
    return all;
  }
}

/** Whether a value is one scalar that `flatten` would leave as it is. */
const isShort = (value: unknown): value is Scalar =>
  typeof value === "string" ? value.length <= TEXT_LIMIT : typeof value === "number" || typeof value === "boolean";

const capped = <Value>(values: readonly Value[]): readonly Value[] =>
  values.length > VALUES_LIMIT ? values.slice(0, VALUES_LIMIT) : values;

/** Whether a field's decoded readings are those of others. */
export const isJoined = ({ canonical }: FieldSlot): boolean => Object.hasOwn(JOINED, canonical);

/** Fields of ours that join others: their decoded readings are those of their parts. */
const JOINED: Readonly<Record<string, readonly string[]>> = {
  "http.uri": ["http.path", "http.query"],
  "http.query_or_uri": ["http.path", "http.query"],
  "http.referrer": ["http.header.referer"],
};

function flatten(value: unknown): readonly Scalar[] {
  if (value === undefined || value === null) return NOTHING;
  if (typeof value === "string") return [value.length > TEXT_LIMIT ? value.slice(0, TEXT_LIMIT) : value];
  if (typeof value === "number" || typeof value === "boolean") return [value];
  if (Array.isArray(value)) return value.slice(0, VALUES_LIMIT).flatMap((member) => flatten(member));
  return [JSON.stringify(value).slice(0, TEXT_LIMIT)];
}

/** Every text in a document, for keyword searches. */
export function textsOf(value: unknown): string[] {
  const texts: string[] = [];
  eachTextOf(value, (text) => texts.push(text));
  return texts;
}

const LEAVES = 1_000; // of one event

function eachTextOf(value: unknown, see: (text: string) => void, left = { leaves: LEAVES }): void {
  if (left.leaves <= 0) return;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    left.leaves--;
    see(typeof value !== "string" ? String(value) : value.length > TEXT_LIMIT ? value.slice(0, TEXT_LIMIT) : value);
  } else if (Array.isArray(value)) for (const member of value) eachTextOf(member, see, left);
  else if (value !== null && typeof value === "object")
    for (const key of Object.keys(value)) eachTextOf((value as Record<string, unknown>)[key], see, left); // a key of its own
}
