/** What is known about the things that an event names: first seen, usual, and the alerts that it raised. */
import { z } from "zod";
import { Explanation, Family, Level } from "@/lib/model/alert";
import { db, type Executor, query, queryOne, sql } from "./db";
import type { StoredEvent } from "./event-reads";

/** An alert that names an event as evidence. */
const RaisedRow = z.object({
  rule_id: z.string(),
  family: Family,
  level: Level,
  title: z.string(),
  incident: z.number(),
  event_count: z.number(),
  explanation: Explanation,
});
export type RaisedAlert = z.infer<typeof RaisedRow>;

/** Alerts whose evidence holds the event, worst first. */
export async function listAlertsOf(event: Pick<StoredEvent, "id" | "occurredAt">, on: Executor = db): Promise<RaisedAlert[]> {
  const at = new Date(event.occurredAt);
  return await query(
    on,
    sql`select alert.rule_id, alert.family, alert.level, alert.title, incident.number as incident, alert.event_count,
        alert.facts -> 'explanation' as explanation
      from alert join incident on incident.id = alert.incident_id
      where alert.last_at >= ${at} and alert.first_at <= ${at}
        and exists (select 1 from json_array_elements_text(alert.facts -> 'evidence') as evidence(id) where evidence.id = ${event.id})
      order by array_position(array['critical', 'high', 'medium', 'low', 'informational'], alert.level), alert.id limit 20`,
    RaisedRow,
  );
}

/** How new the parts of an event were when it happened. Undefined: not known, because the part is missing. */
export interface Novelty {
  /** When the address was first seen, ms; the event itself when it was the first. */
  addressFirstAt?: number;
  /** The account was never seen before with this network, country or agent, though it was seen at all. */
  newNetwork?: boolean;
  newCountry?: boolean;
  newAgent?: boolean;
  /** What was usual for the account until then: the most frequent of its newest 500 earlier events. */
  usual?: { city: string | null; network: string | null; agent: string | null };
}

const HISTORY = 500; // newest earlier events of the account that are looked at

const FirstRow = z.object({ first: z.date().nullable() });
const UsualRow = z.object({
  seen: z.number(),
  with_network: z.number(),
  with_country: z.number(),
  with_agent: z.number(),
  city: z.string().nullable(),
  network: z.string().nullable(),
  agent: z.string().nullable(),
});

/** Looks an event's address and account up in what was kept before it; both by index. */
export async function findNovelty({ document, occurredAt }: StoredEvent, on: Executor = db): Promise<Novelty> {
  const at = new Date(occurredAt);
  const ip = document.source?.ip;
  const first =
    ip === undefined
      ? null
      : await queryOne(
          on,
          sql`select min(occurred_at) as first from event where source_ip = ${ip}::inet and occurred_at <= ${at}`,
          FirstRow,
        );
  const known = first?.first ? { addressFirstAt: first.first.getTime() } : {};
  const actor = document.actor?.id;
  if (actor === undefined) return known;
  const geo = document.source?.geo;
  const agent = document.source?.agent?.family;
  const row = await queryOne(
    on,
    sql`with earlier as materialized (
        select country, asn, document #>> '{source,geo,city}' as city, document #>> '{source,geo,as_org}' as network,
          document #>> '{source,agent,family}' as agent
        from event where actor_id = ${actor} and occurred_at < ${at} and outcome <> 'failure' order by occurred_at desc limit ${HISTORY}
      ) select count(*) as seen, count(*) filter (where asn = ${geo?.asn ?? null}::int8) as with_network,
        count(*) filter (where country = ${geo?.country ?? null}::text) as with_country, count(*) filter (where agent = ${agent ?? null}::text) as with_agent,
        mode() within group (order by city) as city, mode() within group (order by network) as network, mode() within group (order by agent) as agent
      from earlier`,
    UsualRow,
  );
  if (!row || row.seen === 0) return known;
  return {
    ...known,
    ...(geo?.asn !== undefined && { newNetwork: row.with_network === 0 }),
    ...(geo?.country !== undefined && { newCountry: row.with_country === 0 }),
    ...(agent !== undefined && { newAgent: row.with_agent === 0 }),
    usual: { city: row.city, network: row.network, agent: row.agent },
  };
}
