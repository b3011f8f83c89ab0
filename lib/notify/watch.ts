/**
 * The product watches itself: the web processes look whether any worker still gives signs of life, the workers whether any web process does, and whoever
 * finds the other quiet tells the administrators, once for each silence.
 */
import { log } from "@/lib/log";
import { inTransaction } from "@/lib/store/db";
import { findLastSign } from "@/lib/store/heartbeats";
import { tellAdministrators } from "@/lib/store/tell-administrators";

/** Quiet for this long is no restart any more, ms. */
const QUIET_MS = 60_000;
/** Two looks so far apart must find the same last sign: after a machine slept, everybody's last sign is old for a moment. */
const LOOKS_APART_MS = 20_000;

type Role = "web" | "worker";
const TELLS: Record<Role, { title: string; paragraphs: (since: string) => string[] }> = {
  worker: {
    title: "Vedette's workers have stopped",
    paragraphs: (since) => [
      `No worker process has given a sign of life since ${since}. Events are still taken in and kept, but nothing is detected, and this note was sent by the web process itself.`,
      "Look at the log of the worker process and start it again: it catches up with everything that waits.",
    ],
  },
  web: {
    title: "Vedette's web server has stopped",
    paragraphs: (since) => [
      `No web process has given a sign of life since ${since}. What was taken in is still detected and told, but nobody can send events or open the dashboard.`,
      "Look at the log of the web process and start it again.",
    ],
  },
};

/** Watches the other role; its memory is that of one process. */
export interface Watch {
  /** Looks once; true while the other role is quiet. */
  turn(now: Date): Promise<boolean>;
}

/** A watch over the processes of `other`. A role that never gave a sign is not installed, and not missed. */
export function createWatch(other: Role): Watch {
  let suspected: { sign: number; at: number } | undefined;
  return {
    async turn(now) {
      const sign = (await findLastSign(other))?.getTime();
      if (sign === undefined || now.getTime() - sign < QUIET_MS) {
        suspected = undefined;
        return false;
      }
      if (suspected?.sign !== sign) suspected = { sign, at: now.getTime() };
      if (now.getTime() - suspected.at < LOOKS_APART_MS) return false;
      const since = new Date(sign).toISOString();
      const { title, paragraphs } = TELLS[other];
      const note = {
        subjectKey: `quiet:${other}:${since}`,
        title,
        paragraphs: paragraphs(since),
        action: { text: "Open Health", path: "/health" },
      };
      if ((await inTransaction((tx) => tellAdministrators(tx, note, now))) > 0) log.error({ role: other, since }, "a role has gone quiet");
      return true;
    },
  };
}
