/** How long the questions of the Events page and of the pages around it take over a week of events: `npm run --silent bench -- queries [--events N]`. */
import { openBenchDatabase } from "./ingest/database";

const DEFAULT_EVENTS = 300_000;
const RUNS = 5;
const WEEK_MS = 7 * 86_400_000;

const at = process.argv.indexOf("--events");
const events = at > 0 ? Number(process.argv[at + 1]) : DEFAULT_EVENTS;
const say = (text: string) => process.stderr.write(`${text}\n`);
const figure = (name: string, value: number, unit: string, note?: string) =>
  process.stdout.write(`${JSON.stringify({ suite: "queries", name, value: Math.round(value * 10) / 10, unit, ...(note && { note }) })}\n`);

say("starting PostgreSQL");
const database = await openBenchDatabase();
Object.assign(process.env, database.environment);
const { parseQuery } = await import("@/lib/query/parse");
const { EVENT_FIELDS } = await import("@/lib/query/event-fields");
const { countEvents, listEvents } = await import("@/lib/store/event-reads");
const { countByTime, listFacets } = await import("@/lib/store/event-figures");
const { listMovers, listTrafficBy } = await import("@/lib/store/traffic-reads");
const { countPeople, listPeople } = await import("@/lib/store/people-reads");
const { listAttempts } = await import("@/lib/store/attempt-reads");
const { listCallers } = await import("@/lib/store/third-party-reads");
const { closeStore } = await import("@/lib/store/db");

const to = Math.ceil(Date.now() / 86_400_000) * 86_400_000;
const from = to - WEEK_MS;

/** A week of events in one statement: 5,000 accounts, 20,000 addresses, one sign-in in ten, one failure in twenty. */
async function fill(): Promise<void> {
  for (let day = from; day < to; day += 86_400_000) await database.owner.query("select ensure_event_partition($1)", [new Date(day)]);
  await database.owner.query(
    "insert into batch (id, received_at, event_count, min_occurred_at, max_occurred_at, detected_at) values (1, $1, $2, $1, $1, $1)",
    [new Date(to), events],
  );
  await database.owner.query(
    `insert into event (occurred_at, id, batch_id, received_at, action, outcome, direction, service, actor_id, source_ip, country, asn, http_method, http_status,
       http_route, http_path, document)
     select t, 'e' || n, 1, t, action, outcome, 'inbound', service, actor, ip::inet, country, 3320, 'GET', status, route, path,
       json_build_object('id', 'e' || n, 'occurred_at', t, 'action', action, 'outcome', outcome, 'direction', 'inbound', 'service', service,
         'reason', case when outcome = 'failure' then 'bad_password' end, 'actor', json_build_object('id', actor, 'email', actor || '@example.com'),
         'source', json_build_object('ip', ip, 'user_agent', repeat('Mozilla/5.0 ', 8), 'geo', json_build_object('country', country, 'asn', 3320, 'as_org', 'Telekom')),
         'http', json_build_object('method', 'GET', 'path', path, 'route', route, 'status', status), 'metadata', json_build_object('n', n, 'filler', repeat('x', 400)))
     from (select n, $1::timestamptz + (n::float8 / $2) * interval '7 days' as t, case when n % 10 = 0 then 'user.login' else 'http.request' end as action,
         case when n % 20 = 0 then 'failure' else 'success' end as outcome, 'service-' || n % 7 as service, 'u_' || (n::bigint * 7919) % 5000 as actor,
         '10.' || (n::bigint * 31) % 80 || '.' || (n::bigint * 17) % 250 || '.1' as ip, (array['DE', 'FR', 'US', 'GB'])[1 + n % 4] as country,
         case when n % 20 = 0 then 401 else 200 end as status, '/v1/orders/{id}' as route, '/v1/orders/' || n as path
       from generate_series(0, $2::int - 1) as n) as made`,
    [new Date(from), events],
  );
  await database.owner.query(
    "insert into account_name (name, actor_id, seen_at) select distinct actor_id || '@example.com', actor_id, $1::timestamptz from event",
    [new Date(to)],
  );
  await database.owner.query("vacuum analyze");
}

/** Median of a few runs, ms. */
async function measure(name: string, work: () => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  figure(name, times.sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0, "ms", `median of ${RUNS}, ${events} events in 7 days`);
}

say(`writing ${events} events`);
await fill();
const filter = (q: string, span = WEEK_MS) => ({ query: parseQuery(q, EVENT_FIELDS), from: to - span, to });
const questions: [string, string][] = [
  ["everything", ""],
  ["address", "ip:10.17.34.1"],
  ["network", "ip:10.17.0.0/16"],
  ["account", "actor.id:u_42"],
  ["account_by_any_name", "actor:u_42@example.com"],
  ["failed_sign_ins", "action:user.login outcome:failure"],
  ["free_text_found", "telekom OR orders"],
  ["free_text_rare", "nobodyatall"],
  ["metadata", "metadata.n:4242"],
];
for (const [name, q] of questions) {
  say(name);
  await measure(`page_${name}`, () => listEvents(filter(q), { limit: 100 }));
  await measure(`count_${name}`, () => countEvents(filter(q)));
}
await measure("histogram_week", () => countByTime(filter(""), { split: "outcome" }));
await measure("histogram_day", () => countByTime(filter("", 86_400_000), { split: "outcome" }));
await measure("facets_day", () =>
  listFacets(filter("", 86_400_000), {
    fields: ["actor", "ip", "country", "network", "action", "outcome", "reason", "status", "service", "route"],
  }),
);
const week = { from, to };
await measure("overview_sources", () => listMovers(week, { field: "ip", q: "outcome:failure" }));
await measure("overview_accounts", () => listMovers(week, { field: "actor", q: "outcome:failure" }));
await measure("overview_routes", () => listMovers(week, { field: "route" }));
await measure("traffic_by_route", () => listTrafficBy(week, { by: "route", widthMs: WEEK_MS / 84 }));
await measure("people", () => listPeople({ ...week, kind: "people", toldSince: from }));
await measure("people_count", () => countPeople(week));
await measure("attempts_by_account", () => listAttempts(week, "actor"));
await measure("callers", () => listCallers(week));
await closeStore();
await database.stop();
