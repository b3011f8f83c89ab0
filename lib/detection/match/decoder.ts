/** Joins decoding and the injection readers into what rules ask of a request: more readings of its texts, and the scores `vedette.<kind>`. */
import { RequestView } from "@/lib/detection/decode/view";
import type { InjectionKind } from "@/lib/detection/injection/finding";
import type { Decoder, DecoderFactory } from "./observe";

const SCORE = "vedette.";

class RequestDecoder extends RequestView implements Decoder {
  evidence(field: string): ReturnType<NonNullable<Decoder["evidence"]>> {
    if (!field.startsWith(SCORE)) return undefined;
    const finding = this.findings().get(field.slice(SCORE.length) as InjectionKind); // any other name finds nothing
    if (!finding) return undefined;
    const place = finding.name ? `${finding.place} ${finding.name}` : finding.place;
    return {
      field: place,
      excerpt: finding.raw,
      ...(finding.reading === finding.raw ? {} : { decoded: finding.reading }),
      why: finding.why,
    };
  }
}

/** The decoder of the product. Nothing is decoded before a rule asks, and everything at most once. */
export const requestDecoder: DecoderFactory = (document) => new RequestDecoder(document);
