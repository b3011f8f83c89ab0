/** Long work with progress, for whoever started it and for everybody who waits. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { db, type Executor, execute, queryOne, sql } from "./db";

const TaskRow = z.object({
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  state: z.enum(["running", "done", "failed"]),
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

/** Begins a task; its id. */
export async function insertTask(
  on: Executor,
  task: { kind: string; title: string; total: number | null; unit: string; by: string; at: Date },
): Promise<string> {
  const id = randomUUID();
  await execute(
    on,
    sql`
    insert into task (id, kind, title, total, unit, started_by, started_at, updated_at)
    values (${id}, ${task.kind}, ${task.title}, ${task.total}, ${task.unit}, ${task.by}, ${task.at}, ${task.at})`,
  );
  return id;
}

/** Says how far a task has come. */
export async function saveTaskProgress(id: string, { done, total, at }: { done: number; total: number | null; at: Date }): Promise<void> {
  await execute(
    db,
    sql`update task set done = ${done}, total = ${total}, updated_at = ${at} where id = ${id} and state = 'running' -- no-op if it has ended`,
  );
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
