/** Answers the questions that decide whether an incident is real, each with a number from the data. */
import type { Family } from "@/lib/model/alert";
import type { Incident, IncidentEntity } from "@/lib/model/incident";
import { formatBytes, formatCount, formatSpan, plural } from "@/lib/model/format";
import { TriageQuestion, triageTexts } from "@/lib/model/triage";
import { visible } from "@/lib/model/visible";
import type { Executor } from "@/lib/store/db";
import { type Figures, readFigures, readFirstSeen, readHabits, readNeighbours, type Span, type Whose } from "@/lib/store/incident-reads";
import type { Scope } from "./whose";

/** One answered question. `points` says which way the answer speaks; "Unknown" points nowhere. */
export interface TriageAnswer {
  id: TriageQuestion;
  group: "damage" | "attack_or_mistake";
  question: string;
  answer: "Yes" | "No" | "Unknown";
  detail: string;
  points: "attack" | "benign" | "neither";
}

/**
 * The verdict that the answers speak for: "true" when more of them say attack than not, "benign" only when none does: that nothing was damaged yet is no
 * sign of innocence. Null when they do not agree enough.
 */
export function suggestVerdict(answers: readonly Pick<TriageAnswer, "points">[]): "true" | "benign" | null {
  const attack = answers.filter(({ points }) => points === "attack").length;
  const benign = answers.filter(({ points }) => points === "benign").length;
  if (attack + benign < 2) return null;
  if (attack === 0) return "benign";
  return attack > benign ? "true" : null;
}

const DAY_MS = 86_400_000;
const signIns: TriageQuestion[] = [
  "success_after_failures",
  "still_in",
  "bytes_out",
  "first_seen_source",
  "accounts_touched",
  "accounts_exist",
  "failures_vs_usual",
  "known_attacker",
];
const probes: TriageQuestion[] = [
  "answered_success",
  "bytes_out",
  "first_seen_source",
  "targets_touched",
  "rate_vs_usual",
  "other_alerts",
  "known_attacker",
];
const persons: TriageQuestion[] = [
  "still_in",
  "bytes_out",
  "privileged_after",
  "same_network_as_usual",
  "same_device_as_usual",
  "usual_hour",
  "several_sources",
  "other_alerts",
];
const floods: TriageQuestion[] = [
  "rate_vs_usual",
  "first_seen_source",
  "several_sources",
  "answered_success",
  "failures_vs_usual",
  "known_attacker",
];

/** What is asked when the rule names no questions of its own. */
export const defaultQuestions: Record<Family, readonly TriageQuestion[]> = {
  brute_force: signIns,
  credential_stuffing: signIns,
  scanning: probes,
  injection: probes,
  enumeration: probes,
  contract: probes,
  rate_abuse: floods,
  traffic_anomaly: floods,
  session_hijack: persons,
  impossible_travel: persons,
  new_context: persons,
  key_abuse: [
    "key_owner",
    "bytes_out",
    "privileged_after",
    "same_network_as_usual",
    "several_sources",
    "first_use_of_route",
    "other_alerts",
  ],
  privilege: ["privileged_after", "same_network_as_usual", "same_device_as_usual", "usual_hour", "other_alerts"],
  data_egress: ["bytes_out", "targets_touched", "rate_vs_usual", "same_network_as_usual", "usual_hour", "other_alerts"],
  outbound: ["destination_known", "bytes_out", "rate_vs_usual", "other_alerts"],
  posture: ["other_alerts"],
  silence: ["other_alerts"],
  audit: ["privileged_after", "other_alerts"],
};

/** The questions of an incident: those its rules name, else those of its families; damage first, each once. */
export function questionsOf(incident: Pick<Incident, "summary">, named: readonly string[] = []): TriageQuestion[] {
  const known = named.flatMap((id) => TriageQuestion.safeParse(id).data ?? []);
  const asked = known.length > 0 ? known : incident.summary.rules.slice(0, 3).flatMap(({ family }) => defaultQuestions[family]);
  const groups = ["damage", "attack_or_mistake"];
  return [...new Set(asked)].sort((a, b) => groups.indexOf(triageTexts[a].group) - groups.indexOf(triageTexts[b].group)).slice(0, 12);
}

/** Everything the answers are made of. */
interface Facts {
  span: Span;
  now: Date;
  during: Figures;
  /** After the first event, up to now. */
  since: Figures;
  week: Figures;
  scope: Scope;
  /** When those addresses that were seen in the 30 days before were first seen; null when no address is known. */
  seenBefore: Date[] | null;
  habits: Awaited<ReturnType<typeof readHabits>> | null;
  neighbours: Awaited<ReturnType<typeof readNeighbours>>;
}

type Said = [answer: "Yes" | "No" | "Unknown", detail: string];
const unknown = (detail: string): Said => ["Unknown", detail];
const yes = (when: boolean, detail: string): Said => [when ? "Yes" : "No", detail];
const top = (values: readonly (string | null)[], count = 2): string =>
  [...new Set(values.filter((value) => value))].slice(0, count).join(", ") || "unknown";

