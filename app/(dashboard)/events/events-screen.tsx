"use client";
import { Share2, SlidersHorizontal } from "lucide-react";
import Link from "next/link";
import { useRouter, useSearchParams } from "next/navigation";
import { useState } from "react";
import { Button } from "@/app/ui/button";
import { cx } from "@/app/ui/cx";
import { Drawer } from "@/app/ui/dialog";
import { ErrorState } from "@/app/ui/states";
import tabs from "@/app/ui/tabs.module.css";
import type { EventSummary } from "@/lib/model/event-words";
import { formatCount } from "@/lib/model/format";
import type { TimeRange } from "@/lib/model/time-range";
import type { Chip as ChipData } from "@/lib/query/edit";
import { EventDrawer } from "./event-drawer";
import { EventTable } from "./event-table";
import styles from "./events.module.css";
import { type FacetData, Facets } from "./facets";
import { countWords } from "./headline";
import type { Kind, Mark } from "./histogram";
import { SavedViews, type SavedViewsProps } from "@/app/(dashboard)/saved-views/saved-views";
import { filterPart } from "@/lib/model/saved-view";
import { KeySheet } from "./key-sheet";
import { QueryBar } from "./query-bar";
import { ChartPart, Chips, ExportMenu, HiddenBand, LivePill, Nothing } from "./screen-parts";
import { useChosen, useRows, useScrolled, useShare } from "./use-rows";
import { useKeys } from "@/app/ui/use-keys";
import { type Live, useLive } from "./use-live";
import { type EventView, viewHref, viewParams } from "./view";

export interface ScreenProps {
  view: Pick<EventView, "q" | "range" | "service" | "error">;
  title: string;
  proof: string;
  chips: readonly (ChipData & { removeHref: string })[];
  /** Null: took too long. */
  page: { events: EventSummary[]; next: string | null } | null;
  count: { count: number; exact: boolean } | null;
  chart: { bars: { at: number; counts: number[] }[]; widthMs: number; kinds: Kind[] } | null;
  facets: readonly FacetData[] | null;
  /** Sign-ins that succeeded right after failures, and that the filter leaves out. */
  hidden: readonly { id: string; at: number; actor: string; failures: number; afterMs: number }[];
  marks: readonly Mark[];
  /** What to say when nothing matches; `ever`: whether any event has arrived at all. */
  empty: { ever: boolean; total: number; lastAt: number | null; dropHref?: string; dropText?: string };
  mayExport: boolean;
  saved: Pick<SavedViewsProps, "views" | "mayShare" | "mayRemoveShared">;
  tookMs: number;
}

/** Ready-made questions; each is a query like any other. */
const PRESETS = [
  { label: "All events", q: "" },
  { label: "Failed sign-ins", q: "action:(*login* OR *sign_in*) outcome:failure" },
  { label: "Refused", q: "status:(401 OR 403)" },
  { label: "Server errors", q: "status:5xx" },
  { label: "Calls to others", q: "direction:outbound" },
];

