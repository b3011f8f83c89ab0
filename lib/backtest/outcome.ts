/** Two sets of alerts side by side: what is new, what is gone, what it would come to in incidents and mails. Pure. */
import { entitiesOf } from "@/lib/incidents/grouping";
import { type Draft, planIncidents } from "@/lib/incidents/plan";
import { routeSubject } from "@/lib/incidents/record-alerts";
import { isStopped, listenersOf, type Reachable } from "@/lib/incidents/routing";
import type { Alert, Entity } from "@/lib/model/alert";
import type { BacktestAlert, BacktestResult, BacktestSide } from "@/lib/model/backtest";
import type { Route } from "@/lib/model/route";

const LISTED = 20;
const EVIDENCE_KEPT = 40; // event ids of a listed alert: enough for an example of it
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** An alert as it was really raised. */
export interface RaisedAlert {
  entity: Entity;
  firstAt: number;
  lastAt: number;
  incident: number;
  verdict: string | null;
}

/** Who would be written to, as things stand. */
export interface Audience {
  routes: readonly Route[];
  people: readonly Reachable[];
  stops: readonly { recipient: string; kind: string }[];
}

/** What is compared: the alerts of both texts, those really raised, and who hears of them. */
export interface Compared {
  draft: readonly Alert[];
  live: readonly Alert[];
  raised: readonly RaisedAlert[];
  audience: Audience;
  span: { from: number; until: number };
}

/** The comparison, without the sample of events. */
export function compareAlerts({ draft, live, raised, audience, span }: Compared): Omit<BacktestResult, "events" | "peaks"> {
  const [inDraft, inLive, inReality] = [byEntity(draft), byEntity(live), byEntity(raised)];
  const fresh = draft.filter((alert) => !meets(alert, inLive));
  const gone = live.filter((alert) => !meets(alert, inDraft)).map((alert) => tell(alert, meets(alert, inReality)));
  const same = draft.filter((alert) => meets(alert, inLive));
  const lost = gone.filter(({ verdict }) => verdict === "true");
  return {
    draft: sideOf(draft, audience),
    live: sideOf(live, audience),
    fresh: fresh.length,
    gone: gone.length,
    freshList: fresh.slice(0, LISTED).map((alert) => tell(alert, meets(alert, inReality))),
    goneList: [...lost, ...gone.filter(({ verdict }) => verdict !== "true")].slice(0, LISTED),
    lost: lost.length,
    ...barsOf({ same, fresh, gone }, span),
    entities: mostNamed(draft),
  };
}

/** Alerts of the draft that a person wants to see events of: the new ones first. */
export const worthASample = (draft: readonly Alert[], live: readonly Alert[]): Alert[] => {
  const inLive = byEntity(live);
  const fresh = draft.filter((alert) => !meets(alert, inLive));
  return (fresh.length > 0 ? fresh : draft).slice(0, LISTED);
};

interface Timed {
  entity: Entity;
  firstAt: number;
  lastAt: number;
}

const nameOf = ({ type, value }: Entity): string => `${type}|${value}`;

function byEntity<Item extends Timed>(items: readonly Item[]): Map<string, Item[]> {
  const index = new Map<string, Item[]>();
  for (const item of items) {
    const known = index.get(nameOf(item.entity));
    if (known) known.push(item);
    else index.set(nameOf(item.entity), [item]);
  }
  return index;
}

/** The same entity in overlapping time: what a person would call the same alert. */
const meets = <Item extends Timed>(alert: Timed, index: ReadonlyMap<string, Item[]>): Item | undefined =>
  index.get(nameOf(alert.entity))?.find((other) => alert.firstAt <= other.lastAt && other.firstAt <= alert.lastAt);

function tell(alert: Alert, real: RaisedAlert | undefined): BacktestAlert {
  const { title, entity, firstAt, lastAt, eventCount: events, explanation } = alert;
  const evidence = alert.evidence.slice(0, EVIDENCE_KEPT);
  const known = real ? { incident: real.incident, ...(real.verdict ? { verdict: real.verdict } : {}) } : {};
  return { title, entity, firstAt, lastAt, events, sentence: explanation.sentence, evidence, ...known };
}

/** Incidents among themselves, and the first mail of each to everybody whom a route names. */
function sideOf(alerts: readonly Alert[], audience: Audience): BacktestSide {
  const incidents = planIncidents({ alerts, known: new Map(), incidents: new Map(), shared: new Map() });
  const mails = incidents.reduce((sum, draft) => sum + mailsAbout(draft, audience), 0);
  return { alerts: alerts.length, incidents: incidents.length, mails };
}

function mailsAbout(draft: Draft, { routes, people, stops }: Audience): number {
  const [firstAt, lastAt] = [new Date(draft.firstAt), new Date(draft.lastAt)];
  const title = draft.alerts[0]?.alert.title ?? "";
  const { level, groupedBy, summary, leadRuleId, wave, eventCount } = draft;
  const facts = { level, title, groupedBy, summary, leadRuleId, wave, firstAt, lastAt, eventCount, historical: false, sample: false };
  const entities = draft.alerts.flatMap(({ alert }) => entitiesOf(alert));
  const subject = routeSubject({ number: 0, state: "open", openedAt: firstAt }, facts, entities);
  const rules = summary.rules.map(({ id }) => id);
  return listenersOf(routes, people, subject).filter(({ channel, recipient }) => channel === "mail" && !isStopped(stops, recipient, rules))
    .length;
}

type Bar = BacktestResult["bars"][number];

/** Bars over the whole span: hours up to two days, else days (UTC). */
function barsOf(
  kinds: Record<"same" | "fresh" | "gone", readonly Timed[]>,
  { from, until }: Compared["span"],
): Pick<BacktestResult, "barMs" | "bars"> {
  const barMs = until - from <= 2 * DAY_MS ? HOUR_MS : DAY_MS;
  const startOf = (at: number) => Math.floor(at / barMs) * barMs;
  const bars = new Map<number, Bar>();
  for (let at = startOf(from); at < until; at += barMs) bars.set(at, { at, same: 0, fresh: 0, gone: 0 });
  for (const kind of ["same", "fresh", "gone"] as const)
    for (const { firstAt } of kinds[kind]) {
      const bar = bars.get(startOf(firstAt));
      if (bar) bar[kind]++;
    }
  return { barMs, bars: [...bars.values()] };
}

function mostNamed(alerts: readonly Alert[]): BacktestResult["entities"] {
  return [...byEntity(alerts).values()]
    .flatMap((same) => (same[0] ? [{ entity: same[0].entity, alerts: same.length }] : []))
    .sort((a, b) => b.alerts - a.alerts || (a.entity.value < b.entity.value ? -1 : 1))
    .slice(0, 10);
}
