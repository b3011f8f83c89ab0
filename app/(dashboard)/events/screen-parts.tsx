"use client";
import { Download } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, LinkButton } from "@/app/ui/button";
import { Chip } from "@/app/ui/chip";
import { cx } from "@/app/ui/cx";
import { Menu } from "@/app/ui/menu";
import { Progress } from "@/app/ui/progress";
import { Banner, EmptyState } from "@/app/ui/states";
import tabs from "@/app/ui/tabs.module.css";
import { FilterableValue } from "@/app/ui/filterable-value";
import { Time } from "@/app/ui/time";
import { useToast } from "@/app/ui/toast";
import { useViewer } from "@/app/ui/viewer";
import { countryName } from "@/lib/model/event-words";
import { formatCount, formatRelative, formatSpan, plural } from "@/lib/model/format";
import type { TimeRange } from "@/lib/model/time-range";
import type { Chip as ChipData } from "@/lib/query/edit";
import { exportProgress } from "./actions";
import styles from "./events.module.css";
import type { ScreenProps } from "./events-screen";
import { Histogram, HistogramTable } from "./histogram";
import { RangeRow } from "./range-row";
import type { Live } from "./use-live";
import { type EventView, viewHref, viewParams } from "./view";

type Address = Pick<EventView, "q" | "range" | "service">;

/** The query again in words, one chip a condition, each with its cross. */
export function Chips({ chips, clearHref }: { chips: readonly (ChipData & { removeHref: string })[]; clearHref: string }) {
  return (
    <div className={styles.chips}>
      {chips.map((chip) => (
        <Chip key={`${chip.index} ${chip.text}`} removeHref={chip.removeHref} removeLabel={`Remove ${chip.text}`}>
          <span>
            <span className="muted">{chip.label} </span>
            <span className={chip.negated ? styles.negated : "muted"}>
              {chip.negated ? (chip.verb === "is" ? "is not" : `not ${chip.verb}`) : chip.verb}{" "}
            </span>
            <span className="break">{chip.label === "Country" ? countryName(chip.value.toUpperCase()) : chip.value}</span>
          </span>
        </Chip>
      ))}
      <LinkButton href={clearHref} size="s" tone="quiet">
        Clear
      </LinkButton>
    </div>
  );
}

/** Count, legend, bars and the span: what happened when. */
export function ChartPart({ view, chart, total, marks, onZoom }: ScreenProps & { total: string; onZoom: (range: TimeRange) => void }) {
  const [asTable, setAsTable] = useState(false);
  return (
    <div className={styles.chart}>
      <div className={styles.legend}>
        <h2>{total === "" ? "Events" : `${total} events`}</h2>
        {chart?.kinds.map((kind) => (
          <span key={kind.key}>
            <i style={{ background: kind.colour }} aria-hidden />
            {kind.label} <em className="num">{formatCount(kind.total)}</em>
          </span>
        ))}
        <button type="button" className={cx(tabs.segment, "push")} aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          As table
        </button>
      </div>
      {chart === null ? (
        <Banner tone="warn">The chart could not be counted in time; the rows below are complete.</Banner>
      ) : asTable ? (
        <HistogramTable bars={chart.bars} kinds={chart.kinds} />
      ) : (
        <Histogram bars={chart.bars} widthMs={chart.widthMs} kinds={chart.kinds} range={view.range} marks={marks} onZoom={onZoom} />
      )}
      <RangeRow range={view.range} onZoom={onZoom} />
    </div>
  );
}

/** Live or not, why it waits, and how much has come meanwhile. */
export function LivePill({
  on,
  onToggle,
  arrivals,
  held,
}: {
  on: boolean;
  onToggle: () => void;
  arrivals: Live;
  held: string | undefined;
}) {
  if (!on)
    return (
      <button type="button" className={styles.live} aria-pressed={false} aria-keyshortcuts="l" onClick={onToggle}>
        <i className={styles.pulse} aria-hidden /> Go live
      </button>
    );
  const words = arrivals.lost
    ? "Connection lost, trying again"
    : held
      ? `Live paused while ${held}`
      : arrivals.thinned
        ? "Live: too much arrives, 200 a second are shown"
        : "Live";
  return (
    <span className={cx(styles.live, styles.on)}>
      <i className={cx(styles.pulse, !held && !arrivals.lost && styles.beating)} aria-hidden />
      <span role="status">
        {words}
        {arrivals.waiting > 0 && `, ${formatCount(arrivals.waiting)} new`}
      </span>
      {arrivals.waiting > 0 && (
        <button type="button" onClick={arrivals.resume}>
          Show
        </button>
      )}
      <button type="button" aria-pressed aria-keyshortcuts="l" onClick={onToggle}>
        Stop
      </button>
    </span>
  );
}

