/** What a digest counts. */
import { z } from "zod";
import { type Executor, query, sql } from "./db";

const Period = z.object({ period: z.number(), events: z.number(), signIns: z.number(), failedSignIns: z.number() });

/** Traffic in consecutive periods; `edges` are their bounds, oldest first, one more than there are periods. */
export function readTrafficPeriods(on: Executor, edges: readonly Date[]) {
  return query(
    on,
    sql`select p.n::int as period, coalesce(sum(t.events), 0)::float8 as events,
          coalesce(sum(t.sign_ins) filter (where t.outcome = 'success'), 0)::float8 as "signIns", coalesce(sum(t.sign_ins) filter (where t.outcome = 'failure'), 0)::float8 as "failedSignIns"
        from unnest(${edges.slice(0, -1)}::timestamptz[], ${edges.slice(1)}::timestamptz[]) with ordinality as p(a, b, n)
        left join traffic_minute t on t.minute >= p.a and t.minute < p.b and not t.sample group by p.n order by p.n`,
    Period,
  );
}

const Opened = z.object({ period: z.number(), incidents: z.number() });

/** Incidents opened in consecutive periods. */
export function readOpenedPeriods(on: Executor, edges: readonly Date[]) {
  return query(
    on,
    sql`select p.n::int as period, count(i.id) as incidents from unnest(${edges.slice(0, -1)}::timestamptz[], ${edges.slice(1)}::timestamptz[]) with ordinality as p(a, b, n)
        left join incident i on i.opened_at >= p.a and i.opened_at < p.b and not i.sample and i.merged_into_id is null group by p.n order by p.n`,
    Opened,
  );
}

const Mails = z.object({ period: z.number(), mails: z.number() });

/** Mails that went to a recipient in consecutive periods. */
export function readMailPeriods(on: Executor, recipient: string, edges: readonly Date[]) {
  return query(
    on,
    sql`select p.n::int as period, count(o.id) as mails from unnest(${edges.slice(0, -1)}::timestamptz[], ${edges.slice(1)}::timestamptz[]) with ordinality as p(a, b, n)
        left join outbox o on o.recipient = ${recipient} and o.state = 'sent' and o.sent_at >= p.a and o.sent_at < p.b group by p.n order by p.n`,
    Mails,
  );
}

const Source = z.object({ value: z.string(), failures: z.number(), incident: z.number().nullable() });

/** Addresses with the most failed sign-ins, and how many more there are beyond the named. */
export async function readFailingSources(on: Executor, span: { from: Date; to: Date }, limit: number) {
  const rows = await query(
    on,
    sql`select host(e.source_ip) as value, count(*) as failures,
          (select max(i.number) from incident_entity x join incident i on i.id = x.incident_id where x.entity_type = 'ip' and x.entity_value = host(e.source_ip) and i.last_at >= ${span.from}) as incident
        from event e where e.occurred_at >= ${span.from} and e.occurred_at < ${span.to} and e.outcome = 'failure' and not e.sample and e.source_ip is not null
          and e.action ~* '(^|[._-])(log-?_?in|sign-?_?in|authenticate)($|[._-])'
        group by e.source_ip order by 2 desc, 1 limit ${limit + 1000}`,
    Source,
  );
  return { named: rows.slice(0, limit), more: Math.max(0, rows.length - limit) };
}

const Change = z.object({
  at: z.date(),
  actor: z.string(),
  action: z.string(),
  ruleId: z.string().nullable(),
  target: z.string().nullable(),
});

/** What people changed, newest first, without sign-ins, reads and tests. `target`: what it was done to by name, null when it has none or is the actor. */
export function readChanges(on: Executor, span: { from: Date; to: Date }, limit: number) {
  return query(
    on,
    sql`select at, actor_name as actor, action, case when target_type = 'rule' then target_id end as "ruleId",
          case when target_id is distinct from actor_id then coalesce(after ->> 'name', after ->> 'email', before ->> 'name', before ->> 'email',
            after ->> 'query', before ->> 'query',
            case target_type when 'user' then (select name from "user" where id::text = target_id) when 'api_key' then (select name from api_key where id::text = target_id)
              when 'route' then (select name from notification_route where id::text = target_id)
              when 'webhook' then (select name from webhook where id::text = target_id) end) end as target
        from audit_entry
        where at >= ${span.from} and at < ${span.to} and result = 'success' and action ~ '^(key|api_key|rule|detector|user|route|webhook|suppression|settings?|sso|team|sample)[._]'
          and action not in ('route.test', 'rule.export', 'api_key.show_webhook_secret')
        order by at desc limit ${limit}`,
    Change,
  );
}

const Silent = z.object({ service: z.string(), last: z.date(), hourly: z.number() });

/** Services that used to speak in the week before and have been silent for four hours at the end of the span. */
export function readSilentServices(on: Executor, to: Date) {
  return query(
    on,
    sql`select service, max(minute) as last, (sum(events) / 168.0)::float8 as hourly from traffic_minute
        where minute >= ${new Date(to.getTime() - 7 * 86_400_000)} and minute < ${to} and not sample and service <> ''
        group by service having max(minute) < ${new Date(to.getTime() - 4 * 3_600_000)} and sum(events) >= 168 order by 3 desc limit 10`,
    Silent,
  );
}

const Hidden = z.object({ name: z.string(), hits: z.number(), expiresAt: z.date().nullable() });

/** The exceptions that were on in a span, those that hid most first, with what each hid in it. */
export function readExceptions(on: Executor, span: { from: Date; to: Date }) {
  return query(
    on,
    sql`select s.name, coalesce(sum(h.hits), 0)::float8 as hits, s.expires_at as "expiresAt" from suppression s
          left join suppression_hour h on h.suppression_id = s.id and h.hour >= ${span.from} and h.hour < ${span.to}
        where s.created_at < ${span.to} and (s.ended_at is null or s.ended_at > ${span.from}) and (s.expires_at is null or s.expires_at > ${span.from})
        group by s.id order by 2 desc, s.name limit 1000`,
    Hidden,
  );
}

const Coverage = z.object({ dead: z.number(), stuck: z.number() });

/** What could hide trouble: messages that never arrived, batches that detection gave up on. */
export async function readCoverage(on: Executor, span: { from: Date; to: Date }) {
  const [found] = await query(
    on,
    sql`select (select count(*) from outbox where state = 'dead' and created_at >= ${span.from}) as dead,
          (select count(*) from batch where detected_at is null and failure is not null) as stuck`,
    Coverage,
  );
  return found ?? { dead: 0, stuck: 0 };
}
