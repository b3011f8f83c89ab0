/** Every reading of one text: raw first, then what each decoding makes of it. */
import { Memo } from "@/lib/detection/memo";
import { type LiteralReader, Reading } from "./reading";
import { decodeBase64, decodeEntities, decodeEscapes, decodePercent, decodeUtf7, foldText, squeeze } from "./text";

/** The most readings of one text. An attack needs two or three; more would be a decoding bomb. */
export const VARIANTS_MOST = 12;

/** The longest text that is decoded, in UTF-16 units; the rest of a longer one is not read. The wire form promises 8 KiB per field. */
export const VARIANT_LONGEST = 8192;

/** Double and triple encoding are real, a fourth layer is not. */
const ROUNDS = 3;

/** Text without any of these cannot change by decoding (base64 is looked at apart). */
const encoded = /[%\\+\u0000-\u001f\u0080-\uffff]|&(?:#|[a-z]{2,16};|lt|gt|quot|amp)|\/\*| {2}/i;

/** Percent signs and plus signs but no space: written by something that encodes forms, wherever it stands. */
const formLike = /^(?=[^\s]*%[0-9a-fA-F]{2})[^\s]*\+[^\s]*$/;

/** Adds `text` unless it is there already or there are enough. */
function add(into: string[], text: string): void {
  if (into.length < VARIANTS_MOST && text !== "" && !into.includes(text)) into.push(text);
}

/** Runs the decoders over `text`, layer by layer, and adds every stage. */
function unwrap(into: string[], text: string, plus: boolean): void {
  let current = text;
  for (let round = 0; round < ROUNDS && encoded.test(current); round++) {
    const before = current;
    current = decodeUtf7(current);
    add(into, current);
    current = decodePercent(current, round === 0 && (plus || formLike.test(current)));
    add(into, current);
    const entities = decodeEntities(current);
    add(into, entities);
    current = foldText(decodeEscapes(entities));
    add(into, current);
    if (current === before) return;
  }
}

/**
 * The readings of `raw`: percent (up to three layers, overlong and `%u` forms), HTML entities, escapes, UTF-7, look-alikes and null bytes, base64 and base64url,
 * and finally with comments and white space squeezed. `plus`: in forms and query strings `+` is a space. The first reading is always `raw` itself (cut to
 * VARIANT_LONGEST); readings are distinct, at most VARIANTS_MOST, and none is longer than VARIANT_LONGEST.
 */
export function variantsOf(raw: string, plus = false): readonly string[] {
  const first = raw.length > VARIANT_LONGEST ? raw.slice(0, VARIANT_LONGEST) : raw;
  const out = [first];
  if (encoded.test(first)) unwrap(out, first, plus);
  for (const text of out.slice(0, 4)) {
    const hidden = decodeBase64(text);
    if (hidden === undefined) continue;
    add(out, hidden);
    unwrap(out, hidden, false);
    break;
  }
  if (out.length > 1 || encoded.test(first)) for (const text of out.slice()) if (encoded.test(text)) add(out, squeeze(text));
  return out;
}

const NO_LITERALS: readonly number[] = [];

/** All readings of one text, and what is known of them together: remembered as long as the text is. */
export class Unfolded {
  /** Characters in all readings. */
  readonly size: number;
  /** Whether no injection reader has anything to say of any reading; undefined before they were asked. */
  isQuiet: boolean | undefined;
  private reader: LiteralReader | undefined;
  private found: readonly number[] = NO_LITERALS;

  constructor(readonly readings: readonly Reading[]) {
    this.size = readings.reduce((sum, { text }) => sum + text.length, 0);
  }

  /** Numbers of the ruleset's literals that are in one of the readings. */
  literals(reader: LiteralReader): readonly number[] {
    if (this.reader === reader) return this.found;
    this.reader = reader;
    this.found = NO_LITERALS;
    for (const reading of this.readings) {
      reading.show(reader);
      if (reading.literals.length > 0) this.found = this.found.length === 0 ? reading.literals : [...this.found, ...reading.literals];
    }
    return this.found;
  }
}

const ofTexts = new Memo((raw) => new Unfolded(variantsOf(raw, false).map((text) => new Reading(text))));
const ofForms = new Memo((raw) => new Unfolded(variantsOf(raw, true).map((text) => new Reading(text))));

/** The readings of `variantsOf`, remembered together with what was found out about them. */
export const unfoldText = (raw: string, plus = false): Unfolded => (plus && raw.includes("+") ? ofForms : ofTexts).get(raw);
