/**
 * The decoded view of one event's HTTP request, shared by all rules: each text is decoded once, when the first rule asks for it. Pure and bounded.
 *
 * Public fields (all multi-valued; a rule matches when any reading matches):
 * `http.path` the path and its readings, resolved too · `http.query` the query string as a whole · `http.parameters` names and values of query and body ·
 * `http.parameter_names` only the names · `http.headers` header values · `http.header_names` in lower case · `http.header.<name>` one header ·
 * `http.cookies` cookie names and values · `http.body` the body as a whole · `http.files` names of uploaded files · `http.request` all of them.
 */
import type { EventDocument } from "@/lib/model/event";
import { Memo } from "@/lib/detection/memo";
import { type Pair, PAIRS_MOST, splitBody, splitCookies, splitForm } from "./split";
import { normalisePath } from "./text";
import { Reading, readingOf } from "./reading";
import { Unfolded, unfoldText } from "./variants";

/** Where in the request a text stood. */
export type Place = "path" | "query" | "header" | "cookie" | "body" | "file";

/** One text of the request with all its readings; `name` is the parameter's or header's name. `isName`: the text is itself a parameter's name. */
export interface DecodedText {
  place: Place;
  name: string;
  isName: boolean;
  readings: readonly Reading[];
}

/** The most headers that are read, and the most characters over all readings of one event: beyond them the rest is not decoded. */
const HEADERS_MOST = 64;
export const READINGS_MOST = 256 * 1024;

/** Headers that carry a file's name when the body is the file itself. */
const fileHeader = /^x[-_.]?file[-_.]?name$/i;

/** Whether a form was torn apart at an `&` that belonged to a value: then it is read as a whole too. */
const broken = (kind: string, pairs: readonly Pair[]): boolean => kind === "form" && pairs.length > 1 && pairs.some(isOddPair);

const isOddPair = ({ name, value }: Pair): boolean => (name === "" || /[^\w.~[\]$:*!-]/.test(name)) && /[^\w.~-]/.test(value);

const NONE: readonly Reading[] = [];

/** Segments of a path that may hold a value of their own. */
const oddSegments = (path: string): readonly string[] =>
  /[^/]{10}|[^\w.~@:,=+/-]/.test(path)
    ? path.split("/", 32).filter((segment) => segment.length >= 4 && (segment.length >= 10 || /[^\w.~@:,=+-]/.test(segment)))
    : NO_SEGMENTS;

const NO_SEGMENTS: readonly string[] = [];

