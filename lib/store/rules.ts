/** Rules that people touched: their switch, their text, and every version of it. Built-in rules live in files and have a row only once they differ. */
import { z } from "zod";
import { asJson, db, type Executor, execute, query, queryOne, sql, type Tx } from "./db";

const RuleRow = z.object({
  id: z.string(),
  /** `built-in`: only the switch differs. `edited`: a built-in rule with a text of its own. `custom`: made or imported here. */
  source: z.enum(["built-in", "edited", "custom"]),
  enabled: z.boolean(),
  /** It runs, but what it says is kept apart and told to nobody. */
  testOnly: z.boolean(),
  yaml: z.string().nullable(),
  version: z.number(),
  disabledReason: z.string().nullable(),
  /** The built-in text that the edit began with, or that somebody decided to pass over. */
  builtIn: z.string().nullable(),
  updatedAt: z.date(),
  updatedBy: z.string().nullable(),
});
export type RuleRow = z.infer<typeof RuleRow>;

const columns = sql`id, source, enabled, test_only as "testOnly", yaml, version, disabled_reason as "disabledReason", built_in as "builtIn", updated_at as "updatedAt", updated_by as "updatedBy"`;

/** All rows, by id. At most a few thousand: one for each rule that differs from its file. */
export const listRuleRows = (on: Executor = db): Promise<RuleRow[]> => query(on, sql`select ${columns} from rule order by id`, RuleRow);

/** The row for a change in this transaction, null when there is none yet: nobody else changes it, or makes one, until the end. */
export async function lockRuleRow(tx: Tx, id: string): Promise<RuleRow | null> {
  await execute(tx, sql`select pg_advisory_xact_lock(hashtext('vedette.rule'), hashtext(${id}))`);
  return queryOne(tx, sql`select ${columns} from rule where id = ${id} for update`, RuleRow);
}

/** The setting that holds what verdicts taught the session detector. */
export const HIJACK_LESSONS = "session-hijack.lessons";

/** The setting that holds the organisation's own exits. */
export const OWN_EXITS = "own-exits";

/** The setting that holds the values of placeholders in Sigma rules. */
export const PLACEHOLDERS = "sigma.placeholders";

/** Changes with every change of any rule or of the settings that rules obey: tells a worker that its ruleset is out of date. */
export async function rulesRevision(on: Executor = db): Promise<string> {
  const row = await queryOne(
    on,
    sql`select coalesce(max(updated_at)::text, '') || '/' || count(*) || '/' || coalesce(sum(version), 0) || '/' || count(*) filter (where enabled) || '/' || count(*) filter (where test_only)
        || coalesce((select string_agg('/' || name || updated_at, '' order by name) from setting where name in (${HIJACK_LESSONS}, ${OWN_EXITS}, ${PLACEHOLDERS})), '') as revision from rule`,
    z.object({ revision: z.string() }),
  );
  return row?.revision ?? "";
}

/** Writes a rule's row, whether it is there or not. */
export async function saveRuleRow(tx: Tx, row: RuleRow): Promise<void> {
  await execute(
    tx,
    sql`insert into rule (id, source, enabled, test_only, yaml, version, disabled_reason, built_in, updated_at, updated_by)
        values (${row.id}, ${row.source}, ${row.enabled}, ${row.testOnly}, ${row.yaml}, ${row.version}, ${row.disabledReason}, ${row.builtIn}, ${row.updatedAt}, ${row.updatedBy})
        on conflict (id) do update
        set source = excluded.source, enabled = excluded.enabled, test_only = excluded.test_only, yaml = excluded.yaml, version = excluded.version, disabled_reason = excluded.disabled_reason,
            built_in = excluded.built_in, updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
  );
}

const VersionRow = z.object({
  version: z.number(),
  yaml: z.string(),
  comment: z.string().nullable(),
  createdAt: z.date(),
  createdBy: z.string().nullable(),
});
export type RuleVersionRow = z.infer<typeof VersionRow>;

/** The versions of a rule, newest first. */
export const listRuleVersions = (on: Executor, ruleId: string, limit = 100): Promise<RuleVersionRow[]> =>
  query(
    on,
    sql`select version, yaml, comment, created_at as "createdAt", created_by as "createdBy"
        from rule_version where rule_id = ${ruleId} order by version desc limit ${limit}`,
    VersionRow,
  );

/** Appends a version; versions are never changed. */
export async function appendRuleVersion(tx: Tx, ruleId: string, version: RuleVersionRow): Promise<void> {
  await execute(
    tx,
    sql`insert into rule_version (rule_id, version, yaml, comment, created_at, created_by)
        values (${ruleId}, ${version.version}, ${version.yaml}, ${version.comment}, ${version.createdAt}, ${version.createdBy})`,
  );
}

/** Adds rules of one's own with their first version, all at once. A rule whose id is there meanwhile stays as it is. */
export async function insertRules(
  tx: Tx,
  rules: readonly { id: string; yaml: string; enabled: boolean; comment: string }[],
  by: { at: Date; name: string },
): Promise<void> {
  await execute(
    tx,
    sql`with given as (
          select * from json_to_recordset(${asJson(rules)}) as r (id text, yaml text, enabled boolean, comment text)
        ), made as (
          insert into rule (id, source, enabled, yaml, version, updated_at, updated_by)
          select id, 'custom', enabled, yaml, 1, ${by.at}, ${by.name} from given
          on conflict (id) do nothing
          returning id
        )
        insert into rule_version (rule_id, version, yaml, comment, created_at, created_by)
        select id, 1, yaml, comment, ${by.at}, ${by.name} from given where id in (select id from made)`,
  );
}

/** Puts a rule out of action with a reason, whatever it was; true when it was in action. */
export async function disableRule(tx: Tx, id: string, reason: string, now: Date): Promise<boolean> {
  const count = await execute(
    tx,
    sql`insert into rule (id, source, enabled, version, disabled_reason, updated_at, updated_by)
        values (${id}, 'built-in', false, 1, ${reason.slice(0, 500)}, ${now}, 'Vedette')
        on conflict (id) do update set enabled = false, disabled_reason = excluded.disabled_reason, updated_at = excluded.updated_at, updated_by = excluded.updated_by
        where rule.enabled -- no-op if it is out already`,
  );
  return count > 0;
}
