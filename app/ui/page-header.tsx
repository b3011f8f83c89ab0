import type { ReactNode } from "react";
import styles from "./page-header.module.css";

/** The page's answer as a sentence, and under it the proof that work was done. `above` holds the way back, `actions` what can be done here. */
export function PageHeader({
  title,
  proof,
  above,
  actions,
}: {
  title: ReactNode;
  proof?: ReactNode;
  above?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <header className={styles.header}>
      <div className={styles.words}>
        {above && <div className={styles.above}>{above}</div>}
        <h1>{title}</h1>
        {proof && <p className={styles.proof}>{proof}</p>}
      </div>
      {actions && <div className={styles.actions}>{actions}</div>}
    </header>
  );
}
