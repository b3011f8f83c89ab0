import { formatOpening, plural } from "@/lib/model/format";
import type { TrafficSums } from "@/lib/store/traffic-reads";

interface Facts {
  needs: number;
  /** Events that detection should have looked at by now: until it has, nobody knows that all is as usual. */
  undetected: number;
  sums: TrafficSums;
  before: TrafficSums;
}

/** The overview's answer in one or two sentences: what needs somebody, and whether the rest is as usual. */
export function headline({ needs, undetected, sums, before }: Facts): string {
  const first =
    needs === 0
      ? `No incident needs you${undetected > 0 ? " so far" : ""}.`
      : `${formatOpening(needs)} ${needs === 1 ? "incident needs" : "incidents need"} you.`;
  if (undetected > 0) return `${first} ${plural(undetected, "event waits", "events wait")} for detection.`;
  return `${first} ${rest(sums, before, needs > 0)}`;
}

function rest(sums: TrafficSums, before: TrafficSums, needs: boolean): string {
  if (sums.events === 0) return "Nothing arrived in this span.";
  if (before.events === 0) return "There is no earlier week to compare with yet.";
  const usual = (now: number, then: number) => now <= then * 1.5 + 20;
  if (!usual(sums.failedSignIns, before.failedSignIns)) return "More sign-ins fail than a week before.";
  if (!usual(sums.failures, before.failures)) return "More requests fail than a week before.";
  if (sums.events < before.events * 0.5) return "Less arrives than a week before.";
  return needs ? "Everything else is as usual." : "Everything is as usual.";
}
