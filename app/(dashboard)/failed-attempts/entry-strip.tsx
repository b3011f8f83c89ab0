import { entryStrip } from "@/lib/charts/entry-strip";
import { plural } from "@/lib/model/format";
import type { Entry } from "@/lib/store/attempt-reads";

const WIDTH = 240;
const HEIGHT = 34;
const FOOT = 28;

/** Failures as thin marks, the way in as a diamond, what was done after it as strong marks: one glance at one break-in. */
export function EntryStrip({ entry: { failedAt, entered, afterAt } }: { entry: Entry }) {
  const columns = entryStrip({ failures: failedAt, entered: entered.getTime(), after: afterAt });
  const step = WIDTH / columns.length;
  const most = Math.max(1, ...columns.map(({ failures, events }) => Math.max(failures, events)));
  const size = (count: number) => (count === 0 ? 0 : 6 + 12 * (count / most));
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={`${plural(failedAt.length, "failure")}, then in, then ${plural(afterAt.length, "event")}`}
    >
      <line x1="0" x2={WIDTH} y1={FOOT} y2={FOOT} stroke="var(--line-strong)" />
      {columns.map(({ failures, events, entry }, n) => (
        <g key={n}>
          {failures > 0 && <rect x={n * step} y={FOOT - size(failures)} width="2" height={size(failures)} fill="var(--fail)" />}
          {events > 0 && <rect x={n * step + 2} y={FOOT - size(events)} width="2" height={size(events)} fill="var(--ink)" />}
          {entry && <path d={`M${n * step + 1} 0 l5 5 l-5 5 l-5 -5z`} fill="var(--critical)" />}
        </g>
      ))}
    </svg>
  );
}
