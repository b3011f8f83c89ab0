"use client";
import { type ReactNode, useId, useState } from "react";
import styles from "./chart-frame.module.css";
import { cx } from "./cx";
import tabs from "./tabs.module.css";

/** What a colour in the chart stands for. */
export interface Legend {
  label: string;
  colour: string;
  /** `area`: an expected band; `line`, `dots`: a line; otherwise a filled square. */
  kind?: "fill" | "area" | "line" | "dots";
}

/**
 * A chart with its title, legend and the switch between picture and table. The table is also the form for screen readers: the picture is hidden from them
 * and summed up by `summary`.
 */
export function ChartFrame({
  title,
  legend = [],
  summary,
  aside,
  picture,
  table,
  footer,
}: {
  title: ReactNode;
  legend?: readonly Legend[];
  summary: string;
  aside?: ReactNode;
  picture: ReactNode;
  table: ReactNode;
  footer?: ReactNode;
}) {
  const [asTable, setAsTable] = useState(false);
  const id = useId();
  return (
    <section className={styles.frame} aria-labelledby={id}>
      <header className={styles.header}>
        <h2 id={id}>{title}</h2>
        {legend.map((entry) => (
          <span key={entry.label} className={styles.legend}>
            <i
              className={cx(
                entry.kind === "area" && styles.area,
                entry.kind === "line" && styles.line,
                entry.kind === "dots" && styles.dots,
              )}
              style={entry.kind === "dots" ? { color: entry.colour } : { background: entry.colour }}
              aria-hidden
            />
            {entry.label}
          </span>
        ))}
        <div className={styles.aside}>
          {aside}
          <button type="button" className={tabs.segment} aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            Table
          </button>
        </div>
      </header>
      {asTable ? (
        <div className={styles.table} tabIndex={0} role="region" aria-labelledby={id}>
          {table}
        </div>
      ) : (
        <>
          <p className="visually-hidden">{summary}</p>
          <div className={styles.picture} aria-hidden>
            {picture}
          </div>
        </>
      )}
      {footer && <footer className={styles.footer}>{footer}</footer>}
    </section>
  );
}
