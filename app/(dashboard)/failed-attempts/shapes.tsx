import Link from "next/link";
import { cx } from "@/app/ui/cx";
import { SHAPES, type AttemptShape, type ShapeCount } from "@/lib/charts/attempt-shape";
import { formatCount, plural } from "@/lib/model/format";
import { ShapeMark } from "./shape-mark";
import styles from "./failed-attempts.module.css";

/** What the attempts look like: each shape with how many lines have it and what they did; pressing one shows only those. */
export function Shapes({
  counts,
  current,
  hrefOf,
  note,
}: {
  counts: ReadonlyMap<AttemptShape, ShapeCount>;
  current: AttemptShape | undefined;
  hrefOf: (shape: AttemptShape | undefined) => string;
  /** Of which lines they speak, where those are not all. */
  note?: string | undefined;
}) {
  return (
    <nav className={styles.shapes} aria-label="Shape">
      {SHAPES.filter((shape) => counts.has(shape)).map((shape) => {
        const { lines, failures, accounts } = counts.get(shape) as ShapeCount; // filtered above
        return (
          <Link
            key={shape}
            prefetch={false}
            scroll={false}
            href={hrefOf(shape === current ? undefined : shape)}
            className={cx(styles.shape, shape === current && styles.on)}
            aria-current={shape === current ? "true" : undefined}
          >
            <ShapeMark shape={shape} />
            <span>
              <b>
                {shape} {formatCount(lines)}
              </b>
              <span className="faint">
                {plural(failures, "try", "tries")} on {plural(accounts, "account")}
              </span>
            </span>
          </Link>
        );
      })}
      {note && <p className="faint small">{note}</p>}
    </nav>
  );
}
