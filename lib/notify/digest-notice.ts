/** What a digest says, before it is laid out. */
import type { Level } from "@/lib/model/alert";
import type { Amount, Button } from "./mail-parts";

/** An incident that waits for someone. */
export interface WaitingIncident {
  number: number;
  level: Level;
  title: string;
  since: string;
  /** "Nobody has taken it in 17 h." */
  plea: string;
  actions: readonly Button[];
}

/** An incident that was settled in the period. */
export interface SettledIncident {
  number: number;
  title: string;
  verdict: string;
  /** "Resolved in 59 min by Ada." */
  note: string;
  href: string;
}

/** One number of the period with its change, and eight periods as bars, the last being this one. */
export interface DigestNumber {
  label: string;
  shown: string;
  delta: string;
  /** "vs last Monday"; empty when there is nothing to compare with. */
  against: string;
  history: readonly number[];
  bad: boolean;
}

/** One digest for one reader; all text is in the reader's zone and scope. */
export interface DigestNotice {
  installation: string;
  baseUrl: string;
  kind: "Hourly" | "Daily" | "Weekly";
  /** "Mon 23 Nov". */
  day: string;
  /** "Acme prod, Monday 23 November 2026 (times in UTC+1)". */
  dateline: string;
  subject: string;
  preheader: string;
  headline: string;
  proof: string;
  waiting: readonly WaitingIncident[];
  moreWaiting?: string;
  settled: readonly SettledIncident[];
  moreSettled?: string;
  numbersTitle: string;
  numbers: readonly DigestNumber[];
  numbersNote?: string;
  changes: readonly { at: string; what: string; who: string }[];
  moreChanges?: string;
  amountsTitle: string;
  amounts: readonly Amount[];
  moreAmounts?: string;
  blind: readonly { label: string; value: string }[];
  why: string;
  footer: readonly Button[];
  unsubscribe?: string;
}
