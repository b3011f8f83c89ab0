/**
 * The one door that the engine uses: all fields of a request that have to be worked out, under the names that rules use. Decoded fields are lists of readings,
 * `vedette.<kind>` whole numbers from 0 to 10, `vedette.foreign_referrer` yes, no or none, `vedette.padding` the longest run of one character,
 * `vedette.hour_utc` and `vedette.weekday` when it happened. Worked out when first asked for, once per event.
 */
import { inspect, type InjectionFinding, isQuiet, NO_FINDINGS } from "@/lib/detection/injection/inspect";
import { type InjectionKind, injectionKinds } from "@/lib/detection/injection/finding";
import type { EventDocument } from "@/lib/model/event";
import { type DecodedDocument, decodeDocument, JUDGED_BITS, type Looker } from "./document";
import type { Reading } from "./reading";
import type { Unfolded } from "./variants";

const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

const HARMLESS: readonly number[] = [0];

const kinds: ReadonlySet<string> = new Set(injectionKinds);

/** Looks on, and asks whether any text says anything to an injection reader. */
class Judge implements Looker {
  isQuiet = true;
  readonly wanted: number;

  constructor(private readonly looker: Looker) {
    this.wanted = looker.wanted;
  }

  see(text: Unfolded, fields: number): void {
    this.looker.see(text, fields);
    if (this.isQuiet && (fields & JUDGED_BITS) !== 0) this.isQuiet = isQuiet(text);
  }
}

/** The worked-out fields of one event. Free until a field is asked for. */
export class RequestView {
  private readonly document: EventDocument;
  private readonly decoded: DecodedDocument;
  private found: ReadonlyMap<InjectionKind, InjectionFinding> | undefined;

  constructor(document: EventDocument) {
    this.document = document;
    this.decoded = decodeDocument(document);
  }

  /** The readings of a decoded field; undefined when it is none or the request has no such part. */
  readings(field: string): readonly Reading[] | undefined {
    return this.decoded.readings(field);
  }

  /** Shows every text of the wanted fields. When all that are judged are shown and none says anything to an injection reader, the scores are known from that. */
  look(looker: Looker): void {
    if (this.document.http === undefined) return;
    if ((looker.wanted & JUDGED_BITS) !== JUDGED_BITS) return this.decoded.look(looker);
    const judge = new Judge(looker);
    this.decoded.look(judge);
    if (judge.isQuiet) this.found = NO_FINDINGS;
  }

  /** Whether an injection reader may have something to say. */
  get isSuspicious(): boolean {
    return this.document.http !== undefined && this.found !== NO_FINDINGS;
  }

  /** The values of a worked-out field; undefined when the event carries no request or not this part of it. */
  get(field: string): readonly (string | number)[] | undefined {
    if (!field.startsWith("vedette.")) return this.decoded.get(field);
    if (field === "vedette.hour_utc" || field === "vedette.weekday") return this.clock(field);
    if (this.document.http === undefined) return undefined;
    if (field === "vedette.foreign_referrer") return [this.foreignReferrer()];
    if (field === "vedette.padding") return [this.decoded.longestRun()];
    const kind = field.slice(8);
    if (!kinds.has(kind)) return undefined;
    const finding = this.findings().get(kind as InjectionKind); // has() has just looked
    return finding ? [finding.score] : HARMLESS;
  }

  /** The worst injection finding per kind: for the explanation of an alert. */
  findings(): ReadonlyMap<InjectionKind, InjectionFinding> {
    this.found ??= this.document.http === undefined ? NO_FINDINGS : inspect(this.decoded);
    return this.found;
  }

  /** Hour (0 to 23) and weekday of the event's own time, UTC. */
  private clock(field: string): readonly (string | number)[] | undefined {
    const at = new Date(this.document.occurred_at);
    if (Number.isNaN(at.getTime())) return undefined;
    return [field === "vedette.hour_utc" ? at.getUTCHours() : (weekdays[at.getUTCDay()] ?? "")];
  }

  private foreignReferrer(): "yes" | "no" | "none" {
    const referrer = this.decoded.get("http.header.referer")?.[0];
    const host = this.document.http?.host ?? this.decoded.get("http.header.host")?.[0];
    const from = referrer === undefined ? undefined : /^https?:\/\/(?:[^/@?#]*@)?([^/?#:]+)/i.exec(referrer)?.[1];
    if (from === undefined || host === undefined) return "none";
    const here = host.replace(/:\d+$/, "").toLowerCase();
    const there = from.toLowerCase();
    return there === here || there.endsWith(`.${here}`) || here.endsWith(`.${there}`) ? "no" : "yes";
  }
}
