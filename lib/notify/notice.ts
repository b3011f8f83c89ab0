/** What a mail about an incident says, before it is laid out. Types only, and the words for each reason. */
import type { Level } from "@/lib/model/alert";
import type { NoticeReason } from "@/lib/model/mail";
import type { Amount, Button } from "./mail-parts";

/** A question of the rule's guide, answered with a number from the data. `points` says which way the answer speaks. */
export interface Answer {
  question: string;
  answer: string;
  detail: string;
  points: "attack" | "benign" | "neither";
}

/** Counts in equal steps of time. `hot` is the index from which the incident's own columns begin. */
export interface NoticeChart {
  title: string;
  values: readonly (number | null)[];
  hot: number;
  from: string;
  to: string;
  /** One label per column, for the text part. */
  labels: readonly string[];
  summary: string;
}

/** One message about one incident for one reader: all text is already in the reader's zone and scope. */
export interface IncidentNotice {
  installation: string;
  baseUrl: string;
  reason: NoticeReason;
  number: number;
  level: Level;
  /** Subject of the first mail of the thread; later ones keep it, so that clients thread them. */
  threadSubject?: string;
  root?: string;
  title: string;
  summary: string;
  /** What is new since the last mail: "+1,204 events, same 3 addresses". */
  news?: string;
  /** What a person wrote, with their line breaks. */
  quote?: string;
  preheader: string;
  facts: readonly { label: string; value: string }[];
  chart?: NoticeChart;
  answers: readonly Answer[];
  amountsTitle: string;
  amounts: readonly Amount[];
  more?: string;
  families: readonly string[];
  /** The first is the primary one. */
  actions: readonly Button[];
  why: string;
  footer: readonly Button[];
  unsubscribe?: string;
}

/** How many entities a mail names; the rest is a number. */
export const NAMED_IN_MAIL = 5;

const labels: Record<NoticeReason, string> = {
  opened: "",
  worse: "Worse",
  update: "Still going on",
  regressed: "Came back",
  resolved: "Resolved",
  merged: "One with another",
  assigned: "Yours now",
  mentioned: "You were named",
  sample: "A test of your route",
};

/** What a later mail is, in two words; empty for the first. */
export const reasonLabel = (reason: NoticeReason): string => labels[reason];