/** A filter may not hide the story: who got in right after the failures that are shown. */
export function HiddenBand({ entry, onShow }: { entry: ScreenProps["hidden"][number]; onShow: () => void }) {
  return (
    <p className={styles.hidden}>
      <i aria-hidden />
      <Time at={entry.at} precision="ms" />
      <span className={styles.hiddenText}>
        <b>
          <FilterableValue field="actor" value={entry.actor} />
        </b>{" "}
        signed in, {formatSpan(entry.afterMs)} after its last of {plural(entry.failures, "failure")}.{" "}
        <span className="muted">Not in your filter.</span>
      </span>
      <button type="button" className="link" onClick={onShow}>
        Show
      </button>
    </p>
  );
}

/** Nothing matches: how much there is without the filter, when the last event was, and what to take away. */
export function Nothing({ view, empty }: { view: Address; empty: ScreenProps["empty"] }) {
  const { now } = useViewer();
  if (!empty.ever)
    return (
      <EmptyState
        title="No event has arrived yet."
        action={
          <LinkButton href="/onboarding" tone="primary">
            Send the first event
          </LinkButton>
        }
      >
        Events appear here within a second of being sent.
      </EmptyState>
    );
  const last = empty.lastAt === null ? "" : `The newest event happened ${formatRelative(empty.lastAt, now)}.`;
  return (
    <EmptyState
      title={view.q === "" ? "Nothing happened in this span." : `0 of ${formatCount(empty.total)} events match.`}
      action={
        <>
          {empty.dropHref && (
            <LinkButton href={empty.dropHref}>
              Remove <span className="mono">{empty.dropText}</span>
            </LinkButton>
          )}
          <LinkButton href={viewHref(view, { range: { from: view.range.to - 30 * 86_400_000, to: view.range.to, relative: "30d" } })}>
            Look at 30 days
          </LinkButton>
        </>
      }
    >
      {last}
    </EmptyState>
  );
}

/** Files of everything that matches, or the rows for a ticket. */
export function ExportMenu({
  view,
  total,
  mayExport,
  open,
  onOpenChange,
}: {
  view: Address;
  total: string;
  mayExport: boolean;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  const toast = useToast();
  const [asking, setAsking] = useState(0);
  const href = (format: string) => `/api/dashboard/events/export?${viewParams(view)}&format=${format}`;
  const download = (format: string) => {
    window.location.assign(href(format));
    setAsking(asking + 1);
    toast("The file is on its way. The export is in the audit trail.");
  };
  const copy = async () => {
    const answer = await fetch(href("md"));
    const done =
      answer.ok &&
      (await navigator.clipboard?.writeText((await answer.text()).split("\n").slice(0, 202).join("\n")).then(
        () => true,
        () => false,
      ));
    toast(done ? "Copied as Markdown, at most 200 rows." : "That could not be copied.");
  };
  if (!mayExport)
    return (
      <Button size="s" disabled title="Your role does not export events. An administrator can change it.">
        <Download aria-hidden /> Export
      </Button>
    );
  return (
    <>
      {asking > 0 && <ExportProgress key={asking} />}
      <Menu
        label="Export"
        open={open}
        onOpenChange={onOpenChange}
        trigger={
          <Button size="s" aria-keyshortcuts="e">
            <Download aria-hidden /> Export {total}
          </Button>
        }
        items={[
          { kind: "heading", key: "head", label: "Up to 1,000,000 events, newest first" },
          { key: "csv", label: "CSV", hint: "for spreadsheets", onSelect: () => download("csv") },
          { key: "ndjson", label: "NDJSON", hint: "one event a line", onSelect: () => download("ndjson") },
          { key: "json", label: "JSON", hint: "one list", onSelect: () => download("json") },
          { kind: "line", key: "line" },
          { key: "md", label: "Copy as Markdown", hint: "for a ticket", onSelect: () => void copy() },
        ]}
      />
    </>
  );
}

const LOOKS = 8; // without seeing it: the export was short

/** How far the export is, while it runs. */
function ExportProgress() {
  const [now, setNow] = useState<Awaited<ReturnType<typeof exportProgress>>>(null);
  useEffect(() => {
    let unseen = 0;
    const timer = setInterval(async () => {
      const found = await exportProgress().catch(() => null);
      setNow(found);
      unseen = found ? LOOKS : unseen + 1; // once seen, the first look without it is the end
      if (!found && unseen > LOOKS) clearInterval(timer);
    }, 1500);
    return () => clearInterval(timer);
  }, []);
  if (!now || now.events === 0) return <span role="status" />;
  return (
    <span role="status" className={styles.progress}>
      <Progress share={now.share} label="Export" />
      <span className="num muted small">{plural(now.events, "event")}</span>
    </span>
  );
}
