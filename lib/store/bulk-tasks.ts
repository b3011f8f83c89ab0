/** Decisions about many incidents as tasks: who asked, what for, and how far it is. */
import { z } from "zod";
import { asJson, type Executor, execute, query, queryOne, sql, type Tx } from "./db";

const Details = z.object({
  filter: z.record(z.string(), z.unknown()),
  decision: z.record(z.string(), z.unknown()),
  userId: z.string(),
  /** Number of the last incident looked at. */
  after: z.number(),
  /** Decided, and left as they were because their state did not allow it. */
  decided: z.number(),
  left: z.number(),
});
export type BulkDetails = z.infer<typeof Details>;

const Row = z.object({
  id: z.string(),
  state: z.enum(["running", "done", "failed"]),
  total: z.number().nullable(),
  error: z.string().nullable(),
  details: Details,
});
/** A decision about many that runs, or ran. */
export type BulkTask = z.infer<typeof Row>;

const columns = sql`id, state, total, error, details`;
const KIND = "incidents.decide";

/** Writes down what is to be done; its id. */
export async function insertBulk(
  tx: Tx,
  task: { id: string; title: string; total: number; details: BulkDetails; by: string; at: Date },
): Promise<void> {
  await execute(
    tx,
    sql`insert into task (id, kind, title, total, unit, details, started_by, started_at, updated_at)
        values (${task.id}, ${KIND}, ${task.title}, ${task.total}, 'incidents', ${asJson(task.details)}, ${task.by}, ${task.at}, ${task.at})`,
  );
}

/** The task that has waited longest and that no other worker has, locked for this transaction; null when there is none. */
export function claimBulk(tx: Tx): Promise<BulkTask | null> {
  return queryOne(
    tx,
    sql`select ${columns} from task where kind = ${KIND} and state = 'running' order by updated_at limit 1 for update skip locked`,
    Row,
  );
}

/** Says how far it is; `ended` says that nothing is left, or why it cannot go on. */
export async function saveBulk(
  tx: Tx,
  id: string,
  { details, ended, at }: { details: BulkDetails; ended?: { error?: string }; at: Date },
): Promise<void> {
  const state = !ended ? "running" : ended.error === undefined ? "done" : "failed";
  await execute(
    tx,
    sql`update task set details = ${asJson(details)}, done = ${details.decided + details.left}, state = ${state}, error = ${ended?.error ?? null},
          updated_at = ${at}, finished_at = ${ended ? at : null} where id = ${id} and state = 'running' -- no-op if it was stopped meanwhile`,
  );
}

/** Ends a running task of this person; false when there is none. */
export async function stopBulk(on: Executor, { id, userId, at }: { id: string; userId: string; at: Date }): Promise<boolean> {
  const stopped = await execute(
    on,
    sql`update task set state = 'failed', error = 'Stopped.', updated_at = ${at}, finished_at = ${at}
        where id = ${id} and kind = ${KIND} and state = 'running' and details ->> 'userId' = ${userId}`,
  );
  return stopped > 0;
}

/** What this person has running, the latest first; and one by id when it is theirs. */
export function listBulk(on: Executor, { userId, id }: { userId: string; id?: string }): Promise<BulkTask[]> {
  return query(
    on,
    sql`select ${columns} from task where kind = ${KIND} and details ->> 'userId' = ${userId}
          and ${id === undefined ? sql`state = 'running'` : sql`id = ${id}`} order by started_at desc limit 5`,
    Row,
  );
}
