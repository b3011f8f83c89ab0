/** How incidents are spoken of on pages. */
import { formatSpan } from "@/lib/model/format";
import type { Incident, IncidentState, Verdict } from "@/lib/model/incident";
import type { IncidentView } from "@/lib/store/incident-list";

export const VIEW_WORDS: Record<IncidentView, string> = {
  open: "Open",
  mine: "Mine",
  unassigned: "Unassigned",
  new: "New in 24 h",
  escalating: "Escalating",
  snoozed: "Snoozed",
  resolved: "Resolved",
  all: "All",
};

export const VERDICT_WORDS: Record<Verdict, { name: string; text: string }> = {
  true: { name: "True", text: "a real attack" },
  benign: { name: "Benign", text: "real, but allowed" },
  false: { name: "False", text: "the rule is wrong" },
  duplicate: { name: "Duplicate", text: "of another incident" },
};

export const STATE_WORDS: Record<IncidentState, string> = {
  open: "Open, not acknowledged",
  acknowledged: "Acknowledged",
  snoozed: "Snoozed",
  resolved: "Resolved",
};

/** "Open, not acknowledged", "Resolved in 18 min: true". */
export function stateWords(incident: Pick<Incident, "state" | "verdict" | "openedAt" | "resolvedAt" | "regressed">): string {
  if (incident.state === "resolved") {
    const took = incident.resolvedAt ? ` in ${formatSpan(incident.resolvedAt.getTime() - incident.openedAt.getTime())}` : "";
    return `Resolved${took}${incident.verdict ? `: ${VERDICT_WORDS[incident.verdict].name.toLowerCase()}` : ""}`;
  }
  return `${incident.regressed ? "Came back. " : ""}${STATE_WORDS[incident.state]}`;
}
