/** Long work with progress, for whoever started it and for everybody who waits. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { asJson, db, type Executor, execute, queryOne, sql, type Tx } from "./db";

const TaskRow = z.object({
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  state: z.enum(["waiting", "running", "done", "failed", "stopped"]),
  done: z.number(),
  total: z.number().nullable(),
  unit: z.string(),
  details: z.record(z.string(), z.unknown()),
  startedBy: z.string().nullable(),
  startedAt: z.date(),
  updatedAt: z.date(),
  finishedAt: z.date().nullable(),
  error: z.string().nullable(),
});
/** A piece of long work. `done` of `total` (null: unknown) in `unit`. */
export type Task = z.infer<typeof TaskRow>;

const columns = sql`
  id, kind, title, state, done, total, unit, details, started_by as "startedBy", started_at as "startedAt", updated_at as "updatedAt",
  finished_at as "finishedAt", error`;

/** Begins a task, or with `state: "waiting"` puts it in line for a worker; its id. */
export async function insertTask(
  on: Executor,
  task: {
    kind: string;
    title: string;
    total: number | null;
    unit: string;
    by: string;
    at: Date;
    state?: "waiting" | "running";
    details?: Record<string, unknown>;
  },
): Promise<string> {
  const id = randomUUID();
  await execute(
    on,
    sql`
    insert into task (id, kind, title, state, total, unit, details, started_by, started_at, updated_at)
    values (${id}, ${task.kind}, ${task.title}, ${task.state ?? "running"}, ${task.total}, ${task.unit}, ${asJson(task.details ?? {})}, ${task.by}, ${task.at}, ${task.at})`,
  );
  return id;
}

/** Says how far a task has come, and what it found so far; false when somebody ended it meanwhile. */
export async function saveTaskProgress(
  id: string,
  { done, total, at, details }: { done: number; total: number | null; at: Date; details?: Record<string, unknown> },
): Promise<boolean> {
  const said = details ? sql`${asJson(details)}::json` : sql`details`;
  const count = await execute(
    db,
    sql`update task set done = ${done}, total = ${total}, updated_at = ${at}, details = ${said} where id = ${id} and state = 'running' -- no-op if it has ended`,
  );
  return count > 0;
}

/** Ends a task; `error` says why it failed. */
export async function finishTask(id: string, { at, error }: { at: Date; error?: string }): Promise<void> {
  const state = error === undefined ? "done" : "failed";
  await execute(
    db,
    sql`update task set state = ${state}, error = ${error ?? null}, updated_at = ${at}, finished_at = ${at} where id = ${id} and state = 'running' -- no-op if it has ended`,
  );
}

/** The newest task of a kind, or null. */
export async function findLatestTask(kind: string): Promise<Task | null> {
  return queryOne(db, sql`select ${columns} from task where kind = ${kind} order by started_at desc limit 1`, TaskRow);
}

export const findTask = (on: Executor, id: string): Promise<Task | null> =>
  queryOne(on, sql`select ${columns} from task where id = ${id}::uuid`, TaskRow);

/** Whose task it is and what it is about, as its details say. */
type About = Partial<Record<"personId" | "ruleId", string>>;

const isAbout = ({ personId, ruleId }: About) =>
  sql`(${personId ?? null}::text is null or details->>'personId' = ${personId ?? null}) and (${ruleId ?? null}::text is null or details->>'ruleId' = ${ruleId ?? null})`;

/** The newest task of a kind whose details say so, or null. */
export const findLatestTaskWhere = (on: Executor, kind: string, about: About): Promise<Task | null> =>
  queryOne(on, sql`select ${columns} from task where kind = ${kind} and ${isAbout(about)} order by started_at desc limit 1`, TaskRow);

/** One at a time through here, until the transaction ends. */
export const lockTasks = async (tx: Tx, kind: string): Promise<void> =>
  void (await execute(tx, sql`select pg_advisory_xact_lock(hashtext('vedette.task'), hashtext(${kind}))`));

/** Tasks of a kind that wait or run. */
export async function countOpenTasks(on: Executor, kind: string): Promise<number> {
  const row = await queryOne(
    on,
    sql`select count(*) as open from task where kind = ${kind} and state in ('waiting', 'running')`,
    z.object({ open: z.number() }),
  );
  return row?.open ?? 0;
}

/** Stops a task that waits or runs; its worker notices at its next word. */
export const stopTask = (on: Executor, id: string, at: Date): Promise<number> =>
  execute(
    on,
    sql`update task set state = 'stopped', updated_at = ${at}, finished_at = ${at}
        where id = ${id}::uuid and state in ('waiting', 'running') -- no-op if it has ended`,
  );

/** Stops every open task of a kind whose details say so. */
export const stopTasksWhere = (on: Executor, kind: string, about: About, at: Date): Promise<number> =>
  execute(
    on,
    sql`update task set state = 'stopped', updated_at = ${at}, finished_at = ${at}
        where kind = ${kind} and state in ('waiting', 'running') and ${isAbout(about)} -- no-op if none is open`,
  );

/** Takes the task that waits longest, or one whose worker fell silent before `stalledBefore`; null when there is none. */
export const claimTask = (on: Executor, kind: string, { now, stalledBefore }: { now: Date; stalledBefore: Date }): Promise<Task | null> =>
  queryOne(
    on,
    sql`update task set state = 'running', updated_at = ${now}
        where id = (
          select id from task
          where kind = ${kind} and (state = 'waiting' or (state = 'running' and updated_at < ${stalledBefore}))
          order by started_at
          limit 1
          for update skip locked
        )
        returning ${columns}`,
    TaskRow,
  );

/** Puts a claimed task back in line: its worker is leaving. */
export const releaseTask = async (id: string, at: Date): Promise<void> =>
  void (await execute(
    db,
    sql`update task set state = 'waiting', updated_at = ${at} where id = ${id}::uuid and state = 'running' -- no-op if it has ended`,
  ));
