/** An event as rules and detectors see it: fields by any public name, each read once, texts of requests raw and decoded. */
import type { EventRecord } from "@/lib/model/event";
import type { ObservedEvent } from "@/lib/detection/detector";
import { Memo } from "@/lib/detection/memo";
import { LiteralFinder } from "./aho-corasick";
import { canonicalName, isDecoded, resolveField } from "./fields";

/** What decoding offers: further readings of a field (`lib/detection/decode`) and the scores made from them, each made once per event. */
export interface Decoder {
  get(field: string): readonly Scalar[] | undefined;
  /** What a score was given for. */
  evidence?(field: string): { field: string; excerpt: string; decoded?: string; why: string } | undefined;
}

/** Makes a decoder for one event; free until a field is asked for. */
export type DecoderFactory = (document: EventRecord["document"]) => Decoder;

/** A field name with its reader, shared by all rules that use the field. */
export interface FieldSlot {
  readonly index: number;
  readonly name: string;
  readonly canonical: string;
  readonly decoded: boolean;
  read(document: EventRecord["document"]): unknown;
}

/** The name of the slot that holds every text of an event. */
export const KEYWORDS = "*";

/** What rules need of a text: in lower case, which of the ruleset's literals are in it, and what its expressions said of it. */
export class TextInfo {
  /** Two bits for each numbered test, eight tests to a word: not asked, yes, no. */
  private readonly verdicts: number[] = [];

  constructor(
    readonly text: string,
    readonly lower: string,
    readonly literals: readonly number[],
  ) {}

  /** Whether the test of this number holds for the text; it is run once for as long as the text is remembered. */
  holds(number: number, test: (text: string) => boolean): boolean {
    const { verdicts } = this;
    const word = number >> 3;
    const shift = (number & 7) << 1;
    const known = ((verdicts[word] ?? 0) >> shift) & 3;
    if (known !== 0) return known === 1;
    const holds = test(this.text);
    while (verdicts.length <= word) verdicts.push(0);
    verdicts[word] = (verdicts[word] ?? 0) | ((holds ? 1 : 2) << shift);
    return holds;
  }
}

const NO_LITERALS: readonly number[] = [];

/** The field names that a ruleset uses, numbered, and what is known of the texts that went by. */
export class FieldTable {
  private finder: LiteralFinder | undefined;
  private readonly texts = new Memo<TextInfo>((text) => {
    const lower = text.toLowerCase();
    return new TextInfo(text, lower, this.finder?.find(lower) ?? NO_LITERALS);
  }, 16_384);
  private tests = 0;

  /** A number for a test of texts, for `TextInfo.holds`. */
  nextTest(): number {
    return this.tests++;
  }

  /** Sets the literals to look for; before the first event. */
  lookFor(literals: readonly string[]): void {
    this.finder = new LiteralFinder(literals);
  }

  info(text: string): TextInfo {
    return this.texts.get(text);
  }

  private readonly byName = new Map<string, FieldSlot>();

  /** The slot of a field, one for each name: what the event's own fields do not answer is looked up in `metadata` under the very name asked for. */
  slot(name: string | undefined): FieldSlot {
    if (name === undefined) return this.keywords();
    const known = this.byName.get(name);
    if (known) return known;
    const canonical = canonicalName(name);
    const slot: FieldSlot = { index: this.byName.size, name, canonical, decoded: isDecoded(canonical), read: resolveField(name) };
    this.byName.set(name, slot);
    return slot;
  }

  /** All texts of the event, for keyword searches. */
  private keywords(): FieldSlot {
    const known = this.byName.get(KEYWORDS);
    if (known) return known;
    const slot: FieldSlot = {
      index: this.byName.size,
      name: KEYWORDS,
      canonical: KEYWORDS,
      decoded: false,
      read: (document) => textsOf(document),
    };
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
const ABSENT = Symbol("read, and not there");

function ofLength<Item>(length: number): Item[] {
  const items: Item[] = [];
  items.length = length;
  return items;
}

/** One event under observation. Everything is read lazily and kept for the rules that come after. */
export class Observed implements ObservedEvent {
  readonly matched = new Set<string>();
  // By slot; of full length from the start, since growing them slot by slot would copy them over and over.
  private readonly values: (readonly Scalar[] | undefined)[];
  private readonly raws: unknown[];
  private readonly infos: (readonly TextInfo[] | undefined)[];
  private decoder: Decoder | undefined;

  constructor(
    readonly record: EventRecord,
    private readonly table: FieldTable,
    private readonly decoderOf: DecoderFactory | undefined,
  ) {
    this.values = ofLength(table.size);
    this.raws = ofLength(table.size);
    this.infos = ofLength(table.size);
  }

  field(name: string): unknown {
    return this.raw(this.table.slot(name));
  }

  /** The value as it stands in the event: undefined, scalar, list or map. */
  raw(slot: FieldSlot): unknown {
    const known = this.raws[slot.index];
    if (known !== undefined) return known === ABSENT ? undefined : known;
    const read = slot.read(this.record.document);
    this.raws[slot.index] = read === undefined ? ABSENT : read;
    return read;
  }

  /** All scalar values of a field, decoded readings behind the raw ones. */
  scalars(slot: FieldSlot): readonly Scalar[] {
    const made = this.values[slot.index];
    if (made) return made;
    const all = (slot.decoded && this.decoderOf && this.decoded(slot)) || flatten(this.raw(slot));
    this.values[slot.index] = all;
    return all;
  }

  /** What is known of each value's text, in the order of `scalars`. */
  texts(slot: FieldSlot): readonly TextInfo[] {
    const made = this.infos[slot.index];
    if (made) return made;
    const texts = this.scalars(slot).map((value) => this.table.info(typeof value === "string" ? value : String(value)));
    this.infos[slot.index] = texts;
    return texts;
  }

  /** What lies behind a score that decoding made. */
  evidence(slot: FieldSlot): ReturnType<NonNullable<Decoder["evidence"]>> {
    return slot.decoded ? this.decoder?.evidence?.(slot.canonical) : undefined;
  }

  /** The readings of a decoded field, the raw ones among them; undefined when decoding knows nothing of it. */
  private decoded(slot: FieldSlot): readonly Scalar[] | undefined {
    this.decoder ??= this.decoderOf?.(this.record.document);
    const parts = JOINED[slot.canonical];
    if (!parts) return capped(this.decoder?.get(slot.canonical));
    const more = parts.flatMap((part) => this.decoder?.get(part) ?? NOTHING);
    return capped([...new Set([...flatten(this.raw(slot)), ...more])]);
  }
}

const capped = (values: readonly Scalar[] | undefined): readonly Scalar[] | undefined =>
  values && values.length > VALUES_LIMIT ? values.slice(0, VALUES_LIMIT) : values;

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
export function textsOf(value: unknown, into: string[] = []): string[] {
  if (into.length >= 1_000) return into; // leaves of one event
  if (typeof value === "string") into.push(value.slice(0, TEXT_LIMIT));
  else if (typeof value === "number" || typeof value === "boolean") into.push(String(value));
  else if (Array.isArray(value)) for (const member of value) textsOf(member, into);
  else if (value !== null && typeof value === "object") for (const member of Object.values(value)) textsOf(member, into);
  return into;
}
