/** Joins decoding and the injection readers into what rules ask of a request: more readings of its texts, and the scores `vedette.<kind>`. */
import { decodeDocument } from "@/lib/detection/decode/document";
import { inspect } from "@/lib/detection/injection/inspect";
import type { InjectionKind } from "@/lib/detection/injection/finding";
import type { DecoderFactory } from "./observe";

const SCORE = "vedette.";

/** The decoder of the product. Nothing is decoded before a rule asks, and everything at most once. */
export const requestDecoder: DecoderFactory = (document) => {
  const decoded = decodeDocument(document);
  let findings: ReturnType<typeof inspect> | undefined;
  const findingOf = (field: string) => {
    findings ??= document.http ? inspect(decoded) : new Map();
    return findings.get(field.slice(SCORE.length) as InjectionKind); // any other name finds nothing
  };
  return {
    get(field) {
      if (!field.startsWith(SCORE)) return decoded.get(field);
      const score = findingOf(field)?.score;
      return score === undefined ? undefined : [score];
    },
    evidence(field) {
      const finding = field.startsWith(SCORE) ? findingOf(field) : undefined;
      if (!finding) return undefined;
      const place = finding.name ? `${finding.place} ${finding.name}` : finding.place;
      return {
        field: place,
        excerpt: finding.raw,
        ...(finding.reading === finding.raw ? {} : { decoded: finding.reading }),
        why: finding.why,
      };
    },
  };
};
