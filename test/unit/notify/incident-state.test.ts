import { expect, it } from "vitest";
import type { Incident } from "@/lib/model/incident";
import { stateOf } from "@/lib/notify/incident-notice";

const NOW = new Date(Date.UTC(2026, 10, 23, 14, 20));
const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
/** An incident as far as its state goes. */
const incident = (state: Partial<Incident>) => ({ state: "open", openedAt: ago(18), verdict: null, ...state }) as Incident;

it.each([
  [incident({}), null, "Not acknowledged"],
  [incident({}), "Ana", "Not acknowledged, assigned to Ana"],
  [incident({ state: "acknowledged", acknowledgedAt: ago(12) }), "Ana", "With Ana for 12 min"],
  [incident({ state: "acknowledged", acknowledgedAt: NOW }), "Ana", "With Ana"],
  [incident({ state: "acknowledged", acknowledgedAt: ago(12) }), null, "With somebody for 12 min"],
  [incident({ state: "resolved", resolvedAt: NOW, verdict: "false" }), "Ana", "Resolved in 18 min: a false alarm"],
])("a mail says in plain words where an incident stands", (given, assignee, said) => {
  expect(stateOf(given, assignee, NOW)).toBe(said);
});