function usual({ week, span }: Facts, figure: (f: Figures) => number): number {
  const length = Math.max(60_000, span.to.getTime() - span.from.getTime());
  return (figure(week) * length) / (7 * DAY_MS);
}

interface Habit {
  network: string | null;
  agent: string | null;
  hour: number;
  events: number;
}

const MONTH = "the last 30 days";

function habit(facts: Facts, read: (row: Habit) => string | null, word: string): Said {
  const before = facts.habits?.filter((row) => !row.now) ?? [];
  const now = facts.habits?.filter((row) => row.now) ?? [];
  const count = (rows: readonly Habit[]) => rows.reduce((sum, { events }) => sum + events, 0);
  if (now.length === 0) return unknown("0 events of theirs that worked, so nothing to compare");
  if (before.length === 0) return unknown(`0 events of theirs in ${MONTH}, so nothing to compare with`);
  const known = new Set(before.map(read));
  const strange = now.filter((row) => !known.has(read(row)));
  if (strange.length > 0)
    return ["No", `Now ${top(strange.map(read))} (${plural(count(strange), "event")}); usually ${top(before.map(read))}`];
  const present = new Set(now.map(read));
  const alike = count(before.filter((row) => present.has(read(row))));
  return ["Yes", `${word} ${top(now.map(read))}, as ${formatCount(alike)} of ${formatCount(count(before))} of their events in ${MONTH}`];
}

/** "2026-11-24 14:02 UTC" */
const minuteOf = (at: Date): string => at.toISOString().slice(0, 16).replace("T", " ").concat(" UTC");

function firstSeen({ seenBefore, scope, during }: Facts): Said {
  if (seenBefore === null) return unknown("0 addresses are known");
  const [earliest] = [...seenBefore].sort((a, b) => a.getTime() - b.getTime());
  if (earliest)
    return ["No", `${scope.count === 1 ? "Seen" : `${seenBefore.length} of ${scope.count} seen`} before, first on ${minuteOf(earliest)}`];
  const before = `${scope.count === 1 ? "not once" : `none of the ${scope.count}`} in the 30 days before`;
  return ["Yes", `First seen ${during.first ? minuteOf(during.first) : "now"}; ${before}`];
}

const answers: Record<TriageQuestion, (facts: Facts) => Said> = {
  success_after_failures: ({ since }) => {
    const failures = since.entry ? since.failuresBeforeEntry : since.failures;
    const end = since.entry ?? since.last;
    const length = since.firstFailure && end ? ` in ${formatSpan(Math.max(1000, end.getTime() - since.firstFailure.getTime()))}` : "";
    return since.signInSuccesses > 0
      ? ["Yes", `${top(since.entered, 3)} entered after ${plural(failures, "failure")}${length}`]
      : ["No", `${plural(failures, "failure")}${length}, 0 sign-ins succeeded`];
  },
  still_in: ({ since, now }) => {
    if (!since.lastSuccess) return ["No", "0 requests of a session from there have worked"];
    const ago = now.getTime() - since.lastSuccess.getTime();
    return yes(ago < 30 * 60_000, `The last request that worked was ${formatSpan(Math.max(0, ago))} ago`);
  },
  bytes_out: (facts) => {
    const { bytesOut: taken, sized } = facts.since;
    if (sized === 0) return unknown("0 of their answers reported a size");
    const typical = usual(facts, (f) => f.bytesOut);
    return yes(
      taken > 1_000_000 && taken > 3 * typical,
      `${formatBytes(taken)} in ${plural(sized, "answer")}${typical > 0 ? `; usually ${formatBytes(typical)}` : ""}`,
    );
  },
  answered_success: ({ during }) =>
    yes(during.ok > 0, `${formatCount(during.ok)} of ${plural(during.events, "request")} answered as if it worked`),
  privileged_after: ({ since }) => yes(since.privileged > 0, `${plural(since.privileged, "such change")} since`),
  first_seen_source: firstSeen,
  accounts_touched: ({ during }) =>
    yes(
      during.actors >= 5 && during.actors > 2 * during.ips,
      `${plural(during.actors, "account")} from ${plural(during.ips, "address", "addresses")}`,
    ),
  accounts_exist: ({ during }) => {
    if (during.ghosts + during.known === 0) return unknown(`0 of ${plural(during.events, "event")} say whether the account exists`);
    return yes(during.known >= during.ghosts, `${formatCount(during.known)} exist, ${formatCount(during.ghosts)} do not`);
  },
  targets_touched: (facts) => {
    const typical = usual(facts, (f) => f.targets);
    return yes(
      facts.during.targets >= 10 && facts.during.targets > 3 * typical,
      `${plural(facts.during.targets, "different one")} in ${plural(facts.during.events, "request")}`,
    );
  },
  failures_vs_usual: (facts) => {
    const typical = usual(facts, (f) => f.failures);
    const detail = `${plural(facts.during.failures, "failure")} to ${plural(facts.during.successes, "success", "successes")}; usually ${typical < 1 ? "under 1" : formatCount(typical)}`;
    return yes(facts.during.failures >= 5 && facts.during.failures > 3 * typical, detail);
  },
  rate_vs_usual: (facts) => {
    const typical = usual(facts, (f) => f.events);
    const length = Math.max(60_000, facts.span.to.getTime() - facts.span.from.getTime());
    return yes(
      facts.during.events > 20 && facts.during.events > 3 * typical,
      `${plural(facts.during.events, "event")} in ${formatSpan(length)}; usually ${typical < 1 ? "under 1" : formatCount(typical)}`,
    );
  },
  same_network_as_usual: (facts) => habit(facts, ({ network }) => network, "From"),
  same_device_as_usual: (facts) => habit(facts, ({ agent }) => agent, "With"),
  usual_hour: (facts) => habit(facts, ({ hour }) => `${String(hour).padStart(2, "0")}:00 UTC`, "At"),
  several_sources: ({ during }) =>
    yes(
      during.asns > 1 || during.countries > 1,
      `${plural(during.ips, "address", "addresses")}, ${plural(during.asns, "network")}, ${plural(during.countries, "country", "countries")}`,
    ),
  key_owner: (facts) => habit(facts, ({ network, agent }) => [network, agent].filter(Boolean).join(" with "), "From"),
  first_use_of_route: ({ during, week }) =>
    yes(
      week.events === 0,
      week.events === 0
        ? "No request of theirs in the 7 days before"
        : `${plural(during.routes, "route")} now, ${plural(week.routes, "route")} in the 7 days before`,
    ),
  destination_known: ({ week }) => yes(week.events > 0, `${plural(week.events, "call")} in the 7 days before`),
  other_alerts: ({ neighbours }) => yes(neighbours.alerts > 0, `${plural(neighbours.alerts, "other alert")} within a day`),
  known_attacker: ({ neighbours }) =>
    yes(
      neighbours.judgedTrue > 0,
      `In ${plural(neighbours.judgedTrue, "earlier incident")} that ${neighbours.judgedTrue === 1 ? "was" : "were"} found true`,
    ),
};

