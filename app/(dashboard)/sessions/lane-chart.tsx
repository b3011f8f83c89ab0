"use client";
import type { ReactNode } from "react";
import { ChartFrame } from "@/app/ui/chart-frame";
import { useViewer } from "@/app/ui/viewer";
import { timeTicks } from "@/lib/charts/axes";
import { type Lane, type LaneMark, type Lanes, marksOf } from "@/lib/charts/lanes";
import { formatCount, formatInstant, formatOffset, formatSpan, plural } from "@/lib/model/format";
import styles from "./sessions.module.css";

const LEGEND = [
  { label: "request", colour: "var(--data)" },
  { label: "refused", colour: "var(--fail)" },
  { label: "two at once", colour: "var(--fail-soft)", kind: "area" as const },
];

/** Where a session was used from: a lane for each place or device, with what was refused and when two were in use at once. */
export function LaneChart({ title, lanes, marks, aside }: { title: string; lanes: Lanes; marks: readonly LaneMark[]; aside?: ReactNode }) {
  const { zone } = useViewer();
  const ticks = timeTicks(lanes.from, lanes.to, zone, 6);
  const place = (at: number) => `${(100 * (at - lanes.from)) / (lanes.to - lanes.from)}%`;
  const together = lanes.overlaps.reduce((sum, { from, to }) => sum + to - from, 0);
  return (
    <ChartFrame
      title={title}
      legend={together > 0 ? LEGEND : LEGEND.slice(0, 2)}
      aside={aside}
      summary={`Used from ${plural(lanes.lanes.length + lanes.others, "place")}${together > 0 ? `, two of them at once for ${formatSpan(together)}` : ""}: ${lanes.lanes.map((lane) => `${lane.label} ${plural(lane.uses, "request")}`).join(", ")}.`}
      footer={
        together > 0 || lanes.others > 0 ? (
          <>
            {together > 0 && `Two places at once for ${formatSpan(together)}. `}
            {lanes.others > 0 && `${plural(lanes.others, "place")} with fewer requests left out.`}
          </>
        ) : undefined
      }
      picture={
        <div className={styles.lanes}>
          {lanes.lanes.map((lane) => (
            <div key={lane.key} className={styles.lane}>
              <div className={styles.place}>
                <b className="break">{lane.label}</b>
                <span className="faint break">{lane.detail}</span>
              </div>
              <div className={styles.track}>
                {lanes.overlaps.map(({ from, to }) => (
                  <s key={from} style={{ left: place(from), width: `max(2px, ${(100 * (to - from)) / (lanes.to - lanes.from)}%)` }} />
                ))}
                {lane.columns.map((column, n) =>
                  column.uses === 0 ? null : (
                    <i
                      key={n}
                      className={column.refused > 0 ? styles.refused : undefined}
                      style={{ left: `${(100 * n) / lane.columns.length}%`, height: heightOf(column.uses, lane) }}
                    />
                  ),
                )}
                {marksOf(lane.key, marks, lanes).map(({ n, place: left }) => (
                  <b key={n} style={{ left: `${100 * left}%` }}>
                    {n}
                  </b>
                ))}
              </div>
              <div className={styles.count}>
                <b>{formatCount(lane.uses)}</b>
                <span className="faint">requests</span>
              </div>
            </div>
          ))}
          <div className={styles.axis}>
            <span />
            <div>
              {ticks.map(({ at, text }) => (
                <span key={at} style={{ left: place(at) }}>
                  {text}
                </span>
              ))}
            </div>
            <span />
          </div>
        </div>
      }
      table={<LaneTable lanes={lanes.lanes} />}
    />
  );
}

/** Tall enough to be seen, never higher than the track: a burst stands out among single requests. */
function heightOf(uses: number, lane: Lane): string {
  const most = Math.max(...lane.columns.map((column) => column.uses));
  return `${20 + 35 * (Math.log1p(uses) / Math.log1p(most))}%`;
}

function LaneTable({ lanes }: { lanes: readonly Lane[] }) {
  const { zone, now } = useViewer();
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Place</th>
          <th scope="col">Network and program</th>
          <th scope="col">First {formatOffset(now, zone)}</th>
          <th scope="col">Last</th>
          <th scope="col">Requests</th>
          <th scope="col">Refused</th>
        </tr>
      </thead>
      <tbody>
        {lanes.map((lane) => (
          <tr key={lane.key}>
            <th scope="row">{lane.label}</th>
            <td>{lane.detail}</td>
            <td>{formatInstant(lane.from, zone, now, "second")}</td>
            <td>{formatInstant(lane.to, zone, now, "second")}</td>
            <td>{formatCount(lane.uses)}</td>
            <td>{formatCount(lane.refused)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
