/** Subjects that every filter, phone and grep can read: ASCII only, severity first, the incident's name last. */
import type { Level } from "@/lib/model/alert";
import { incidentName } from "@/lib/model/incident";
import { visible } from "@/lib/model/visible";
import { clip } from "./plain-text";

/** The longest subject: what phones and list views show, and well under one RFC 5322 line. */
const LENGTH = 150;

const words: Record<string, string> = {
  "\u2013": "-",
  "\u2014": "-",
  "\u2018": "'",
  "\u2019": "'",
  "\u201c": '"',
  "\u201d": '"',
  "\u2026": "...",
  "\u00df": "ss",
  "\u2192": "->",
};

/** Text in printable ASCII: accents dropped, typographic marks written plainly, everything else `?`. One line. */
export function ascii(text: string): string {
  return visible(text)
    .replace(/[\u2013-\u2192\u00df]/g, (character) => words[character] ?? character)
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .replace(/\s+/g, " ")
    .replace(/[^\x20-\x7e]+/g, "?")
    .trim();
}

/** "critical" as people read it: "Critical". */
export const levelWord = (level: Level): string => level.charAt(0).toUpperCase() + level.slice(1);

/** `[Critical] Credential stuffing on api-gateway: 2 accounts entered - INC-42`. */
export function incidentSubject(level: Level, title: string, number: number): string {
  const head = `[${levelWord(level)}] `;
  const tail = ` - ${incidentName(number)}`;
  return head + clip(ascii(title), LENGTH - head.length - tail.length) + tail;
}

/** Any other subject, with the installation's name last. */
export function plainSubject(sentence: string, installation: string): string {
  const tail = ` - ${clip(ascii(installation), 40)}`;
  return clip(ascii(sentence), LENGTH - tail.length) + tail;
}
