/** What a route would have sent over the last 30 days. */
import { requirePermission } from "@/lib/access/require-permission";
import { expandGroups, type RouteInput } from "@/lib/model/route";
import type { Context } from "@/lib/model/user";
import { matchesRoute, recipientsOf, type RouteSubject } from "@/lib/incidents/routing";
import { db } from "@/lib/store/db";
import { listRouteSubjects } from "@/lib/store/incident-reads";
import { listGroups, listPeople, type Person } from "@/lib/store/routes";
import { latestDigest } from "./digest-schedule";
import { quietUntil } from "./quiet";
import { readRoute } from "./read-route";
import { isZone } from "./when";

const DAY_MS = 86_400_000;
const DAYS = 30;

export interface RoutePreview {
  incidents: number;
  /** First mails about incidents, or digests; messages to webhooks count too. */
  messages: number;
  looked: number;
  sample: { number: number; level: string; title: string }[];
}

/** Which incidents of the last 30 days a route speaks of, and how many messages that would have been. */
export async function previewRoute(ctx: Context, input: { route: unknown }): Promise<RoutePreview> {
  requirePermission(ctx, "notification:read");
  const [route] = expandGroups([readRoute(input.route)], await listGroups(db));
  if (!route) throw new Error("one route in, one out");
  const [subjects, people] = [await listRouteSubjects(db, new Date(ctx.now.getTime() - DAYS * DAY_MS)), await listPeople(db)];
  const matching = subjects.filter((subject) => matchesRoute({ ...route, enabled: true }, subject));
  const recipients = [...new Set(recipientsOf(route, people))];
  return {
    incidents: matching.length,
    messages: recipients.reduce(
      (sum, recipient) => sum + countMessages(route, matching, { zone: zoneOf(recipient, route, people), recipient, now: ctx.now }),
      0,
    ),
    looked: subjects.length,
    sample: matching.slice(0, 8).map(({ number, level, title }) => ({ number, level, title })),
  };
}

function zoneOf(recipient: string, route: RouteInput, people: readonly Person[]): string {
  const zone = people.find(({ id }) => recipient === `user:${id}`)?.timeZone ?? route.options.zone;
  return isZone(zone) ? zone : "UTC";
}

type Told = Pick<RouteSubject, "openedAt" | "level">;

/** How many messages one recipient would have got: pace and quiet hours fold several into one, criticals pass. Pure. */
export function countMessages(
  route: RouteInput,
  matching: readonly Told[],
  { zone, recipient, now }: { zone: string; recipient: string; now: Date },
): number {
  if (route.how === "digest") return recipient.startsWith("webhook:") ? 0 : countDigests(route, zone, now);
  if (recipient.startsWith("webhook:")) return matching.length;
  const { everyMinutes, quiet } = route.options;
  const pace = (everyMinutes ?? 0) * 60_000;
  let sent = 0;
  let last = Number.NEGATIVE_INFINITY; // when the last mail left, or will: what comes before that is part of it
  for (const { openedAt, level } of [...matching].sort((a, b) => a.openedAt.getTime() - b.openedAt.getTime())) {
    const at = openedAt.getTime();
    const still = quietUntil(quiet, zone, at);
    const passes = level === "critical" && (still === null || (quiet?.exceptCritical ?? true));
    if (at < last && !passes) continue;
    sent++;
    last = Math.max(last, passes ? at : Math.max(still ?? at, last + pace));
  }
  return sent;
}

function countDigests({ options }: RouteInput, zone: string, now: Date): number {
  const start = now.getTime() - DAYS * DAY_MS;
  let digests = 0;
  for (let at = now.getTime(); ; digests++) {
    const period = latestDigest(options.digest, zone, at);
    if (!period || period.to <= start) return digests;
    at = period.to - 1;
  }
}