/** Whether a segment says more by itself than as a part of its path. */
const isTelling = (readings: readonly Reading[]): boolean => readings.length > 1 || /[(){}<>`|;$&]/.test(readings[0]?.text ?? "");

const QUERY = { plus: true, isSparing: false } as const;
const COOKIE = { plus: false, isSparing: false } as const;

/** Names and values of pairs. `isSparing`: plain names that have a value of their own beside them are not worth reading. */
function eachOfPairs(pairs: readonly Pair[], { plus, isSparing }: { plus: boolean; isSparing: boolean }, see: See): void {
  for (const { name, value } of pairs) {
    if (name !== "" && (!isSparing || plus || value === "" || /[^\w.:-]/.test(name))) see(name, plus, name, true);
    if (value !== "") see(value, plus, name, false);
  }
}

function eachOfQuery(query: string, see: See): void {
  const pairs = splitForm(query);
  eachOfPairs(pairs, QUERY, see);
  if (broken("form", pairs)) see(query, true, "", false);
}

/** Length of the longest run of one character; 0 for texts too short to matter. */
function runOf(text: string): number {
  if (text.length < 1024) return 0;
  let longest = 0;
  let run = 1;
  for (let i = 1; i <= text.length; i++) {
    if (i < text.length && text.charCodeAt(i) === text.charCodeAt(i - 1)) run++;
    else {
      if (run > longest) longest = run;
      run = 1;
    }
  }
  return longest;
}

const HEADER = "http.header.";
const headerName = new Memo((field) => field.slice(HEADER.length).toLowerCase(), 256);

const PLACES = ["path", "query", "body", "cookie", "header", "file"] as const;

/** The decoded fields that are made of many texts, one bit each: what `look` says of a text. */
export const FIELD_BITS = {
  "http.path": 1,
  "http.query": 2,
  "http.parameters": 4,
  "http.parameter_names": 8,
  "http.headers": 16,
  "http.header_names": 32,
  "http.cookies": 64,
  "http.body": 128,
  "http.files": 256,
} as const;

/** Texts that are judged by the injection readers, one by one. */
export const JUDGED_BITS = 1 | 4 | 16 | 64;
/** Fields that are seen together, so that each is seen completely or not at all. */
const IN_HEADERS = 16 | 32 | 64;
const IN_QUERY = 2 | 4 | 8;

/** Is shown the texts of a request: each with all its readings, and the fields (FIELD_BITS) among whose values it is. */
export interface Looker {
  /** The fields that it has to see; what else it is shown does no harm. */
  readonly wanted: number;
  see(text: Unfolded, fields: number): void;
}

/** Shown a text as written: the name it stands under, and how to read it. */
type See = (value: string, plus: boolean, name: string, isName: boolean) => void;

const VALUE_BITS: Readonly<Record<Place, number>> = { path: 1, query: 4, body: 4, cookie: 64, header: 16, file: 256 };
const NAME_BITS: Readonly<Record<Place, number>> = { ...VALUE_BITS, query: 4 | 8, body: 4 | 8 };

/** Hands the texts of one place on to a looker. */
class Shown {
  constructor(
    private readonly looker: Looker,
    private readonly place: Exclude<Place, "path">,
  ) {}

  readonly see: See = (value, plus, _name, isName) => {
    this.looker.see(unfoldText(value, plus), (isName ? NAME_BITS : VALUE_BITS)[this.place]);
  };
}

/** One `name=value` of a query string, read. */
interface FormPart {
  name: Unfolded | undefined;
  value: Unfolded | undefined;
  /** It may be the rest of a value that was torn apart at an ampersand. */
  isOdd: boolean;
}

const formParts = new Memo((part): FormPart => {
  const [pair = { name: "", value: "" }] = splitForm(part);
  return {
    name: pair.name === "" ? undefined : unfoldText(pair.name, true),
    value: pair.value === "" ? undefined : unfoldText(pair.value, true),
    isOdd: isOddPair(pair),
  };
});

function lookAtQuery(query: string, looker: Looker): void {
  looker.see(unfoldText(query, true), FIELD_BITS["http.query"]);
  let pairs = 0;
  let isOdd = false;
  for (let start = 0, end = 0; start <= query.length && pairs < PAIRS_MOST; start = end + 1) {
    const found = query.indexOf("&", start);
    end = found < 0 ? query.length : found;
    if (end === start) continue;
    pairs++;
    const part = formParts.get(query.slice(start, end));
    isOdd ||= part.isOdd;
    if (part.name) looker.see(part.name, NAME_BITS.query);
    if (part.value) looker.see(part.value, VALUE_BITS.query);
  }
  if (isOdd && pairs > 1) looker.see(unfoldText(query, true), VALUE_BITS.query);
}

/** The fields that `http.request` joins. */
export const REQUEST_PARTS = [
  "http.path",
  "http.query",
  "http.parameters",
  "http.headers",
  "http.cookies",
  "http.body",
  "http.files",
] as const;

export class DecodedDocument {
  private readonly document: EventDocument;
  private readonly places: Partial<Record<Place, readonly DecodedText[]>> = {};
  private split: ReturnType<typeof splitBody> | undefined;
  private spent = 0;
  private headerList: readonly [string, string][] | undefined;

  constructor(document: EventDocument) {
    this.document = document;
  }

  /** The readings under a public field name; undefined when it is no decoded field or the request has no such part. */
  readings(field: string): readonly Reading[] | undefined {
    const readings = this.read(field);
    return readings && readings.length > 0 ? readings : undefined;
  }

  /** Their texts, each once. */
  get(field: string): readonly string[] | undefined {
    const readings = this.readings(field);
    return readings && [...new Set(readings.map(({ text }) => text))];
  }

  /** Calls `visit` for each text of the request, decoded: for readers that judge each value by itself. */
  eachText(visit: (text: DecodedText) => void): void {
    for (const place of PLACES) for (const text of this.place(place)) visit(text);
  }

  /** Shows every text of the wanted fields once, without making anything of it: the quick way to see that nothing in it concerns anybody. */
  look(looker: Looker): void {
    const { wanted } = looker;
    const { path, query, body } = this.document.http ?? {};
    if ((wanted & IN_HEADERS) !== 0) this.lookAtHeaders(looker);
    if (path !== undefined && (wanted & FIELD_BITS["http.path"]) !== 0) this.lookAtPath(path, looker);
    if (query !== undefined && (wanted & IN_QUERY) !== 0) lookAtQuery(query, looker);
    if (body !== undefined && (wanted & FIELD_BITS["http.body"]) !== 0) looker.see(unfoldText(body), FIELD_BITS["http.body"]);
    if (body !== undefined && (wanted & IN_QUERY) !== 0) this.eachRaw("body", new Shown(looker, "body").see);
    if ((wanted & FIELD_BITS["http.files"]) !== 0) this.eachRaw("file", new Shown(looker, "file").see);
  }

  private lookAtHeaders(looker: Looker): void {
    for (const [name, value] of this.headers()) {
      looker.see(unfoldText(name), FIELD_BITS["http.header_names"]);
      if (name === "cookie") eachOfPairs(splitCookies(value), COOKIE, new Shown(looker, "cookie").see);
      else looker.see(unfoldText(value), FIELD_BITS["http.headers"]);
    }
  }

  private lookAtPath(path: string, looker: Looker): void {
    const whole = unfoldText(path);
    looker.see(whole, FIELD_BITS["http.path"]);
    const resolved = this.resolved(whole.readings);
    if (resolved !== whole.readings) looker.see(new Unfolded(resolved.slice(whole.readings.length)), FIELD_BITS["http.path"]);
    for (const segment of oddSegments(path)) {
      const inside = unfoldText(segment);
      if (isTelling(inside.readings)) looker.see(inside, FIELD_BITS["http.path"]);
    }
  }

  /** The longest run of one character in query or body: padding pushes an attack out of what a firewall reads. */
  longestRun(): number {
    const { query = "", body = "" } = this.document.http ?? {};
    return Math.max(runOf(query), runOf(body));
  }

  private read(field: string): readonly Reading[] | undefined {
    const http = this.document.http;
    switch (field) {
      case "http.path":
        return this.all(["path"]);
      case "http.query":
        return http?.query === undefined ? NONE : this.unfold(http.query, true);
      case "http.parameters":
        return this.all(["query", "body"]);
      case "http.parameter_names":
        return this.all(["query", "body"], (text) => text.isName);
      case "http.headers":
        return this.all(["header"]);
      case "http.header_names":
        return this.headers().map(([name]) => readingOf(name));
      case "http.cookies":
        return this.all(["cookie"]);
      case "http.body":
        return http?.body === undefined ? NONE : this.unfold(http.body, false);
      case "http.files":
        return this.all(["file"]);
      case "http.request":
        return this.request();
      default:
        return field.startsWith(HEADER) ? this.header(headerName.get(field)) : undefined;
    }
  }

  private request(): Reading[] {
    const all: Reading[] = [];
    for (const part of REQUEST_PARTS) for (const reading of this.readings(part) ?? NONE) all.push(reading);
    return all;
  }

  private all(places: readonly Place[], wanted?: (text: DecodedText) => boolean): Reading[] {
    const all: Reading[] = [];
    for (const place of places) {
      for (const text of this.place(place))
        if (wanted === undefined || wanted(text)) for (const reading of text.readings) all.push(reading);
    }
    return all;
  }

  private header(name: string): readonly Reading[] {
    let readings = NONE;
    if (name === "cookie") return readings; // read in pairs, as http.cookies
    for (const [known, value] of this.headers()) {
      if (known !== name) continue;
      const more = this.unfold(value, false);
      readings = readings === NONE ? more : [...readings, ...more];
    }
    return readings;
  }

  private place(place: Place): readonly DecodedText[] {
    this.places[place] ??= this.decodePlace(place);
    return this.places[place];
  }

  private decodePlace(place: Place): DecodedText[] {
    const path = this.document.http?.path;
    if (place === "path") return path === undefined ? [] : this.pathTexts(path);
    const texts: DecodedText[] = [];
    this.eachRaw(place, (value, plus, name, isName) => texts.push({ place, name, isName, readings: this.unfold(value, plus) }));
    return texts;
  }

  /** Every text of a place as it was written; a path is no list of texts. */
  private eachRaw(place: Exclude<Place, "path">, see: See): void {
    const { query, body } = this.document.http ?? {};
    switch (place) {
      case "query":
        return query === undefined ? undefined : eachOfQuery(query, see);
      case "body":
        return body === undefined ? undefined : this.eachOfBody(body, see);
      case "cookie":
        for (const [name, value] of this.headers()) if (name === "cookie") eachOfPairs(splitCookies(value), COOKIE, see);
        return;
      case "header":
        for (const [name, value] of this.headers()) if (name !== "cookie") see(value, false, name, false);
        return;
      case "file":
        return this.eachFile(see);
    }
  }

  private pathTexts(path: string): DecodedText[] {
    const readings = this.resolved(this.unfold(path, false));
    const whole: DecodedText = { place: "path", name: "", isName: false, readings };
    const inside = oddSegments(path)
      .map((segment): DecodedText => ({ place: "path", name: "segment", isName: false, readings: this.unfold(segment, false) }))
      .filter((text) => isTelling(text.readings));
    return [whole, ...inside];
  }

  /** With what the file system would make of each reading of a path. */
  private resolved(given: readonly Reading[]): readonly Reading[] {
    let readings = given;
    for (const { text } of given) {
      const resolved = normalisePath(text);
      if (resolved !== text && !readings.some((reading) => reading.text === resolved)) readings = [...readings, readingOf(resolved)];
    }
    return readings;
  }

  private eachOfBody(body: string, see: See): void {
    const declared = this.contentType();
    const { kind, pairs } = this.splitBody(body);
    const inParts = pairs.some((pair) => pair.file !== undefined) ? pairs.filter((pair) => pair.file === undefined) : pairs;
    eachOfPairs(inParts, { plus: kind === "form", isSparing: true }, see);
    const guessed = kind === "xml" && !declared.includes("xml"); // markup that nobody announced may be the attack itself
    if (kind === "text" || guessed || broken(kind, pairs)) see(body, kind !== "xml", "", false);
  }

  private eachFile(see: See): void {
    const body = this.document.http?.body;
    if (body !== undefined)
      for (const pair of this.splitBody(body).pairs) if (pair.file !== undefined) see(pair.value, false, pair.name, false);
    for (const [name, value] of this.headers()) if (fileHeader.test(name)) see(value, false, name, false);
  }

  private splitBody(body: string): ReturnType<typeof splitBody> {
    this.split ??= splitBody(body, this.contentType());
    return this.split;
  }

  /** The request's headers, names in lower case; user agent and referrer stand in when only the event's own fields carry them. */
  private headers(): readonly [string, string][] {
    this.headerList ??= this.readHeaders();
    return this.headerList;
  }

  private readHeaders(): [string, string][] {
    const { http, source } = this.document;
    const given: [string, string][] = [];
    const headers = http?.headers ?? {};
    let hasAgent = false;
    let hasReferrer = false;
    for (const written of Object.keys(headers).slice(0, HEADERS_MOST)) {
      const name = written.toLowerCase();
      given.push([name, headers[written] ?? ""]);
      hasAgent ||= name === "user-agent";
      hasReferrer ||= name === "referer";
    }
    if (source?.user_agent !== undefined && !hasAgent) given.push(["user-agent", source.user_agent]);
    if (http?.referrer !== undefined && !hasReferrer) given.push(["referer", http.referrer]);
    return given;
  }

  private contentType(): string {
    return (
      this.headers()
        .find(([name]) => name === "content-type")?.[1]
        .toLowerCase() ?? ""
    );
  }

  private unfold(text: string, plus: boolean): readonly Reading[] {
    if (this.spent > READINGS_MOST) return [new Reading(text)];
    const { readings, size } = unfoldText(text, plus);
    this.spent += size;
    return readings;
  }
}

/** The decoded view of an event; free until a field is asked for. */
export const decodeDocument = (document: EventDocument): DecodedDocument => new DecodedDocument(document);

/** Names that `DecodedDocument.get` answers, apart from `http.header.<name>`. */
export const decodedFields: ReadonlySet<string> = new Set([
  "http.path",
  "http.query",
  "http.parameters",
  "http.parameter_names",
  "http.headers",
  "http.header_names",
  "http.cookies",
  "http.body",
  "http.files",
  "http.request",
]);
