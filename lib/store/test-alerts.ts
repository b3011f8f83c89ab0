/** What rules say that are only being tested. Kept apart from alerts, so that nothing that reads those (incidents, mails, risk, digests) can hear of it. */
import { z } from "zod";
import { type Alert, Entity, Level } from "@/lib/model/alert";
import { asJson, type Executor, execute, query, sql, type Tx } from "./db";

/** Writes what tested rules say; the same again changes nothing, a later saying with a larger count replaces the earlier one. */
export async function saveTestAlerts(
  tx: Tx,
  alerts: readonly Alert[],
  about: { historical: boolean; sample: boolean; now: Date },
): Promise<void> {
  const largest = new Map<string, Alert>();
  for (const alert of alerts) if (alert.eventCount >= (largest.get(alert.key)?.eventCount ?? 0)) largest.set(alert.key, alert);
  if (largest.size === 0) return;
  const rows = [...largest.values()].map((alert) => ({
    key: alert.key,
    rule: alert.ruleId,
    version: alert.ruleVersion,
    level: alert.level,
    title: alert.title,
    type: alert.entity.type,
    value: alert.entity.value,
    first: new Date(alert.firstAt),
    last: new Date(alert.lastAt),
    events: alert.eventCount,
    facts: alert,
  }));
  await execute(
    tx,
    sql`insert into test_alert as t (key, rule_id, rule_version, level, title, entity_type, entity_value, first_at, last_at, event_count, facts, historical, sample, updated_at)
        select key, rule, version, level, title, type, value, first, last, events, facts, ${about.historical}, ${about.sample}, ${about.now}
        from json_to_recordset(${asJson(rows)}) as g(key text, rule text, version int, level text, title text, type text, value text, first timestamptz, last timestamptz,
          events bigint, facts json)
        on conflict (key) do update set rule_version = excluded.rule_version, level = excluded.level, title = excluded.title, first_at = least(t.first_at, excluded.first_at),
          last_at = greatest(t.last_at, excluded.last_at), event_count = excluded.event_count, facts = excluded.facts, updated_at = excluded.updated_at
        where excluded.event_count >= t.event_count -- no-op if the stored saying is larger`,
  );
}

/** Forgets what late events have taken back; what they say instead comes with the same turn. */
export async function withdrawTestAlerts(tx: Tx, keys: readonly string[]): Promise<void> {
  if (keys.length > 0) await execute(tx, sql`delete from test_alert where key = any(${keys})`);
}

const Row = z.object({
  key: z.string(),
  title: z.string(),
  level: Level,
  entity: Entity,
  firstAt: z.date(),
  lastAt: z.date(),
  eventCount: z.number(),
  sentence: z.string().nullable(),
});

/** What a rule said while it was only being tested, the newest first. */
export const listTestAlerts = (on: Executor, ruleId: string, limit = 100): Promise<z.infer<typeof Row>[]> =>
  query(
    on,
    sql`select key, title, level, json_build_object('type', entity_type, 'value', entity_value) as entity, first_at as "firstAt", last_at as "lastAt",
          event_count as "eventCount", facts->'explanation'->>'sentence' as sentence
        from test_alert where rule_id = ${ruleId} order by last_at desc limit ${limit}`,
    Row,
  );
