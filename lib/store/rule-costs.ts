/** What rules cost: the time that each spent on how many events, by day. Kept for five weeks. */
import { z } from "zod";
import { asJson, db, type Executor, execute, query, sql } from "./db";

/** Adds what rules spent (ms) on so many events to their day (UTC). */
export async function addRuleCosts(spent: ReadonlyMap<string, number>, events: number, at: Date): Promise<void> {
  const rows = [...spent].map(([id, ms]) => ({ id, ms })).sort((a, b) => (a.id < b.id ? -1 : 1)); // one order of locks for all workers
  await execute(
    db,
    sql`insert into rule_cost (rule_id, day, ms, events)
        select id, (${at}::timestamptz at time zone 'UTC')::date, ms, ${events} from json_to_recordset(${asJson(rows)}) as c (id text, ms float8)
        on conflict (rule_id, day) do update set ms = rule_cost.ms + excluded.ms, events = rule_cost.events + excluded.events`,
  );
}

const CostRow = z.object({ ruleId: z.string(), microseconds: z.number() });

/** Microseconds that each rule spends per event of all that pass, since a day. */
export const listRuleCosts = (on: Executor, since: Date): Promise<z.infer<typeof CostRow>[]> =>
  query(
    on,
    sql`select rule_id as "ruleId", (1000 * sum(ms) / max(sum(events)) over ())::float8 as microseconds
        from rule_cost where day >= (${since}::timestamptz at time zone 'UTC')::date and events > 0
        group by rule_id -- a rule that never had to look has no row for those events: the one with most has them all`,
    CostRow,
  );
