import { cx } from "@/app/ui/cx";
import { diffLines } from "./diff-lines";
import styles from "./rules.module.css";

/** Two texts line by line: what goes and what comes. */
export function DiffView({ before, after }: { before: string; after: string }) {
  const lines = diffLines(before, after);
  if (lines.every(({ kind }) => kind === "same")) return <p className={cx("muted", styles.diff)}>No difference.</p>;
  return (
    <pre className={styles.diff} tabIndex={0} aria-label="Difference">
      {lines.map(({ kind, text }, index) => (
        <div key={index} className={kind === "added" ? styles.added : kind === "removed" ? styles.removed : undefined}>
          {kind === "added" ? "+ " : kind === "removed" ? "- " : "  "}
          {text}
        </div>
      ))}
    </pre>
  );
}