/** The explorer: question, answer, chart, facets, rows, and one event beside them. The address is its state. */
export function EventsScreen(props: ScreenProps) {
  const { view, page, count, facets } = props;
  const router = useRouter();
  const params = useSearchParams();
  const [sheet, setSheet] = useState(false);
  const [filters, setFilters] = useState(false);
  const [exporting, setExporting] = useState(false);
  const chosen = useChosen(params);
  const search = viewParams(view).toString();
  const [live, setLive] = useState(false);
  const scrolled = useScrolled(live);
  const arrivals = useLive(live && !view.error, { search, hold: chosen.event !== undefined || scrolled });
  const rows = useRows(page, search);
  const known = new Set(arrivals.shown.map(({ id }) => id));
  const events = [...arrivals.shown, ...rows.events.filter(({ id }) => !known.has(id))];
  const [at, setAt] = useState(-1);
  const openAt = chosen.event ? events.findIndex(({ id }) => id === chosen.event?.id) : -1;
  const go = (range: TimeRange) => router.push(viewHref(view, { range: { from: Math.round(range.from), to: Math.round(range.to) } }));
  const move = (step: 1 | -1) => {
    const next = Math.min(events.length - 1, Math.max(0, (chosen.event ? openAt : at) + step));
    const event = events[next];
    setAt(next);
    if (chosen.event && event) chosen.open(event);
  };
  const share = useShare(view);
  useKeys({
    "/": (event) => {
      event.preventDefault();
      document.querySelector<HTMLTextAreaElement>("[data-query-bar]")?.focus();
    },
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: (event) => (at >= 0 || chosen.event ? (event.preventDefault(), move(1)) : undefined),
    ArrowUp: (event) => (at >= 0 || chosen.event ? (event.preventDefault(), move(-1)) : undefined),
    Enter: () => events[at] && chosen.open(events[at]),
    o: () => events[at] && chosen.open(events[at]),
    Escape: () => chosen.close(),
    l: () => setLive(!live),
    s: () => share(chosen.event),
    e: () => setExporting(true),
    "?": () => setSheet(true),
  });
  const total = count ? countWords(count) : "";
  return (
    <div className={cx(styles.page, chosen.event && styles.opened)}>
      <div className={styles.main}>
        <header className={styles.head}>
          <h1>{props.title}</h1>
          <p className="muted">{props.proof}</p>
          <div className={styles.views}>
            <nav className={cx(tabs.segments, styles.presets)} aria-label="Ready-made questions">
              {PRESETS.map(({ label, q }) => (
                <Link
                  key={label}
                  href={viewHref(view, { q })}
                  className={cx(tabs.segment, q === view.q && tabs.segmentOn)}
                  aria-current={q === view.q ? "true" : undefined}
                >
                  {label}
                </Link>
              ))}
            </nav>
            <div className={styles.act}>
              <SavedViews page="events" current={filterPart("events", search)} {...props.saved} />
              {props.empty.ever && (
                <ExportMenu open={exporting} onOpenChange={setExporting} {...{ view, total, mayExport: props.mayExport }} />
              )}
              <Button size="s" onClick={() => share(chosen.event)} aria-keyshortcuts="s">
                <Share2 aria-hidden /> Share
              </Button>
            </div>
          </div>
          <QueryBar view={view} initialError={view.error} tookMs={props.tookMs} />
          {props.chips.length > 0 && <Chips chips={props.chips} clearHref={viewHref(view, { q: "" })} />}
        </header>
        <div className={styles.body}>
          <aside className={styles.side} aria-label="Values">
            {facets ? (
              <Facets view={view} facets={facets} />
            ) : (
              <p className="faint small">{view.error ? "" : "The values could not be counted in time."}</p>
            )}
          </aside>
          <Results
            {...props}
            {...{ total, go, live, arrivals, scrolled, chosen, events, at, rows }}
            onLive={() => setLive(!live)}
            onFilters={() => setFilters(true)}
            onKeys={() => setSheet(true)}
            onOpen={(event, index) => {
              setAt(index);
              chosen.open(event);
            }}
          />
        </div>
      </div>
      {chosen.event && (
        <EventDrawer
          chosen={chosen.event}
          {...(openAt >= 0 && { place: { index: openAt, of: total } })}
          onStep={move}
          onClose={chosen.close}
          onShare={() => share(chosen.event)}
        />
      )}
      <Drawer title="Filters" side="left" open={filters} onOpenChange={setFilters}>
        {facets && <Facets view={view} facets={facets} />}
      </Drawer>
      <KeySheet open={sheet} onOpenChange={setSheet} />
    </div>
  );
}

interface ResultsProps extends ScreenProps {
  total: string;
  go: (range: TimeRange) => void;
  live: boolean;
  arrivals: Live;
  scrolled: boolean;
  chosen: ReturnType<typeof useChosen>;
  events: readonly EventSummary[];
  at: number;
  rows: ReturnType<typeof useRows>;
  onLive: () => void;
  onFilters: () => void;
  onKeys: () => void;
  onOpen: (event: EventSummary, index: number) => void;
}

/** Chart and rows, or why there are none. */
function Results(props: ResultsProps) {
  const { view, page, live, arrivals, scrolled, chosen, events, at, rows } = props;
  const router = useRouter();
  if (view.error)
    return (
      <section className={styles.results} aria-label="Events">
        <ErrorState title="This query cannot be read.">{view.error.message}</ErrorState>
      </section>
    );
  return (
    <section className={styles.results} aria-label="Events">
      {props.empty.ever && <ChartPart {...props} onZoom={props.go} />}
      <div className={styles.bar}>
        <LivePill
          on={live}
          onToggle={props.onLive}
          arrivals={arrivals}
          held={chosen.event ? "a row is open" : scrolled ? "you scroll" : undefined}
        />
        <Button size="s" className={styles.filters} onClick={props.onFilters}>
          <SlidersHorizontal aria-hidden /> Filters {props.chips.length > 0 && <span className="faint">{props.chips.length}</span>}
        </Button>
        <button type="button" className={cx(tabs.segment, styles.keys)} onClick={props.onKeys}>
          Keys
        </button>
      </div>
      {props.hidden.map((entry) => (
        <HiddenBand key={entry.id} entry={entry} onShow={() => chosen.open(entry)} />
      ))}
      {page === null ? (
        <ErrorState title="This took too long." action={<Button onClick={() => router.refresh()}>Try again</Button>}>
          Narrow the time range or the query. Nothing was lost.
        </ErrorState>
      ) : events.length === 0 ? (
        <Nothing view={view} empty={props.empty} />
      ) : (
        <EventTable events={events} open={chosen.event?.id} at={at} fresh={arrivals.shown.length} onOpen={props.onOpen} />
      )}
      {rows.next !== null && (
        <div className={styles.more}>
          <Button onClick={rows.more} busy={rows.busy}>
            Show older events
          </Button>
          {rows.failed && <p className="small">{rows.failed}</p>}
        </div>
      )}
      {rows.next === null && events.length > 20 && <p className={styles.end}>That is all: {formatCount(events.length)} events.</p>}
    </section>
  );
}
