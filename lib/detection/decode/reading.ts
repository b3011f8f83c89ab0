/** One way to read a text of an event, and what has been found out about it: by the injection readers, and by the ruleset that looks at it. */
import { Memo } from "@/lib/detection/memo";
import type { InjectionKind, Suspicion } from "@/lib/detection/injection/finding";

/** Finds which of its numbered literals are in a text, in whatever case. */
export interface LiteralReader {
  find(text: string): readonly number[];
}

const UNSEEN: readonly number[] = [];

export class Reading {
  readonly lower: string;
  /** What the injection readers say of it, wherever it stands; undefined before they were asked. */
  suspected: readonly { kind: InjectionKind; suspicion: Suspicion }[] | undefined;
  /** Numbers of the ruleset's literals that are in it; see `show`. */
  literals: readonly number[] = UNSEEN;
  private reader: LiteralReader | undefined;
  /** Two bits for each numbered test of the ruleset, eight tests to a word: not asked, yes, no. */
  private verdicts: number[] | undefined;

  constructor(readonly text: string) {
    this.lower = text.toLowerCase();
  }

  /** Shows it to a ruleset; what another one found out is forgotten. */
  show(reader: LiteralReader): void {
    if (this.reader === reader) return;
    this.reader = reader;
    this.literals = reader.find(this.text);
    this.verdicts = undefined;
  }

  /** Whether the ruleset's test of this number holds for the text; it is run once for as long as the text is remembered. */
  holds(number: number, test: (text: string) => boolean): boolean {
    this.verdicts ??= [];
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

const readings = new Memo((text) => new Reading(text));

/** A text that is taken as it stands. */
export const readingOf = (text: string): Reading => readings.get(text);
