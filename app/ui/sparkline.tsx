/** The recent course of a number as small columns. `label` says it in words; without one it is decoration beside the number. */
export function Sparkline({
  values,
  label,
  width = 92,
  height = 30,
  tone = "soft",
}: {
  values: readonly (number | null)[];
  label?: string;
  width?: number;
  height?: number;
  tone?: "soft" | "data" | "fail" | "critical" | "high" | "medium" | "low" | "info";
}) {
  const max = Math.max(...values.map((value) => value ?? 0), 1);
  const step = width / Math.max(values.length, 1);
  const colour = tone === "soft" ? "var(--data-soft)" : `var(--${tone})`;
  return (
    <svg width={width} height={height} role={label ? "img" : undefined} aria-label={label} aria-hidden={label ? undefined : true}>
      {values.map((value, index) => {
        if (value === null) return null; // a gap is a gap
        const size = Math.max(1, (value / max) * height);
        return (
          <rect
            key={index}
            x={index * step}
            y={height - size}
            width={Math.max(1, step - 1)}
            height={size}
            rx={Math.min(1, step / 4)}
            fill={colour}
          />
        );
      })}
    </svg>
  );
}
