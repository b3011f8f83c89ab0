import type { ReactNode } from "react";
import styles from "./card.module.css";
import { cx } from "./cx";

/** A sheet on the paper. With `title` it is a named region; `aside` sits at the right of the title, `footer` under a line. */
export function Card({
  title,
  note,
  aside,
  footer,
  flush = false,
  className,
  children,
  level = 2,
}: {
  title?: ReactNode;
  note?: ReactNode;
  aside?: ReactNode;
  footer?: ReactNode;
  /** No padding round the content: tables and lists that bring their own. */
  flush?: boolean;
  className?: string;
  children?: ReactNode;
  level?: 2 | 3;
}) {
  const Heading = level === 2 ? "h2" : "h3";
  return (
    <section className={cx(styles.card, className)}>
      {(title || aside) && (
        <header className={styles.header}>
          {title && <Heading>{title}</Heading>}
          {note && <span className={styles.note}>{note}</span>}
          {aside && <div className={styles.aside}>{aside}</div>}
        </header>
      )}
      {children !== undefined && (
        <div className={cx(!flush && styles.body, !flush && Boolean(title || aside) && styles.under)}>{children}</div>
      )}
      {footer && <footer className={styles.footer}>{footer}</footer>}
    </section>
  );
}
