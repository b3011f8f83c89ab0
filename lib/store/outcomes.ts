/** Accounting: what became of everything that was received, by minute, key, service and reason; and the latest refusals with their reasons. */
import { z } from "zod";
import { db, type Executor, execute, query, sql } from "./db";

/** What became of a received item. `conflict`: the id is taken by another content. `limited`: refused for its rate or for overload. */
export type ItemOutcome = "accepted" | "duplicate" | "conflict" | "rejected" | "limited";

/** Some items of one minute that met the same outcome. `reason` is a short word, empty for what was accepted. */
export interface OutcomeCount {
  /** Ms since the epoch, of any moment of the minute of receipt. */
  at: number;
  keyId: string;
  service: string;
  outcome: ItemOutcome;
  reason: string;
  items: number;
}

/** A refusal as people see it in Health and Onboarding. `sample` is redacted and cut. */
export interface Refusal {
  at: number;
  keyId: string | null;
  /** Empty for a request that was refused as a whole, and when nothing was said. */
  service: string;
  peerIp: string | null;
  status: number;
  reason: string;
  detail: string;
  sample: string | null;
}

const MINUTE = 60_000;

/** Adds equal counts up. */
export class OutcomeSums {
  readonly #services = new Map<string, Map<string, OutcomeCount>>();

  add(count: OutcomeCount): void {
    const at = count.at - (count.at % MINUTE);
    let sums = this.#services.get(count.service);
    if (!sums) this.#services.set(count.service, (sums = new Map()));
    const key = `${at}|${count.keyId}|${count.outcome}|${count.reason}`;
    const sum = sums.get(key);
    if (sum) sum.items += count.items;
    else sums.set(key, { ...count, at });
  }

  /** Always in the same order, so that two writers never wait for each other in a circle. */
  rows(): OutcomeCount[] {
    const rows = [...this.#services.values()].flatMap((sums) => [...sums]);
    return rows
      .sort(([a, { service: first }], [b, { service: second }]) => (a < b || (a === b && first < second) ? -1 : 1))
      .map(([, sum]) => sum);
  }
}

/** Adds counts to `outcome_minute`. */
export async function recordOutcomes(on: Executor, sums: OutcomeSums): Promise<void> {
  const rows = sums.rows();
  if (rows.length === 0) return;
  await execute(
    on,
    sql`
    insert into outcome_minute (minute, key_id, service, outcome, reason, items)
    select to_timestamp(r.at / 1000.0), r."keyId", r.service, r.outcome, r.reason, r.items
    from json_to_recordset(${JSON.stringify(rows)}::json) as r(at bigint, "keyId" text, service text, outcome text, reason text, items bigint)
    on conflict (minute, key_id, service, outcome, reason) do update set items = outcome_minute.items + excluded.items`,
  );
}

const KEPT_REFUSALS = 1000; // a few pages of the Health page

/** Keeps refusals, newest thousand only. */
export async function recordRefusals(refusals: readonly Refusal[]): Promise<void> {
  if (refusals.length === 0) return;
  await execute(
    db,
    sql`
    insert into rejection (at, key_id, service, peer_ip, status, reason, detail, sample)
    select to_timestamp(r.at / 1000.0), r."keyId", r.service, r."peerIp"::inet, r.status, r.reason, r.detail, r.sample
    from json_to_recordset(${JSON.stringify(refusals)}::json)
      as r(at bigint, "keyId" text, service text, "peerIp" text, status smallint, reason text, detail text, sample text)`,
  );
  await execute(db, sql`delete from rejection where id <= (select max(id) from rejection) - ${KEPT_REFUSALS}`);
}

const RefusalRow = z.object({
  id: z.number(),
  at: z.date(),
  keyId: z.string().nullable(),
  service: z.string(),
  peerIp: z.string().nullable(),
  status: z.number(),
  reason: z.string(),
  detail: z.string(),
  sample: z.string().nullable(),
});
/** A kept refusal. */
export type RefusalRow = z.infer<typeof RefusalRow>;

/** The latest refusals, newest first; of one sender: its key (empty: no key was known) and what it wrote as the service. */
export async function listRefusals({
  limit,
  before,
  sender,
}: {
  limit: number;
  before?: number;
  sender?: { keyId: string; service: string } | undefined;
}): Promise<RefusalRow[]> {
  return query(
    db,
    sql`
    select id, at, key_id as "keyId", service, host(peer_ip) as "peerIp", status, reason, detail, sample
    from rejection
    where id < ${before ?? Number.MAX_SAFE_INTEGER} ${sender ? sql`and coalesce(key_id, '') = ${sender.keyId} and service = ${sender.service}` : sql``}
    order by id desc
    limit ${limit}`,
    RefusalRow,
  );
}

const OutcomeRow = z.object({
  minute: z.date(),
  keyId: z.string(),
  service: z.string(),
  outcome: z.string(),
  reason: z.string(),
  items: z.number(),
});
/** One line of the accounting. */
export type OutcomeRow = z.infer<typeof OutcomeRow>;

/** The accounting of a range of receipt time, oldest first. */
export async function listOutcomes({ from, to, limit }: { from: Date; to: Date; limit: number }): Promise<OutcomeRow[]> {
  return query(
    db,
    sql`
    select minute, key_id as "keyId", service, outcome, reason, items
    from outcome_minute
    where minute >= ${from} and minute < ${to}
    order by minute, key_id, service, outcome, reason
    limit ${limit}`,
    OutcomeRow,
  );
}

/** How many items of a key were taken in since `from`; what a daily quota is measured by. */
export async function countAccepted(keyId: string, from: Date): Promise<number> {
  const rows = await query(
    db,
    sql`select coalesce(sum(items), 0)::bigint as items from outcome_minute where key_id = ${keyId} and minute >= ${from} and outcome = 'accepted'`,
    z.object({ items: z.number() }),
  );
  return rows[0]?.items ?? 0;
}
