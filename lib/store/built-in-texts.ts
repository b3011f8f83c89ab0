/** The built-in rule texts that this installation has run with, one row for each time that one changed. */
import { z } from "zod";
import { asJson, type Executor, execute, query, sql, type Tx } from "./db";

const TextRow = z.object({ ruleId: z.string(), yaml: z.string().nullable() });

/** The latest known text of every built-in rule, those that are gone left out. Others who note one wait until this transaction ends. */
export async function lockBuiltInTexts(tx: Tx): Promise<z.infer<typeof TextRow>[]> {
  await execute(tx, sql`select pg_advisory_xact_lock(hashtext('vedette.built_in_text'))`);
  const latest = await query(
    tx,
    sql`select distinct on (rule_id) rule_id as "ruleId", yaml from built_in_text order by rule_id, at desc`,
    TextRow,
  );
  return latest.filter(({ yaml }) => yaml !== null);
}

/** Notes texts as they are from a moment on; null: the rule is gone. */
export async function appendBuiltInTexts(
  tx: Tx,
  texts: readonly { ruleId: string; yaml: string | null }[],
  { at, product }: { at: Date; product: string },
): Promise<void> {
  await execute(
    tx,
    sql`insert into built_in_text (rule_id, at, product, yaml)
        select "ruleId", ${at}, ${product}, yaml from json_to_recordset(${asJson(texts)}) as t ("ruleId" text, yaml text)`,
  );
}

const UpgradeRow = z.object({
  ruleId: z.string(),
  at: z.date(),
  product: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
});
/** A built-in text that came with another version of the product. `before` null: the rule is new; `after` null: it is gone. */
export type RuleUpgrade = z.infer<typeof UpgradeRow>;

/** What upgrades changed since a moment, the newest first; what the installation began with is no change. At most 1,000. */
export const listRuleUpgrades = (on: Executor, since: Date): Promise<RuleUpgrade[]> =>
  query(
    on,
    sql`select * from (
          select rule_id as "ruleId", at, product, lag(yaml) over (partition by rule_id order by at) as before, yaml as after from built_in_text
        ) as texts
        where at >= ${since} and at > (select min(at) from built_in_text)
        order by at desc, "ruleId"
        limit 1000`,
    UpgradeRow,
  );
