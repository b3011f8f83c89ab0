/** Which messages a change of an incident writes to the outbox. Pure. */
import { compareLevels, type Level } from "@/lib/model/alert";
import type { Listener } from "./routing";
import type { OutboxMessage } from "@/lib/store/outbox";

/** When updates may leave after the first message, ms: 30, 90 and 330 minutes, then every four hours. */
const MINUTE = 60_000;
const FIRST_UPDATES = [30, 90, 330].map((minutes) => minutes * MINUTE);
const LATER = 240 * MINUTE;

/** The same in words. */
export const UPDATE_TIMES = "30 min, 90 min and 5.5 h";

/** The next update time of an incident, and its number; updates of one number leave once. */
export function nextUpdate(openedAt: Date, now: Date): { ordinal: number; dueAt: Date } {
  const age = now.getTime() - openedAt.getTime();
  const index = FIRST_UPDATES.findIndex((after) => after > age);
  if (index >= 0) return { ordinal: index + 1, dueAt: new Date(openedAt.getTime() + (FIRST_UPDATES[index] ?? 0)) };
  const last = FIRST_UPDATES.at(-1) ?? 0;
  const beyond = Math.floor((age - last) / LATER) + 1;
  return { ordinal: FIRST_UPDATES.length + beyond, dueAt: new Date(openedAt.getTime() + last + beyond * LATER) };
}

/** What happened to an incident, as far as messages go. */
export type Happening =
  | { kind: "opened" }
  | { kind: "worse"; level: Level }
  | { kind: "grew" }
  | { kind: "regressed"; at: Date }
  | { kind: "resolved"; at: Date; by: string }
  | { kind: "merged"; number: number }
  | { kind: "assigned"; activity: string }
  | { kind: "mentioned"; activity: string };

export interface HappenedTo {
  id: number;
  level: Level;
  openedAt: Date;
}

function wording(happening: Happening, incident: HappenedTo, now: Date): { reason: string; dueAt: Date } {
  switch (happening.kind) {
    case "opened":
      return { reason: "opened", dueAt: now };
    case "worse":
      return { reason: `worse:${happening.level}`, dueAt: now };
    case "grew": {
      const { ordinal, dueAt } = nextUpdate(incident.openedAt, now);
      return { reason: `update:${ordinal}`, dueAt };
    }
    case "regressed":
    case "resolved":
      return { reason: `${happening.kind}:${happening.at.getTime()}`, dueAt: now };
    case "merged":
      return { reason: `merged:${happening.number}`, dueAt: now };
    case "assigned":
    case "mentioned":
      return { reason: `${happening.kind}:${happening.activity}`, dueAt: now };
  }
}

/** One message for each listener; the same happening gives the same keys however often it is said. */
export function messagesFor(happening: Happening, incident: HappenedTo, listeners: readonly Listener[], now: Date): OutboxMessage[] {
  const { reason, dueAt } = wording(happening, incident, now);
  return listeners.map(({ recipient, channel, route }) => ({
    dedupeKey: `incident:${incident.id}:${reason}:${recipient}`,
    kind: "incident",
    channel,
    recipient,
    incidentId: incident.id,
    reason,
    level: incident.level,
    payload: { routeId: route.id, routeName: route.name },
    dueAt,
  }));
}

/** What growth means to those who were told: worse when the level rose, else more of the same. */
export function happeningOf(before: { level: Level } | undefined, after: { level: Level }): Happening {
  if (!before) return { kind: "opened" };
  return compareLevels(after.level, before.level) > 0 ? { kind: "worse", level: after.level } : { kind: "grew" };
}
