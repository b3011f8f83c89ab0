"use client";
import { useState, useTransition } from "react";
import { Button } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { Field, Input } from "@/app/ui/field";
import { Progress } from "@/app/ui/progress";
import { Banner } from "@/app/ui/states";
import { SegmentButtons } from "@/app/ui/tabs";
import { Time } from "@/app/ui/time";
import { useViewer } from "@/app/ui/viewer";
import type { Backtest, BacktestAlert } from "@/lib/model/backtest";
import { formatPercent, formatShort, formatSpan, fromLocal, plural, toLocal } from "@/lib/model/format";
import { beginBacktest, endBacktest } from "./actions";
import { BacktestResultView } from "./backtest-result";
import styles from "./rules.module.css";
import { isOpen } from "./use-backtest";

const RANGES = [
  { key: "1", label: "24 h" },
  { key: "7", label: "7 d" },
  { key: "30", label: "30 d" },
  { key: "custom", label: "Custom" },
] as const;
type Range = (typeof RANGES)[number]["key"];

/** What the draft would have said about the past, beside the rule in force. The run goes on when the page is left, and is here again when it is opened. */
export function BacktestCard({
  id,
  yaml,
  blocked,
  backtest,
  onChange,
  onExample,
}: {
  id?: string | undefined;
  yaml: string;
  blocked: boolean;
  backtest: Backtest | null;
  onChange: (backtest: Backtest) => void;
  /** Takes the events of an alert into the draft; absent for those who may not change rules. */
  onExample?: ((alert: BacktestAlert) => void) | undefined;
}) {
  const { zone, now } = useViewer();
  const [range, setRange] = useState<Range>("7");
  const [span, setSpan] = useState({ from: toLocal(now - 3 * 86_400_000, zone), until: toLocal(now, zone) });
  const [failure, setFailure] = useState("");
  const [busy, start] = useTransition();
  const open = isOpen(backtest);
  const run = () =>
    start(async () => {
      const when = range === "custom" ? { from: fromLocal(span.from, zone), until: fromLocal(span.until, zone) } : { days: Number(range) };
      const state = await beginBacktest({ ...(id ? { id } : {}), yaml, ...when });
      setFailure(state.status === "failed" ? state.message : "");
      if (state.status === "done") onChange(state.value);
    });
  const stop = () =>
    start(async () => {
      const state = backtest && (await endBacktest(backtest.id));
      if (state?.status === "done") onChange(state.value);
    });
  return (
    <Card
      title="Backtest"
      aside={<SegmentButtons label="How far back" options={RANGES} current={range} onChange={(key) => setRange(key)} />}
    >
      <div className="stack">
        {range === "custom" && <Span span={span} onChange={setSpan} />}
        {!open && (
          <Button onClick={run} busy={busy} disabled={blocked || busy}>
            {backtest ? "Run again" : "Run over the past"}
          </Button>
        )}
        {failure && <Banner tone="bad">{failure}</Banner>}
        {backtest && <Course backtest={backtest} stop={stop} busy={busy} isStale={backtest.yaml !== yaml} />}
        {backtest?.result && <BacktestResultView backtest={backtest} result={backtest.result} onExample={onExample} />}
        {!backtest && <p className="muted small">Both texts read the same events. Nothing is stored and nobody is mailed.</p>}
      </div>
    </Card>
  );
}

interface LocalSpan {
  from: string;
  until: string;
}

function Span({ span, onChange }: { span: LocalSpan; onChange: (span: LocalSpan) => void }) {
  return (
    <div className={styles.span}>
      <Field id="backtest-from" label="From">
        <Input
          id="backtest-from"
          type="datetime-local"
          value={span.from}
          onChange={(event) => onChange({ ...span, from: event.target.value })}
        />
      </Field>
      <Field id="backtest-until" label="Until">
        <Input
          id="backtest-until"
          type="datetime-local"
          value={span.until}
          onChange={(event) => onChange({ ...span, until: event.target.value })}
        />
      </Field>
    </div>
  );
}

/** How far it has come, and whether it speaks of the text that stands there now. */
function Course({ backtest, stop, busy, isStale }: { backtest: Backtest; stop: () => void; busy: boolean; isStale: boolean }) {
  const { state, from, until, readTo, read, total, startedAt, samples, cut, error } = backtest;
  const { now } = useViewer();
  const share = (readTo - from) / Math.max(1, until - from);
  const passed = Math.max(0, Date.now() - startedAt);
  const left = share > 0.03 ? formatSpan((passed * (1 - share)) / share) : "";
  if (state === "failed") return <Banner tone="bad">{error ?? "It failed."}</Banner>;
  return (
    <div className={styles.course} role="status">
      <span className={styles.line}>
        <span>
          {state === "waiting" && "Waiting for its turn …"}
          {state === "running" && (
            <>
              <b className="num">{formatPercent(share)}</b> read{left && <span suppressHydrationWarning>, about {left} left</span>}
            </>
          )}
          {state === "done" && (cut ? <b>Ended early</b> : <b>All read</b>)}
          {state === "stopped" && (
            <>
              <b>Stopped</b> at {formatPercent(share)}
            </>
          )}
        </span>
        {isOpen(backtest) && (
          <Button size="s" busy={busy} onClick={stop}>
            Stop
          </Button>
        )}
      </span>
      {isOpen(backtest) && <Progress share={state === "waiting" ? undefined : share} label="Event time read" />}
      <span className="muted small">
        {total !== null && total > read ? `${formatShort(read)} of ${formatShort(total)} events` : plural(read, "event")}, up to{" "}
        <Time at={Math.min(readTo, now)} />
        {samples && "; sample data, for nothing else is there"}
        {isStale && <span className={styles.error}>; the text has changed since</span>}
      </span>
      {cut && <span className="small">{cut}</span>}
    </div>
  );
}
