import type { ReactNode } from "react";
import styles from "./code.module.css";
import { CopyButton } from "./copy-button";

/** A few lines to read and take along: name at the top, numbered lines, Copy. `copy` overrides what is copied. */
export function CodeBlock({
  name,
  code,
  note,
  prompt,
  copy,
  children,
}: {
  name: string;
  code: string;
  note?: ReactNode;
  prompt?: string;
  copy?: string;
  children?: ReactNode;
}) {
  const lines = code.replace(/\n$/, "").split("\n");
  return (
    <figure className={styles.block}>
      <figcaption className={styles.caption}>
        <span>{name}</span>
        {note && <span className={styles.note}>{note}</span>}
        <CopyButton text={copy ?? code} what={name} />
      </figcaption>
      <pre className={styles.code} tabIndex={0} aria-label={name} role="region">
        {children ??
          lines.map((line, index) => (
            <span key={index} className={styles.line}>
              <i aria-hidden>{prompt ?? index + 1}</i>
              {line || " "}
              {"\n"}
            </span>
          ))}
      </pre>
    </figure>
  );
}

/** A short piece of code in a sentence. */
export function Code({ children }: { children: ReactNode }) {
  return <code className={styles.inline}>{children}</code>;
}
