/** Signs of life of our own processes: each writes one row every few seconds, so that the others can tell when it is quiet. */
import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { log } from "@/lib/log";
import { db, execute, prisma, sql } from "./db";

/** A process that has not written for this long counts as quiet: three missed beats. */
export const QUIET_AFTER_MS = 15_000;
const BEAT_MS = 5_000;
const PARTING_MS = 1_000; // a database that does not answer holds nobody back

const HeartbeatRow = z.object({
  process: z.string(),
  role: z.string(),
  host: z.string(),
  startedAt: z.date(),
  seenAt: z.date(),
  rss: z.number().default(0),
  stopped: z.boolean().default(false),
});

/** One process of ours and when it last wrote. `rss` is its memory in bytes; `stopped`: it said that it was leaving. */
export type Heartbeat = z.infer<typeof HeartbeatRow>;

/** Starts writing signs of life for this process until `stop`, which says that it leaves. */
export function keepBeating(role: "web" | "worker"): { stop(): Promise<void> } {
  const name = `${role}@${hostname()}:${process.pid}`;
  const startedAt = new Date();
  const beat = (stopped = false) =>
    execute(
      db,
      sql`insert into heartbeat (process, role, host, version, started_at, seen_at, details)
          values (${name}, ${role}, ${hostname()}, ${process.version}, ${startedAt}, now(), ${JSON.stringify({ rss: process.memoryUsage.rss(), stopped })})
          on conflict (process) do update set seen_at = excluded.seen_at, details = excluded.details`,
    ).then(
      () => undefined,
      (error: Error) => log.warn({ error: error.message }, "a sign of life could not be written"),
    );
  void beat();
  const timer = setInterval(beat, BEAT_MS);
  timer.unref();
  return {
    stop() {
      clearInterval(timer);
      return Promise.race([beat(true), wait(PARTING_MS, undefined, { ref: false })]);
    },
  };
}

/** The processes seen since `since`, the latest first. */
export async function listHeartbeats(since: Date): Promise<Heartbeat[]> {
  const rows = await prisma().heartbeat.findMany({ where: { seenAt: { gte: since } }, orderBy: { seenAt: "desc" }, take: 100 });
  return rows.map((row) => HeartbeatRow.parse({ ...row, ...(row.details as object) }));
}

/** When any process of a role last wrote; null when none ever did. */
export async function findLastSign(role: "web" | "worker"): Promise<Date | null> {
  const last = await prisma().heartbeat.findFirst({ where: { role }, orderBy: { seenAt: "desc" }, select: { seenAt: true } });
  return last?.seenAt ?? null;
}
