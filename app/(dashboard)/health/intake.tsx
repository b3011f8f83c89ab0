import { BarList } from "@/app/ui/bar-list";
import { Card } from "@/app/ui/card";
import { EmptyState } from "@/app/ui/states";
import { TimeSeries } from "@/app/ui/time-series";
import { formatCount, plural } from "@/lib/model/format";
import { listIntake, listRefusalReasons, type SenderFilter } from "@/lib/store/health-reads";

const MINUTE = 60_000;
const DAY = 86_400_000;

const parts = [
  { key: "accepted", label: "accepted", colour: "var(--data)" },
  { key: "duplicate", label: "duplicate", colour: "var(--data-soft)" },
  { key: "refused", label: "refused", colour: "var(--fail)" },
];

/** What became of everything that arrived in the last hour, minute by minute, and why the rest of the day's items were not taken. */
export async function Intake({ from, to, sender }: { from: number; to: number; sender: SenderFilter | undefined }) {
  const first = Math.floor(from / MINUTE) * MINUTE;
  const [minutes, reasons] = await Promise.all([
    listIntake({ from: first, to, widthMs: MINUTE, sender }),
    listRefusalReasons({ from: to - DAY, to, sender }),
  ]);
  const byMinute = new Map(minutes.map((minute) => [minute.at, minute]));
  const points = Array.from({ length: Math.ceil((to - first) / MINUTE) }, (_, index) => {
    const { accepted = 0, duplicate = 0, refused = 0 } = byMinute.get(first + index * MINUTE) ?? {};
    return { at: first + index * MINUTE, values: { accepted, duplicate, refused } };
  });
  const sum = (key: "accepted" | "duplicate" | "refused") => minutes.reduce((total, minute) => total + minute[key], 0);
  const summary = `In the last hour ${plural(sum("accepted"), "item")} accepted, ${formatCount(sum("duplicate"))} duplicate, ${formatCount(sum("refused"))} refused.`;
  return (
    <div className="grid-2-1">
      <TimeSeries title="Received per minute" points={points} parts={parts} step={MINUTE} summary={summary} height={200} />
      <Card title="Not taken, last 24 hours" aside="items" flush>
        {reasons.length === 0 ? (
          <EmptyState title="Everything was taken in." />
        ) : (
          <BarList
            unit="items"
            tone="fail"
            rows={reasons.map((reason) => ({
              key: `${reason.outcome} ${reason.reason}`,
              label: reason.reason ? `${reason.outcome}: ${reason.reason.replaceAll("_", " ")}` : reason.outcome,
              value: reason.items,
            }))}
          />
        )}
      </Card>
    </div>
  );
}
