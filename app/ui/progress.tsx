import styles from "./progress.module.css";
import { cx } from "./cx";

const percent = (share: number) => `${Math.round(Math.min(1, Math.max(0, share)) * 1000) / 10}%`;

/** How far long work has come: `share` 0 to 1, or undefined while nobody knows. `label` says what runs. */
export function Progress({ share, label }: { share: number | undefined; label: string }) {
  const now = share === undefined ? undefined : Math.round(share * 100);
  return (
    <div className={styles.track} role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={now}>
      <i
        className={cx(styles.fill, share === undefined && styles.unknown)}
        style={share === undefined ? undefined : { width: percent(share) }}
      />
    </div>
  );
}

/** A share of something as a thin bar. The number stands beside it, so that the bar itself is decoration. */
export function Meter({ share, tone = "good" }: { share: number; tone?: "good" | "fail" | "warn" | "data" }) {
  return (
    <span className={cx(styles.track, styles.meter)} aria-hidden>
      <i className={cx(styles.fill, styles[tone])} style={{ width: percent(share) }} />
    </span>
  );
}
