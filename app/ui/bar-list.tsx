import Link from "next/link";
import type { ReactNode } from "react";
import { formatCount } from "@/lib/model/format";
import styles from "./bar-list.module.css";
import { cx } from "./cx";

interface BarRow {
  key: string;
  /** What is counted: an address, an account, a route. Written by strangers: text only. */
  label: ReactNode;
  value: number;
  /** Said at the right, for example the change since before. */
  note?: ReactNode;
  href?: string;
  mono?: boolean;
}

/** Who or what had the most, each with its bar. `unit` names the numbers for screen readers and the column's head. */
export function BarList({
  rows,
  unit,
  tone = "data",
  format = formatCount,
}: {
  rows: readonly BarRow[];
  unit: string;
  tone?: "data" | "fail";
  format?: (value: number) => string;
}) {
  const max = Math.max(...rows.map((row) => row.value), 1);
  return (
    <ol className={styles.list}>
      {rows.map((row) => (
        <li key={row.key} className={cx(styles.row, styles[tone])}>
          <i style={{ width: `${(row.value / max) * 100}%` }} aria-hidden />
          {row.href ? (
            <Link prefetch={false} href={row.href} className={cx(styles.label, row.mono && "mono")}>
              {row.label}
            </Link>
          ) : (
            <span className={cx(styles.label, row.mono && "mono")}>{row.label}</span>
          )}
          <span className={styles.value}>
            {format(row.value)}
            <span className="visually-hidden"> {unit}</span>
          </span>
          {row.note !== undefined && <span className={styles.note}>{row.note}</span>}
        </li>
      ))}
    </ol>
  );
}