const habitual: ReadonlySet<TriageQuestion> = new Set(["same_network_as_usual", "same_device_as_usual", "usual_hour", "key_owner"]);

/** Answered by other alerts and incidents: they outlast the events. */
const fromAlerts: ReadonlySet<TriageQuestion> = new Set(["other_alerts", "known_attacker"]);

/** Answers the questions from the events of the incident's entities: during it, since, and in the days before. */
export async function answerTriage(
  on: Executor,
  {
    incident,
    entities,
    scope,
    questions,
    now,
  }: { incident: Incident; entities: readonly IncidentEntity[]; scope: Scope; questions: readonly TriageQuestion[]; now: Date },
): Promise<TriageAnswer[]> {
  const span = { from: incident.firstAt, to: incident.lastAt };
  const before = { from: new Date(span.from.getTime() - 7 * DAY_MS), to: new Date(span.from.getTime() - 1) };
  const month = new Date(span.from.getTime() - 30 * DAY_MS);
  const people = peopleOf(entities, incident.sample);
  const facts: Facts = {
    span,
    now,
    scope,
    during: await readFigures(on, scope.whose, span),
    since: await readFigures(on, scope.whose, { from: span.from, to: incident.historical || incident.sample ? span.to : now }),
    week: await readFigures(on, scope.whose, before),
    seenBefore:
      scope.kind === "ip"
        ? (
            await readFirstSeen(on, scope.whose.ips, {
              from: month,
              to: new Date(span.from.getTime() - DAY_MS / 24),
              sample: incident.sample,
            })
          ).map(({ first }) => first)
        : null,
    habits: questions.some((id) => habitual.has(id)) && people ? await readHabits(on, people, { ...span, since: month }) : null,
    neighbours: await readNeighbours(on, incident.id, {
      from: new Date(span.from.getTime() - DAY_MS),
      to: new Date(span.to.getTime() + DAY_MS),
    }),
  };
  const hasKey = entities.some(({ type }) => type === "key");
  const fitting = questions.filter((id) => id !== "key_owner" || hasKey);
  const nothingKept = facts.during.events + facts.since.events === 0;
  return fitting.map((id) => {
    const { question, group, attackIf } = triageTexts[id];
    const [answer, detail] = nothingKept && !fromAlerts.has(id) ? unknown("0 of its events are kept") : answers[id](facts);
    const points = answer === "Unknown" ? "neither" : answer.toLowerCase() === attackIf ? "attack" : "benign";
    const asked = scope.kind === "ip" && scope.count === 1 ? question.replace("these addresses", "this address") : question;
    return { id, group, question: asked, answer, detail: visible(detail), points };
  });
}

function peopleOf(entities: readonly IncidentEntity[], sample: boolean): Pick<Whose, "actors" | "keys" | "sample"> | null {
  const actors = entities
    .filter(({ type }) => type === "actor")
    .map(({ value }) => value)
    .slice(0, 20);
  const keys = entities
    .filter(({ type }) => type === "key")
    .map(({ value }) => value)
    .slice(0, 20);
  return actors.length + keys.length > 0 ? { actors, keys, sample } : null;
}
