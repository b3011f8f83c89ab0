import { CircleAlert, Lock } from "lucide-react";
import type { CSSProperties, ReactNode } from "react";
import { cx } from "./cx";
import styles from "./states.module.css";

/** Nothing here: why, and the one thing to do about it. `title` is a sentence. */
export function EmptyState({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className={styles.state}>
      <p className={styles.title}>{title}</p>
      {children && <div className={styles.text}>{children}</div>}
      {action && <div className={styles.action}>{action}</div>}
    </div>
  );
}

/** Something failed: plain words, what to do, and the id under which the log has it. */
export function ErrorState({
  title = "This could not be loaded.",
  children,
  action,
  reference,
}: {
  title?: string;
  children?: ReactNode;
  action?: ReactNode;
  reference?: string;
}) {
  return (
    <div className={styles.state} role="alert">
      <CircleAlert size={18} className={styles.bad} aria-hidden />
      <p className={styles.title}>{title}</p>
      {children && <div className={styles.text}>{children}</div>}
      {reference && (
        <p className={styles.text}>
          Reference <code>{reference}</code>
        </p>
      )}
      {action && <div className={styles.action}>{action}</div>}
    </div>
  );
}

/** The signed-in person may not see this; says what it takes and who can give it. */
export function NoPermission({ what, who = "An administrator" }: { what: string; who?: string }) {
  return (
    <div className={styles.state}>
      <Lock size={18} className={styles.icon} aria-hidden />
      <p className={styles.title}>Your role does not let you {what}.</p>
      <p className={styles.text}>{who} can change your role under Team.</p>
    </div>
  );
}

/** A grey block where content will be, on first load only. */
export function Skeleton({ width, height = 14 }: { width?: CSSProperties["width"]; height?: number }) {
  return <span className={styles.skeleton} style={{ width, height }} aria-hidden />;
}

/** A whole page's skeleton: heading, a row of cards, a block. */
export function PageSkeleton() {
  return (
    <div className="stack" role="status" aria-label="Loading">
      <div className={styles.head}>
        <Skeleton width="min(420px, 80%)" height={24} />
        <Skeleton width="min(300px, 60%)" />
      </div>
      <div className="grid-4">
        {[0, 1, 2, 3].map((n) => (
          <span key={n} className={cx(styles.skeleton, styles.block)} style={{ height: 96 }} />
        ))}
      </div>
      <span className={cx(styles.skeleton, styles.block)} style={{ height: 280 }} />
    </div>
  );
}

/** A line across the page that stays until its cause is gone: `warn` for degraded, `bad` for broken, `info` for good to know. */
export function Banner({
  tone = "info",
  children,
  action,
}: {
  tone?: "info" | "warn" | "bad" | "ok";
  children: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className={cx(styles.banner, styles[`banner_${tone}`])} role={tone === "bad" ? "alert" : "status"}>
      <div>{children}</div>
      {action && <div className={styles.bannerAction}>{action}</div>}
    </div>
  );
}
