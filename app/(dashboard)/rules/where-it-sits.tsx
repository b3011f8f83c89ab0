"use client";
import type { BacktestResult } from "@/lib/model/backtest";
import { formatCount, plural } from "@/lib/model/format";
import { cx } from "@/app/ui/cx";
import { placeThreshold } from "./place-threshold";
import styles from "./rules.module.css";

/** What one group of a rule is called. */
const NOUNS: Record<string, string> = {
  "source.ip": "address",
  "source.network": "network",
  "actor.id": "account",
  "credential.id": "key",
  "session.id": "session",
  service: "service",
};

const UNITS: Record<string, string> = { s: "s", m: "min", h: "h", d: "d", w: "w", M: "months", y: "years" };
/** `5m` as people read it. */
const sayTimespan = (text: string): string =>
  text.replace(/^(\d+)([a-zA-Z])$/, (_, count: string, unit: string) => `${count} ${UNITS[unit] ?? unit}`);

/** Where the threshold of the draft lies among what every group really came to, moving with the draft; the one in force stands beside it. */
export function WhereItSits({
  peaks,
  limit,
  live,
  group,
  timespan,
}: {
  peaks: BacktestResult["peaks"];
  limit: number;
  live: number;
  group: string | undefined;
  timespan: string | undefined;
}) {
  const placed = peaks && placeThreshold(peaks, limit, live);
  const noun = NOUNS[group ?? ""] ?? "group";
  if (!placed)
    return (
      <section className={styles.sits} aria-label={`Where ${limit} sits`}>
        <h3>Where {formatCount(limit)} sits</h3>
        <p className="muted small">A backtest shows what each {noun} really came to, and who would reach the threshold.</p>
      </section>
    );
  const { bins, step, groups, reaching, closest } = placed;
  const many = noun.endsWith("s") ? `${noun}es` : `${noun}s`;
  const highest = Math.max(...bins.map((bin) => bin.groups));
  const at = (value: number) => `${Math.min(100, ((value - 1) / (bins.length * step)) * 100)}%`;
  const last = bins.at(-1)?.from ?? 0;
  const isClose = Math.abs(limit - live) < bins.length * step * 0.16;
  return (
    <section className={styles.sits} aria-label={`Where ${limit} sits`}>
      <h3>Where {formatCount(limit)} sits</h3>
      <div className={styles.sitsChart} aria-hidden>
        {bins.map((bin) => (
          <i
            key={bin.from}
            className={cx(bin.from + step > limit && styles.reaches)}
            style={{ height: bin.groups > 0 ? `${Math.max(2, (64 * bin.groups) / highest)}px` : "0" }}
            title={`${formatCount(bin.from)}${step > 1 ? ` to ${formatCount(bin.from + step - 1)}` : ""}: ${formatCount(bin.groups)}`}
          />
        ))}
        {live !== limit && (
          <span className={styles.liveMark} style={{ left: at(live) }}>
            {!isClose && <b>{formatCount(live)} live</b>}
          </span>
        )}
        <span className={styles.mark} style={{ left: at(limit) }}>
          <b>{formatCount(limit)}</b>
        </span>
      </div>
      <div className={styles.ends} aria-hidden>
        <span>1</span>
        <span>{formatCount(last)} and more</span>
      </div>
      <p className="muted small">
        The most that each {noun} had {timespan ? `in ${sayTimespan(timespan)}` : "in one window"}.{" "}
        <b>
          {formatCount(reaching)} of {plural(groups, noun, many)}
        </b>{" "}
        {reaching === 1 ? "reaches" : "reach"} {formatCount(limit)}
        {closest === undefined ? "." : `; the closest of the others came to ${formatCount(closest)}.`}
      </p>
    </section>
  );
}
