"use client";
import { useEffect, useState } from "react";
import type { EventItem } from "@/app/api/dashboard/events/item/route";
import { cx } from "@/app/ui/cx";
import { Skeleton } from "@/app/ui/states";
import tabs from "@/app/ui/tabs.module.css";
import { useViewer } from "@/app/ui/viewer";
import type { EventSummary } from "@/lib/model/event-words";
import { formatClock, formatSpan } from "@/lib/model/format";
import styles from "./event-drawer.module.css";

const SPANS = [
  { ms: 30_000, label: "±30 s" },
  { ms: 300_000, label: "±5 min" },
  { ms: 3_600_000, label: "±1 h" },
];

type Same = "all" | "ip" | "actor" | "session" | "service";

/** What the event shares with others, and so can be looked along. */
function offers({ document }: EventItem): { key: Same; label: string; value?: string }[] {
  const actor = document.actor?.email ?? document.actor?.id ?? document.actor?.name;
  const all: { key: Same; label: string; value: string | undefined }[] = [
    { key: "ip", label: "Address", value: document.source?.ip },
    { key: "actor", label: "Account", value: actor },
    { key: "session", label: "Session", value: document.session?.id },
    { key: "service", label: "Service", value: document.service },
  ];
  return [...all.flatMap(({ key, label, value }) => (value === undefined ? [] : [{ key, label, value }])), { key: "all", label: "All" }];
}

/** What happened just before and after. The page's own filter does not hide anything here. */
export function Around({ event }: { event: EventItem }) {
  const { zone } = useViewer();
  const choices = offers(event);
  const [span, setSpan] = useState(300_000);
  const [same, setSame] = useState<Same>(choices[0]?.key ?? "all");
  const [events, setEvents] = useState<EventSummary[] | null | "failed">(null);
  const value = choices.find(({ key }) => key === same)?.value;
  useEffect(() => {
    const stop = new AbortController();
    const params = new URLSearchParams({
      at: String(event.occurredAt),
      span: String(span),
      ...(value !== undefined && { field: same, value }),
    });
    void fetch(`/api/dashboard/events/around?${params}`, { signal: stop.signal })
      .then(async (answer) => setEvents(answer.ok ? ((await answer.json()) as { events: EventSummary[] }).events : "failed")) // cast: our own route
      .catch(() => !stop.signal.aborted && setEvents("failed"));
    return () => stop.abort();
  }, [event.occurredAt, span, same, value]);
  const found = Array.isArray(events) ? events : [];
  return (
    <div className={styles.around}>
      <div className="row wrap">
        <div className={tabs.segments} role="group" aria-label="How far">
          {SPANS.map(({ ms, label }) => (
            <button key={ms} type="button" className={tabs.segment} aria-pressed={span === ms} onClick={() => setSpan(ms)}>
              {label}
            </button>
          ))}
        </div>
        <div className={tabs.segments} role="group" aria-label="Of whom">
          {choices.map(({ key, label }) => (
            <button key={key} type="button" className={tabs.segment} aria-pressed={same === key} onClick={() => setSame(key)}>
              {label}
            </button>
          ))}
        </div>
      </div>
      {events === null && <Skeleton width="100%" height={120} />}
      {events === "failed" && <p className={styles.quiet}>This could not be loaded in time. Look at a shorter time.</p>}
      {Array.isArray(events) && (
        <>
          <div className={styles.lane} aria-hidden>
            {found.map((one) => (
              <i
                key={one.id}
                className={cx(styles.tick, one.outcome === "failure" && styles.bad, one.id === event.id && styles.self)}
                style={{ left: `${((one.at - event.occurredAt) / span) * 50 + 50}%` }}
              />
            ))}
          </div>
          <div className={styles.ends} aria-hidden>
            <span>{formatClock(event.occurredAt - span, zone, "second")}</span>
            <span>this event</span>
            <span>{formatClock(event.occurredAt + span, zone, "second")}</span>
          </div>
          <ol className={styles.list}>
            {found.map((one) => (
              <li key={one.id} className={cx(one.id === event.id && styles.here)}>
                <span className="num faint">{offset(one.at - event.occurredAt)}</span>
                <i className={cx(styles.dot, styles[one.outcome])} aria-hidden />
                <span className="truncate">
                  <span className="visually-hidden">{one.outcome}: </span>
                  {one.title}
                  {same !== "actor" && one.actor !== undefined && <span className="muted"> {one.actor}</span>}
                </span>
              </li>
            ))}
          </ol>
          {found.length === 1 && <p className={styles.quiet}>Nothing else happened here in this time.</p>}
        </>
      )}
    </div>
  );
}

const offset = (ms: number): string =>
  ms === 0 ? "now" : `${ms > 0 ? "+" : "−"}${Math.abs(ms) < 10_000 ? `${(Math.abs(ms) / 1000).toFixed(1)} s` : formatSpan(ms)}`;
