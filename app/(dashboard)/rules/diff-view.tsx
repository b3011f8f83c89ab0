import { cx } from "@/app/ui/cx";
import { diffLines } from "./diff-lines";
import styles from "./rules.module.css";

const AROUND = 3; // lines of the same text that stay beside a change

/** Two texts line by line: what goes and what comes. `isShort` leaves out what is far from any change. */
export function DiffView({ before, after, isShort = false }: { before: string; after: string; isShort?: boolean }) {
  const lines = diffLines(before, after);
  if (lines.every(({ kind }) => kind === "same")) return <p className={cx("muted", styles.diff)}>No difference.</p>;
  const isNear = (at: number) => lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some(({ kind }) => kind !== "same");
  return (
    <pre className={styles.diff} tabIndex={0} aria-label="Difference">
      {lines.map(({ kind, text }, index) => {
        if (isShort && !isNear(index)) return index === 0 || isNear(index - 1) ? <div key={index}>{"  …"}</div> : null;
        return (
          <div key={index} className={kind === "added" ? styles.added : kind === "removed" ? styles.removed : undefined}>
            {kind === "added" ? "+ " : kind === "removed" ? "- " : "  "}
            {text}
          </div>
        );
      })}
    </pre>
  );
}
