/**
 * Judges every text of a request by the injection readers, once per event, and gives the fields `vedette.<kind>`: the worst score of the request per kind.
 * Linear in the size of the request; only texts with something to read are read.
 */
import type { DecodedDocument, DecodedText } from "@/lib/detection/decode/document";
import type { Reading } from "@/lib/detection/decode/reading";
import type { Unfolded } from "@/lib/detection/decode/variants";
import { readCode, readLdap, readNosql, readTemplate } from "./code";
import { type InjectionKind, injectionKinds, nothing, type Suspicion } from "./finding";
import { readMarkup } from "./markup";
import { readShell } from "./shell";
import { readSql } from "./sql";

/** The worst that was seen of one kind, and where: the parameter or header, as written and as read. */
export interface InjectionFinding extends Suspicion {
  kind: InjectionKind;
  place: DecodedText["place"];
  name: string;
  raw: string;
  reading: string;
}

const readers: Readonly<Record<InjectionKind, (text: string) => Suspicion>> = {
  sqli: readSql,
  xss: readMarkup,
  shell: readShell,
  code: readCode,
  template: readTemplate,
  nosql: readNosql,
  ldap: readLdap,
};

/** Headers whose grammar is full of quotes, semicolons and brackets: only what is beyond doubt counts there. */
const structural =
  /^(?:accept.*|user-agent|referer|sec-.*|if-.*|etag|content-.*|cache-control|pragma|date|expires|via|forwarded|authorization|prefer|traceparent|tracestate|baggage|priority|link|host|origin)$/;

/** Operators of document databases in a parameter's name, and the names where they decide about a sign-in. */
const operatorName = /(?:\[|\.|^)\$(?:ne|gt|gte|lt|lte|nin|in|regex|exists|eq|not|or|and|nor|expr)\]?$/;
const secretName = /pass|pwd|user|login|mail|token|secret|otp|pin|code/i;

/** What does not count from this place: the lowest score that does, per reader. */
function floorOf(text: DecodedText, kind: InjectionKind): number {
  if (text.place === "header") {
    if (!structural.test(text.name)) return 7;
    if (kind === "shell") return text.readings.some((reading) => /`|\$\(|\(\)\s?\{|\$\{IFS|\/dev\/tcp/.test(reading.text)) ? 9 : 11;
    return kind === "ldap" || kind === "nosql" ? 11 : 8;
  }
  if (text.place === "cookie") return 7;
  if (text.place === "path") return text.name === "segment" ? 6 : 7;
  return 1;
}

/** Names of parameters can carry operators that values cannot. */
function readName(text: DecodedText): Suspicion {
  if (!text.isName) return nothing;
  const name = text.readings.find((reading) => operatorName.test(reading.text))?.text;
  if (name === undefined) return nothing;
  return { score: secretName.test(name) ? 9 : 3, why: "operator of a document database in a name" };
}

type Sighting = Suspicion & { kind: InjectionKind; reading: string };

/** What one text gives away, the worst of each kind. */
function sightingsOf(text: DecodedText): readonly Sighting[] {
  const worst = new Map<InjectionKind, Sighting>();
  const note = (kind: InjectionKind, suspicion: Suspicion, reading: string): void => {
    if (suspicion.score > (worst.get(kind)?.score ?? 0)) worst.set(kind, { ...suspicion, kind, reading });
  };
  note("nosql", readName(text), text.readings[0]?.text ?? "");
  for (const reading of text.readings)
    for (const { kind, suspicion } of suspectedOf(reading)) if (suspicion.score >= floorOf(text, kind)) note(kind, suspicion, reading.text);
  return [...worst.values()];
}

const NOTHING: readonly never[] = [];

/** Short and plain, a number or address, or an id of letters and digits in one piece: nothing that a reader could see. */
const plain = /^(?:(?!\/(?:usr|bin|etc))[A-Za-z0-9\-:@+/]{0,12}|[0-9.:-]*|(?=[A-Za-z_-]*[0-9])[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*)$/;

/** What the readers say of a reading, wherever it stands: readings recur from request to request, and most give nothing away. */
function suspectedOf(reading: Reading): NonNullable<Reading["suspected"]> {
  reading.suspected ??= plain.test(reading.text) ? NOTHING : read(reading.text);
  return reading.suspected;
}

function read(text: string): NonNullable<Reading["suspected"]> {
  const found = injectionKinds.map((kind) => ({ kind, suspicion: readers[kind](text) })).filter(({ suspicion }) => suspicion.score > 0);
  return found.length > 0 ? found : NOTHING;
}

/** Every floor is above zero, so that a text without a suspicion and without an operator in its name has no sightings. */
function judge(text: DecodedText): readonly Sighting[] {
  for (const reading of text.readings)
    if (suspectedOf(reading).length > 0 || (text.isName && reading.text.includes("$"))) return sightingsOf(text);
  return NOTHING;
}

/** Whether no reader can have a sighting in a text, wherever it stands: the quick way past nearly all texts. */
export function isQuiet(text: Unfolded): boolean {
  text.isQuiet ??= text.readings.every((reading) => suspectedOf(reading).length === 0 && !reading.text.includes("$"));
  return text.isQuiet;
}

export const NO_FINDINGS: ReadonlyMap<InjectionKind, InjectionFinding> = new Map();

/** Reads all texts of the request. Kinds without a finding are absent. */
export function inspect(decoded: DecodedDocument): ReadonlyMap<InjectionKind, InjectionFinding> {
  let found: Map<InjectionKind, InjectionFinding> | undefined;
  decoded.eachText((text) => {
    if (text.place === "file") return;
    for (const sighting of judge(text)) {
      found ??= new Map();
      if (sighting.score > (found.get(sighting.kind)?.score ?? 0)) {
        found.set(sighting.kind, { ...sighting, place: text.place, name: text.name, raw: text.readings[0]?.text ?? "" });
      }
    }
  });
  return found ?? NO_FINDINGS;
}
