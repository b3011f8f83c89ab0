/** The digest of a route: its incidents and nothing else, since its readers may be outside the house. */
import { config } from "@/lib/config";
import { type RouteSubject, matchesRoute } from "@/lib/incidents/routing";
import { formatCount } from "@/lib/model/format";
import { incidentName } from "@/lib/model/incident";
import type { Route } from "@/lib/model/route";
import { db } from "@/lib/store/db";
import { type DigestSubject, listDigestSubjects } from "@/lib/store/incident-reads";
import type { Composed } from "./compose";
import { closing, type Facts, factsOf, headlineOf, pleaOf, settledOf, waitingOf } from "./compose-digest";
import { digestMail } from "./digest-mail";
import type { DigestNotice } from "./digest-notice";
import { HIDDEN_TITLE } from "./hide";
import { installationName } from "./incident-notice";
import { dayAt, offsetAt } from "./when";

const NAMED = 10;

/** One incident as a digest sorts it. */
export type Sortable = RouteSubject & { resolvedAt: Date | null };

/**
 * What a digest of [from, to) tells of: what waits for someone now, and what was settled in the period. An incident stands in one list, never in both; each
 * that the route speaks of stands in the digest of the period in which it was opened, or was settled, whichever its reader can still act on. Pure.
 */
export function pickForDigest<S extends Sortable>(
  route: Pick<Route, "condition">,
  subjects: readonly S[],
  { from, to }: { from: number; to: number },
) {
  const ours = subjects.filter(
    (subject) => !subject.sample && !subject.historical && matchesRoute({ condition: route.condition, enabled: true }, subject),
  );
  const within = (at: Date | null) => at !== null && at.getTime() >= from && at.getTime() < to;
  return {
    waiting: ours.filter(
      ({ state, openedAt }) => state === "open" || state === "acknowledged" || (state === "snoozed" && within(openedAt)),
    ),
    settled: ours.filter(({ state, resolvedAt }) => state === "resolved" && within(resolvedAt)),
  };
}

/** Composes the digest of a route for one reader. */
export async function composeRouteDigest(message: Parameters<typeof factsOf>[0], route: Route): Promise<Composed> {
  const facts = factsOf(message);
  const span = { from: new Date(facts.from), to: new Date(facts.to) };
  const picked = pickForDigest(route, await listDigestSubjects(db, span), facts);
  if (facts.kind === "Hourly" && picked.waiting.length + picked.settled.length === 0) return { skip: "Nothing happened in that hour." };
  return { mail: digestMail(noticeOf(facts, route, picked)), remember: {} };
}

function noticeOf(facts: Facts, route: Route, { waiting, settled }: { waiting: DigestSubject[]; settled: DigestSubject[] }): DigestNotice {
  const { reader, from, to, kind, now } = facts;
  const name = installationName();
  const shown = (each: DigestSubject) =>
    route.options.details === "hidden" ? { ...each, title: HIDDEN_TITLE, verdictReason: null, assignee: null } : each;
  const [first] = waiting;
  const quiet = waiting.length + settled.length === 0;
  const counts = [
    waiting.length > 0 ? `${formatCount(waiting.length)} open` : "",
    settled.length > 0 ? `${formatCount(settled.length)} resolved` : "",
  ];
  return {
    installation: name,
    baseUrl: config().BASE_URL,
    kind,
    day: dayAt(from, reader.zone, false),
    dateline: `${name}, ${route.name}, ${dayAt(from, reader.zone)}${kind === "Weekly" ? ` to ${dayAt(to - 1, reader.zone)}` : ""} (times in ${offsetAt(to, reader.zone)})`,
    subject: `${route.name}: ${quiet ? "all quiet" : counts.filter(Boolean).join(", ")}`,
    preheader: first ? `${incidentName(first.number)}: ${pleaOf(shown(first), now)}` : "Nothing waits for you.",
    headline: headlineOf({
      open: waiting.length,
      untaken: waiting.filter(({ assigneeId }) => assigneeId === null).length,
      settled: settled.length,
    }),
    proof: `This is what the route \u201c${route.name}\u201d speaks of.${quiet ? " Nothing needs you." : ""}`,
    waiting: waiting.slice(0, NAMED).map((incident) => waitingOf(shown(incident), facts)),
    ...(waiting.length > NAMED ? { moreWaiting: `and ${formatCount(waiting.length - NAMED)} more on the incidents page` } : {}),
    settled: settled.slice(0, NAMED).map((incident) => settledOf(shown(incident))),
    ...(settled.length > NAMED ? { moreSettled: `and ${formatCount(settled.length - NAMED)} more` } : {}),
    numbersTitle: "",
    numbers: [],
    changes: [],
    amountsTitle: "",
    amounts: [],
    blind: [],
    ...closing(facts),
  };
}
