"use client";
import { useState, useTransition } from "react";
import { Button } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { Select } from "@/app/ui/field";
import { Banner } from "@/app/ui/states";
import { Time } from "@/app/ui/time";
import { formatCount, formatPercent, plural } from "@/lib/model/format";
import type { Backtest, BacktestAlert } from "@/lib/rules/backtest";
import { runBacktest } from "./actions";
import styles from "./rules.module.css";

/** What the draft would have said about the past, beside the rule in force. */
export function BacktestCard({ id, yaml, blocked }: { id: string; yaml: string; blocked: boolean }) {
  const [days, setDays] = useState(7);
  const [result, setResult] = useState<{ yaml: string; backtest: Backtest }>();
  const [failure, setFailure] = useState("");
  const [busy, start] = useTransition();
  const run = () =>
    start(async () => {
      const state = await runBacktest(id, yaml, days);
      setFailure(state.status === "failed" ? state.message : "");
      if (state.status === "done") setResult({ yaml, backtest: state.value });
    });
  return (
    <Card
      title="Backtest"
      aside={
        <Select value={days} onChange={(event) => setDays(Number(event.target.value))} aria-label="How far back">
          <option value={1}>24 h</option>
          <option value={7}>7 d</option>
          <option value={30}>30 d</option>
        </Select>
      }
    >
      <div className="stack">
        <Button onClick={run} busy={busy} disabled={blocked || busy}>
          {busy ? "Reading the past …" : "Run over the past"}
        </Button>
        {failure && <Banner tone="bad">{failure}</Banner>}
        {result && <Result backtest={result.backtest} isStale={result.yaml !== yaml} />}
        {!result && !busy && <p className="muted small">Both texts read the same events. Nothing is stored and nobody is mailed.</p>}
      </div>
    </Card>
  );
}

function Result({ backtest, isStale }: { backtest: Backtest; isStale: boolean }) {
  const { read, total, readTo, until, draft, live, days, fresh, gone, entities } = backtest;
  const highest = Math.max(1, ...days.map((day) => day.same + day.fresh + day.gone));
  const lost = gone.filter(({ verdict }) => verdict === "true");
  return (
    <>
      <p className="small">
        {readTo < until ? <b>{formatPercent(read / Math.max(1, total))} read, up to </b> : <b>All read, up to </b>}
        <Time at={readTo} />. {formatCount(read)} events{isStale && <span className={styles.error}>; the text has changed since</span>}.
      </p>
      {days.length > 0 && (
        <>
          <div className={styles.keys}>
            <span>
              <i className={styles.same} />
              same
            </span>
            <span>
              <i className={styles.fresh} />
              new
            </span>
            <span>
              <i className={styles.gone} />
              gone
            </span>
            <span className="push">alerts a day</span>
          </div>
          <div
            className={styles.bars}
            role="img"
            aria-label={`Alerts a day: ${days.map((day) => `${new Date(day.day).toISOString().slice(0, 10)} ${day.same} same, ${day.fresh} new, ${day.gone} gone`).join("; ")}`}
          >
            {days.map((day) => (
              <div key={day.day} className={styles.bar} title={new Date(day.day).toISOString().slice(0, 10)}>
                {(["same", "fresh", "gone"] as const).map(
                  (kind) =>
                    day[kind] > 0 && <div key={kind} className={styles[kind]} style={{ height: `${(80 * day[kind]) / highest}px` }} />,
                )}
              </div>
            ))}
          </div>
        </>
      )}
      <div className={styles.figures}>
        <span>
          <b className="num">{formatCount(draft)}</b>
          {draft === 1 ? "alert" : "alerts"}
          <span className="muted small"> live {formatCount(live)}</span>
        </span>
        <span>
          <b className="num">+{formatCount(fresh.length)}</b>new
        </span>
        <span>
          <b className="num">−{formatCount(gone.length)}</b>gone
        </span>
      </div>
      {lost.length > 0 && (
        <Banner tone="bad">
          {plural(lost.length, "alert")} of those gone {lost.length === 1 ? "was" : "were"} judged true:{" "}
          {lost.map(({ entity, incident }) => `${entity} (INC-${incident})`).join(", ")}.
        </Banner>
      )}
      <Alerts title="New" alerts={fresh} />
      <Alerts title="Gone" alerts={gone} />
      {entities.length > 0 && (
        <details>
          <summary className="small">Would name most often</summary>
          <ul className={styles.list}>
            {entities.map(({ entity, alerts }) => (
              <li key={entity}>
                <span className={styles.line}>
                  <span className="mono">{entity}</span>
                  <b className="num">{formatCount(alerts)}</b>
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Alerts({ title, alerts }: { title: string; alerts: readonly BacktestAlert[] }) {
  if (alerts.length === 0) return null;
  return (
    <details>
      <summary className="small">
        {title}: {plural(alerts.length, "alert")}
      </summary>
      <ul className={styles.list}>
        {alerts.map((alert, index) => (
          <li key={index}>
            <span className={styles.line}>
              <span className="mono">{alert.entity}</span>
              <Time at={alert.at} />
            </span>
            <span className="muted">{alert.sentence}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
