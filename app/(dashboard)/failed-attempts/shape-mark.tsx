import type { AttemptShape } from "@/lib/charts/attempt-shape";

/** How a shape is drawn: from how many points to how many, and which lines are thin or broken. */
const DRAWN: Record<AttemptShape, { from: number[]; to: number[]; width: number; broken?: boolean }> = {
  "brute force": { from: [8], to: [8], width: 2.4 },
  stuffing: { from: [8], to: [2, 8, 14], width: 1.2 },
  spray: { from: [8], to: [2, 8, 14], width: 1, broken: true },
  distributed: { from: [2, 8, 14], to: [8], width: 1.2 },
  ghosts: { from: [8], to: [2, 8, 14], width: 0.7 },
  "plain slips": { from: [8], to: [8], width: 0.8 },
};

/** The shape of attempts as a small drawing: sources at the left, accounts at the right. The word stands beside it. */
export function ShapeMark({ shape }: { shape: AttemptShape }) {
  const { from, to, width, broken } = DRAWN[shape];
  const hollow = shape === "ghosts";
  return (
    <svg width="26" height="16" viewBox="0 0 26 16" aria-hidden style={{ flex: "none" }}>
      {from.flatMap((a) =>
        to.map((b) => (
          <line
            key={`${a} ${b}`}
            x1="3"
            y1={a}
            x2="23"
            y2={b}
            stroke="currentColor"
            strokeWidth={width}
            strokeDasharray={broken ? "2 2" : undefined}
          />
        )),
      )}
      {from.map((y) => (
        <circle key={y} cx="3" cy={y} r="2" fill="currentColor" />
      ))}
      {to.map((y) => (
        <circle
          key={y}
          cx="23"
          cy={y}
          r="2"
          fill={hollow ? "var(--surface)" : "currentColor"}
          stroke="currentColor"
          strokeWidth={hollow ? 0.8 : 0}
        />
      ))}
    </svg>
  );
}
