import Link from "next/link";
import type { ReactNode } from "react";
import { formatDelta } from "@/lib/model/format";
import { cx } from "./cx";
import styles from "./number.module.css";

/** A change against an earlier number. `worse` names the direction that is bad news; without it the change has no colour. */
export function Delta({ value, before, worse }: { value: number; before: number; worse?: "up" | "down" }) {
  const bad = worse && (worse === "up" ? value > before * 1.25 + 3 : value < before * 0.75 - 3);
  return <span className={cx("num", styles.delta, bad && styles.bad)}>{formatDelta(value, before)}</span>;
}

/** One figure with what it is compared with and its recent course; the whole card is a link when `href` is given. */
export function Stat({
  label,
  value,
  note,
  chart,
  href,
}: {
  label: string;
  value: ReactNode;
  note?: ReactNode;
  chart?: ReactNode;
  href?: string;
}) {
  const inside = (
    <>
      <span className={styles.label}>{label}</span>
      <span className={styles.line}>
        <span>
          <span className={cx("num", styles.figure)}>{value}</span>
          {note && <span className={styles.note}>{note}</span>}
        </span>
        {chart && <span className={cx(styles.chart, "hide-on-phone")}>{chart}</span>}
      </span>
    </>
  );
  if (!href) return <div className={styles.stat}>{inside}</div>;
  return (
    <Link prefetch={false} href={href} className={cx(styles.stat, styles.open)}>
      {inside}
    </Link>
  );
}
