/** How the product itself is doing: the facts, and what follows from them in words. Pure: the same facts always say the same. */
import { formatBytes, formatCount, formatPercent, formatSpan, plural } from "./format";

/** What was measured. Times are ms since the epoch, spans ms, sizes bytes. */
export interface HealthFacts {
  now: number;
  processes: readonly { name: string; role: string; host: string; startedAt: number; seenAt: number; rss: number; stopped: boolean }[];
  /** What detection has not seen: live batches only. `dead`: given up after several tries. */
  backlog: { batches: number; events: number; oldestAt: number | null; dead: number; failure: string | null };
  /** From receipt to alert-or-not, over the last hour; null without a batch. */
  lag: { p50: number; p95: number; batches: number } | null;
  /** Messages that should have left; `failing` of them were tried in vain. */
  outbox: { waiting: number; failing: number; dead: number; oldestAt: number | null; lastError: string | null };
  /** Items of the last ten minutes by outcome. */
  recent: { accepted: number; duplicate: number; rejected: number };
  disk: { free: number; total: number } | null;
}

/** One thing that is not as it should be, worst first in lists. */
export interface Finding {
  tone: "bad" | "warn";
  /** A sentence: what is wrong, and what it means for the person. */
  text: string;
}

const QUIET_MS = 15_000; // three missed beats
const SLOW_MS = 60_000;
const STUCK_MS = 5 * 60_000;
const MAIL_LATE_MS = 5 * 60_000;
const DISK_FLOOR = 1_000_000_000; // where ingest begins to refuse

/** What a process is doing: it runs, it left as it was told to, or it has stopped giving signs of life. */
export const stateOfProcess = ({ seenAt, stopped }: { seenAt: number; stopped: boolean }, now: number): "running" | "stopped" | "quiet" =>
  stopped ? "stopped" : now - seenAt > QUIET_MS ? "quiet" : "running";

/** Everything that is not as it should be; empty when all is well. */
export function judgeHealth(facts: HealthFacts): Finding[] {
  const findings = [...judgeWork(facts), ...judgeMail(facts), ...judgeIntake(facts), ...judgeDisk(facts)];
  return findings.toSorted((a, b) => (a.tone === b.tone ? 0 : a.tone === "bad" ? -1 : 1));
}

function judgeWork({ now, processes, backlog, lag }: HealthFacts): Finding[] {
  const findings: Finding[] = [];
  if (!processes.some((process) => process.role === "worker" && stateOfProcess(process, now) === "running"))
    findings.push({ tone: "bad", text: "No worker is running: events are kept, but nobody looks at them and no mail leaves." });
  const waiting = backlog.oldestAt === null ? 0 : now - backlog.oldestAt;
  if (waiting > STUCK_MS)
    findings.push({ tone: "bad", text: `Detection is ${formatSpan(waiting)} behind, with ${plural(backlog.events, "event")} waiting.` });
  else if (waiting > SLOW_MS) findings.push({ tone: "warn", text: `Detection is ${formatSpan(waiting)} behind and catching up.` });
  else if (lag && lag.p95 > SLOW_MS)
    findings.push({ tone: "warn", text: `In the last hour one batch in twenty waited ${formatSpan(lag.p95)} or more for detection.` });
  if (backlog.dead > 0)
    findings.push({
      tone: "bad",
      text: `Detection gave up on ${plural(backlog.dead, "batch", "batches")} after several tries${backlog.failure ? `: ${backlog.failure}` : "."}`,
    });
  return findings;
}

function judgeMail({ now, outbox }: HealthFacts): Finding[] {
  const findings: Finding[] = [];
  if (outbox.oldestAt !== null && now - outbox.oldestAt > MAIL_LATE_MS)
    findings.push({
      tone: "bad",
      text: `${plural(outbox.waiting, "message")} cannot leave, the oldest for ${formatSpan(now - outbox.oldestAt)}${outbox.lastError ? `: ${outbox.lastError}` : "."}`,
    });
  else if (outbox.failing > 0)
    findings.push({
      tone: "warn",
      text: `${plural(outbox.failing, "message")} could not leave yet and ${outbox.failing === 1 ? "is" : "are"} tried again${outbox.lastError ? `: ${outbox.lastError}` : "."}`,
    });
  if (outbox.dead > 0)
    findings.push({
      tone: "warn",
      text: `${plural(outbox.dead, "message")} could not be delivered and ${outbox.dead === 1 ? "was" : "were"} given up.`,
    });
  return findings;
}

function judgeIntake({ recent }: HealthFacts): Finding[] {
  const all = recent.accepted + recent.duplicate + recent.rejected;
  if (recent.rejected < 10 || recent.rejected < all * 0.05) return [];
  return [
    {
      tone: "warn",
      text: `${formatPercent(recent.rejected / all)} of what arrived in the last ten minutes was refused: ${formatCount(recent.rejected)} of ${formatCount(all)}.`,
    },
  ];
}

function judgeDisk({ disk }: HealthFacts): Finding[] {
  if (!disk) return [];
  const share = disk.free / disk.total;
  if (disk.free < DISK_FLOOR || share < 0.1)
    return [{ tone: "bad", text: `Only ${formatBytes(disk.free)} of disk are free: new events are refused until there is room.` }];
  return share < 0.2 ? [{ tone: "warn", text: `${formatBytes(disk.free)} of disk are free; below a tenth, new events are refused.` }] : [];
}
