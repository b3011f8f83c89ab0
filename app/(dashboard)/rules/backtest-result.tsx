"use client";
import Link from "next/link";
import { Banner } from "@/app/ui/states";
import { cx } from "@/app/ui/cx";
import { Time } from "@/app/ui/time";
import { useViewer } from "@/app/ui/viewer";
import type { Backtest, BacktestAlert, BacktestResult } from "@/lib/model/backtest";
import { formatClock, formatCount, formatDay, plural } from "@/lib/model/format";
import { incidentName } from "@/lib/model/incident";
import styles from "./rules.module.css";

const HOUR_MS = 3_600_000;

/** What both texts say: per day, in figures, and what is new or gone. */
export function BacktestResultView({
  backtest,
  result,
  onExample,
}: {
  backtest: Backtest;
  result: BacktestResult;
  onExample?: ((alert: BacktestAlert) => void) | undefined;
}) {
  const { draft, live, fresh, gone, freshList, goneList, lost, entities, events } = result;
  const hours = Math.max(1, (backtest.readTo - backtest.from) / HOUR_MS);
  const isNew = backtest.comparedWith === null;
  return (
    <>
      <Bars backtest={backtest} result={result} />
      <div className={styles.figures}>
        <Figure value={draft.alerts} live={live.alerts} word="alert" isNew={isNew} />
        <Figure value={draft.incidents} live={live.incidents} word="incident" isNew={isNew} />
        <Figure value={draft.mails} live={live.mails} word="mail" isNew={isNew} />
      </div>
      {draft.alerts / hours > 1 && <Banner tone="warn">More than one alert an hour: nobody will read these.</Banner>}
      {lost > 0 && (
        <Banner tone="bad">
          <b>
            {formatCount(lost)} of the {formatCount(gone)} gone {lost === 1 ? "was" : "were"} judged true.
          </b>{" "}
          {goneList
            .filter(({ verdict }) => verdict === "true")
            .slice(0, 3)
            .map(({ entity, incident }) => `${entity.value} (${incidentName(incident ?? 0)})`)
            .join(", ")}
        </Banner>
      )}
      {!isNew && <Alerts sign="+" word="new" count={fresh} alerts={freshList} onExample={onExample} />}
      {!isNew && <Alerts sign="−" word="gone" count={gone} alerts={goneList} onExample={onExample} />}
      {isNew && <Alerts sign="" word="alerts" count={fresh} alerts={freshList} onExample={onExample} />}
      {!isNew && fresh + gone === 0 && <p className="muted small">Both texts say the same about these events.</p>}
      {entities.length > 0 && (
        <details>
          <summary className="small">Would name most often</summary>
          <ul className={styles.plain}>
            {entities.map(({ entity, alerts }) => (
              <li key={`${entity.type}${entity.value}`} className={styles.line}>
                <span className="mono small break">{entity.value}</span>
                <b className="num">{formatCount(alerts)}</b>
              </li>
            ))}
          </ul>
        </details>
      )}
      {events.length > 0 && (
        <details>
          <summary className="small">{plural(events.length, "event")} as a sample</summary>
          <ul className={styles.plain}>
            {events.map(({ id, at, title, sentence }) => (
              <li key={id}>
                <span className={styles.line}>
                  <Link prefetch={false} className="link small break" href={`/events?event=${at}~${encodeURIComponent(id)}`}>
                    {title}
                  </Link>
                  <span className="small muted">
                    <Time at={at} />
                  </span>
                </span>
                <span className="muted small break">{sentence}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Figure({ value, live, word, isNew }: { value: number; live: number; word: string; isNew: boolean }) {
  return (
    <span title={word === "mail" ? "First mails, by the routes as they stand; updates come on top" : undefined}>
      <b className="num">{formatCount(value)}</b>
      {value === 1 ? word : `${word}s`}
      {!isNew && <span className="muted small"> live {formatCount(live)}</span>}
    </span>
  );
}

function Bars({ backtest: { readTo, from, until }, result: { bars, barMs } }: { backtest: Backtest; result: BacktestResult }) {
  const { zone, now } = useViewer();
  const highest = Math.max(1, ...bars.map((bar) => bar.same + bar.fresh + bar.gone));
  const unit = barMs === HOUR_MS ? "an hour" : "a day (UTC)";
  const nameOf = (at: number) => (barMs === HOUR_MS ? formatClock(at, zone) : formatDay(at, "UTC", now));
  return (
    <figure className={styles.chart}>
      <figcaption className={styles.keys}>
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
        <span className="push">alerts {unit}</span>
      </figcaption>
      <div className={styles.bars} aria-hidden>
        {bars.map((bar) => (
          <div
            key={bar.at}
            className={cx(styles.bar, bar.at >= readTo && styles.unread)}
            title={`${nameOf(bar.at)}: ${bar.same} same, ${bar.fresh} new, ${bar.gone} gone`}
          >
            {(["same", "fresh", "gone"] as const).map(
              (kind) =>
                bar[kind] > 0 && (
                  <div key={kind} className={styles[kind]} style={{ height: `${Math.max(3, (78 * bar[kind]) / highest)}px` }} />
                ),
            )}
          </div>
        ))}
      </div>
      <div className={styles.ends} aria-hidden>
        <span>{nameOf(from)}</span>
        <span>{nameOf(until)}</span>
      </div>
      <details>
        <summary className="small">As a table</summary>
        <table className={styles.small}>
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">Same</th>
              <th scope="col">New</th>
              <th scope="col">Gone</th>
            </tr>
          </thead>
          <tbody>
            {bars
              .filter((bar) => bar.same + bar.fresh + bar.gone > 0)
              .map((bar) => (
                <tr key={bar.at}>
                  <th scope="row">{nameOf(bar.at)}</th>
                  <td className="num">{bar.same}</td>
                  <td className="num">{bar.fresh}</td>
                  <td className="num">{bar.gone}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

function Alerts({
  sign,
  word,
  count,
  alerts,
  onExample,
}: {
  sign: string;
  word: string;
  count: number;
  alerts: readonly BacktestAlert[];
  onExample?: ((alert: BacktestAlert) => void) | undefined;
}) {
  if (count === 0) return null;
  return (
    <details>
      <summary className="small">
        <b className="num">
          {sign}
          {formatCount(count)}
        </b>{" "}
        {word}
        {count > alerts.length && <span className="muted">, {alerts.length} of them here</span>}
      </summary>
      <ul className={styles.plain}>
        {alerts.map((alert) => (
          <li key={`${alert.entity.type}${alert.entity.value}${alert.firstAt}`}>
            <span className={styles.line}>
              <span className="mono small break">{alert.entity.value}</span>
              <span className="small muted">
                <Time at={alert.firstAt} />
              </span>
            </span>
            <span className="muted small break">
              {alert.sentence}
              {alert.incident !== undefined && (
                <>
                  {" "}
                  <Link prefetch={false} className="link" href={`/incidents/${incidentName(alert.incident)}`}>
                    {incidentName(alert.incident)}
                  </Link>
                  {alert.verdict && `, judged ${alert.verdict}`}
                </>
              )}
            </span>
            {onExample && alert.evidence.length > 0 && (
              <button type="button" className={styles.quiet} onClick={() => onExample(alert)}>
                Save as test
              </button>
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}
