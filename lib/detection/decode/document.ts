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
import { type Pair, splitBody, splitCookies, splitForm } from "./split";
import { normalisePath } from "./text";
import { Reading, readingOf } from "./reading";
import { readingsOf } from "./variants";

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
const READINGS_MOST = 256 * 1024;

/** Headers that carry a file's name when the body is the file itself. */
const fileHeader = /^x[-_.]?file[-_.]?name$/i;

/** Whether a form was torn apart at an `&` that belonged to a value: then it is read as a whole too. */
const broken = (kind: string, pairs: readonly Pair[]): boolean =>
  kind === "form" &&
  pairs.length > 1 &&
  pairs.some((pair) => (pair.name === "" || /[^\w.~[\]$:*!-]/.test(pair.name)) && /[^\w.~-]/.test(pair.value));

const NONE: readonly Reading[] = [];

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
    for (const text of this.place("header"))
      if (text.name === name) readings = readings === NONE ? text.readings : [...readings, ...text.readings];
    return readings;
  }

  private place(place: Place): readonly DecodedText[] {
    this.places[place] ??= this.decodePlace(place);
    return this.places[place];
  }

  private decodePlace(place: Place): DecodedText[] {
    const http = this.document.http;
    switch (place) {
      case "path":
        return http?.path === undefined ? [] : this.pathTexts(http.path);
      case "query":
        return http?.query === undefined ? [] : this.queryTexts(http.query);
      case "body":
        return http?.body === undefined ? [] : this.bodyTexts(http.body);
      case "cookie":
        return this.headers().flatMap(([name, value]) => (name === "cookie" ? this.pairTexts("cookie", splitCookies(value), false) : []));
      case "header":
        return this.headerTexts();
      case "file":
        return this.fileTexts();
    }
  }

  private headerTexts(): DecodedText[] {
    const texts: DecodedText[] = [];
    for (const [name, value] of this.headers()) if (name !== "cookie") texts.push(this.text("header", name, value, false));
    return texts;
  }

  private pathTexts(path: string): DecodedText[] {
    const readings = this.resolved(this.unfold(path, false));
    const whole: DecodedText = { place: "path", name: "", isName: false, readings };
    if (!/[^/]{10}|[^\w.~@:,=+/-]/.test(path)) return [whole];
    const odd = path.split("/", 32).filter((segment) => segment.length >= 4 && (segment.length >= 10 || /[^\w.~@:,=+-]/.test(segment)));
    const inside = odd
      .map((segment) => this.text("path", "segment", segment, false))
      .filter((text) => text.readings.length > 1 || /[(){}<>`|;$&]/.test(text.readings[0]?.text ?? ""));
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

  private queryTexts(query: string): DecodedText[] {
    const pairs = splitForm(query);
    const texts = this.pairTexts("query", pairs, true);
    return broken("form", pairs) ? [...texts, this.text("query", "", query, true)] : texts;
  }

  private bodyTexts(body: string): DecodedText[] {
    const declared = this.contentType();
    const { kind, pairs } = this.splitBody(body);
    const texts = this.pairTexts(
      "body",
      pairs.some((pair) => pair.file !== undefined) ? pairs.filter((pair) => pair.file === undefined) : pairs,
      kind === "form",
    );
    const guessed = kind === "xml" && !declared.includes("xml"); // markup that nobody announced may be the attack itself
    return kind === "text" || guessed || broken(kind, pairs) ? [...texts, this.text("body", "", body, kind !== "xml")] : texts;
  }

  private fileTexts(): DecodedText[] {
    const body = this.document.http?.body;
    const inBody = body === undefined ? [] : this.splitBody(body).pairs.filter((pair) => pair.file !== undefined);
    const inHeaders = this.headers().filter(([name]) => fileHeader.test(name));
    return [
      ...inBody.map((pair) => this.text("file", pair.name, pair.value, false)),
      ...inHeaders.map(([name, value]) => this.text("file", name, value, false)),
    ];
  }

  private splitBody(body: string): ReturnType<typeof splitBody> {
    this.split ??= splitBody(body, this.contentType());
    return this.split;
  }

  private pairTexts(place: Place, pairs: readonly Pair[], plus: boolean): DecodedText[] {
    const texts: DecodedText[] = [];
    for (const { name, value } of pairs) {
      if (name !== "" && (place !== "body" || plus || value === "" || /[^\w.:-]/.test(name)))
        texts.push({ ...this.text(place, name, name, plus), isName: true });
      if (value !== "") texts.push(this.text(place, name, value, plus));
    }
    return texts;
  }

  private text(place: Place, name: string, value: string, plus: boolean): DecodedText {
    return { place, name, isName: false, readings: this.unfold(value, plus) };
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
    const readings = readingsOf(text, plus);
    for (const reading of readings) this.spent += reading.text.length;
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
