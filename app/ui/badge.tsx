import type { ReactNode } from "react";
import type { Outcome } from "@/lib/model/event";
import type { Level } from "@/lib/model/alert";
import styles from "./badge.module.css";
import { cx } from "./cx";

/** The tones that mean something: five levels, well, and nothing in particular. */
export type Tone = "critical" | "high" | "medium" | "low" | "info" | "ok";

const wordOf: Record<Level, string> = { critical: "Critical", high: "High", medium: "Medium", low: "Low", informational: "Info" };
const toneOf: Record<Level, Tone> = { critical: "critical", high: "high", medium: "medium", low: "low", informational: "info" };

/** A short word with a tone and a shape: diamond, triangle, square, or a dot for the calm ones. Never colour alone. */
export function Badge({ tone = "info", children, bare = false }: { tone?: Tone; children: ReactNode; bare?: boolean }) {
  return (
    <span className={cx(styles.badge, styles[tone], bare && styles.bare)}>
      <i className={styles.shape} aria-hidden />
      {children}
    </span>
  );
}

/** How bad it is: the level's word, colour and shape. */
export function LevelBadge({ level, bare }: { level: Level; bare?: boolean }) {
  return (
    <Badge tone={toneOf[level]} bare={bare}>
      {wordOf[level]}
    </Badge>
  );
}

const outcomeWord: Record<Outcome, string> = { success: "success", failure: "failure", unknown: "unknown" };

/** What became of it, as dot and word. */
export function OutcomeMark({ outcome, children }: { outcome: Outcome; children?: ReactNode }) {
  return (
    <span className={cx(styles.outcome, styles[outcome])}>
      <i aria-hidden />
      {children ?? outcomeWord[outcome]}
    </span>
  );
}

/** A small state light with its word beside it. */
export function Dot({ tone = "info", children }: { tone?: Tone; children?: ReactNode }) {
  return (
    <span className={styles.dot}>
      <i className={cx(styles.light, styles[tone])} aria-hidden />
      {children}
    </span>
  );
}
