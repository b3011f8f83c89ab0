"use client";
import { ArrowDown, ArrowUp, Link2, X } from "lucide-react";
import Link from "next/link";
import { type ReactNode, useEffect, useState } from "react";
import type { EventItem } from "@/app/api/dashboard/events/item/route";
import { LevelBadge, OutcomeMark } from "@/app/ui/badge";
import { IconButton, LinkButton } from "@/app/ui/button";
import { Chip } from "@/app/ui/chip";
import { FilterableValue } from "@/app/ui/filterable-value";
import { PanelTabs } from "@/app/ui/panel-tabs";
import { ErrorState, Skeleton } from "@/app/ui/states";
import { Time } from "@/app/ui/time";
import { useNow } from "@/app/ui/viewer";
import { incidentName } from "@/lib/model/incident";
import { actorName, countryName, reasonWords } from "@/lib/model/event-words";
import { formatBytes, formatCount, formatRelative, formatSpan } from "@/lib/model/format";
import { entityHref } from "@/lib/query/entities";
import { PinButton, UnpinButton } from "../incidents/pin-button";
import { Around } from "./around";
import styles from "./event-drawer.module.css";
import { JsonTree } from "./json-tree";

/** Which event to show: its id, and its time, so that only its day is opened. */
export interface Chosen {
  id: string;
  at: number;
}

interface DrawerProps {
  chosen: Chosen;
  /** Place in the list, for "2 of 412"; undefined when it is not in the list. */
  place?: { index: number; of: string };
  onStep: (step: 1 | -1) => void;
  onClose: () => void;
  onShare: () => void;
}

type Loaded = { state: "loading" } | { state: "failed"; message: string } | { state: "ready"; item: EventItem };

/** One event: a sentence, what is new about it, what it raised, what happened around it, and the document itself. */
export function EventDrawer({ chosen, place, onStep, onClose, onShare }: DrawerProps) {
  const [loaded, setLoaded] = useState<Loaded>({ state: "loading" });
  useEffect(() => {
    const stop = new AbortController();
    setLoaded((before) => (before.state === "ready" ? before : { state: "loading" })); // the old event stays until the new one is here
    void load(chosen, stop.signal).then((next) => next && setLoaded(next));
    return () => stop.abort();
  }, [chosen]);
  const item = loaded.state === "ready" ? loaded.item : undefined;
  return (
    <aside className={styles.drawer} aria-label="Event">
      <div className={styles.top}>
        {item && (
          <span className={styles.outcome}>
            <OutcomeMark outcome={item.document.outcome} />
          </span>
        )}
        {place && (
          <span className="muted small num">
            {formatCount(place.index + 1)} of {place.of}
          </span>
        )}
        <div className={styles.steps}>
          <IconButton label="Previous event (k)" size="s" onClick={() => onStep(-1)}>
            <ArrowUp aria-hidden />
          </IconButton>
          <IconButton label="Next event (j)" size="s" onClick={() => onStep(1)}>
            <ArrowDown aria-hidden />
          </IconButton>
          <IconButton label="Copy a link to this event" size="s" onClick={onShare}>
            <Link2 aria-hidden />
          </IconButton>
          <IconButton label="Close (Esc)" size="s" onClick={onClose}>
            <X aria-hidden />
          </IconButton>
        </div>
      </div>
      {loaded.state === "loading" && (
        <div className={styles.head} role="status" aria-label="Loading">
          <Skeleton width="90%" height={18} />
          <Skeleton width="60%" height={18} />
          <Skeleton width="100%" height={200} />
        </div>
      )}
      {loaded.state === "failed" && <ErrorState title={loaded.message} />}
      {item && <Item key={item.id} item={item} onChanged={() => void load(chosen).then((next) => next && setLoaded(next))} />}
    </aside>
  );
}

async function load({ id, at }: Chosen, signal?: AbortSignal): Promise<Loaded | null> {
  const params = new URLSearchParams({ id, ...(Number.isFinite(at) && { at: String(at) }) });
  const answer = await fetch(`/api/dashboard/events/item?${params}`, { signal: signal ?? null }).catch(() => null);
  if (signal?.aborted) return null;
  if (!answer) return { state: "failed", message: "The server could not be reached." };
  const body = (await answer.json()) as EventItem & { detail?: string }; // cast: our own route, or its problem document
  return answer.ok ? { state: "ready", item: body } : { state: "failed", message: body.detail ?? "This event could not be loaded." };
}

function Item({ item, onChanged }: { item: EventItem; onChanged: () => void }) {
  const now = useNow();
  const incident = item.alerts?.[0]?.incident;
  const { document } = item;
  const actor = document.actor?.email ?? document.actor?.id;
  const entity = (actor && entityHref("actor", actor)) ?? (document.source?.ip && entityHref("ip", document.source.ip));
  return (
    <>
      <div className={styles.head}>
        <h2>{item.sentence}</h2>
        <p className="muted">
          <Time at={item.occurredAt} precision="ms" offset />, {formatRelative(item.occurredAt, now)}
        </p>
        <div className={styles.actions}>
          {incident !== undefined && (
            <LinkButton size="s" tone="primary" href={`/incidents/${incidentName(incident)}`}>
              Open {incidentName(incident)}
            </LinkButton>
          )}
          {entity && (
            <LinkButton size="s" href={entity}>
              Open {actor ? "account" : "address"}
            </LinkButton>
          )}
          {item.mayPin && <PinButton event={{ id: item.id, at: item.occurredAt }} suggested={incident} onDone={onChanged} />}
          {item.pins.map((pin) => (
            <span key={pin.incident} className="row">
              <Chip href={`/incidents/${incidentName(pin.incident)}`}>pinned to {incidentName(pin.incident)}</Chip>
              {item.mayPin && <UnpinButton number={pin.incident} eventId={item.id} onDone={onChanged} />}
            </span>
          ))}
          {item.copy && <Chip tone="warn">its day is gone; this is the pinned copy</Chip>}
          {document.marks?.map((mark) => (
            <Chip key={mark} tone={mark === "sample" || mark === "test" ? "plain" : "warn"}>
              {mark}
            </Chip>
          ))}
        </div>
      </div>
      <PanelTabs
        label="Parts of the event"
        panels={[
          {
            key: "overview",
            label: "Overview",
            content: (
              <>
                <Facts item={item} />
                <Raised item={item} />
              </>
            ),
          },
          { key: "json", label: "JSON", content: <JsonTree document={document as Record<string, unknown>} /> }, // cast: a document is JSON
          { key: "around", label: "Around", content: <Around event={item} /> },
        ]}
      />
    </>
  );
}

interface Fact {
  label: string;
  value: ReactNode;
  note?: ReactNode;
}

/** The parts that matter first, each with what is new about it. */
function Facts({ item }: { item: EventItem }) {
  const { document: d, novelty } = item;
  const firstHere = novelty?.addressFirstAt !== undefined && item.occurredAt - novelty.addressFirstAt < 3_600_000;
  const geo = d.source?.geo;
  const value = (field: string, text: string | number | undefined, mono = false) =>
    text === undefined ? null : <FilterableValue field={field} value={String(text)} mono={mono} />;
  const facts: Fact[] = [
    { label: "Account", value: value("actor", actorName(d)), note: existence(d.actor?.exists) },
    { label: "Key", value: value("key", d.credential?.id, true) },
    { label: "Session", value: value("session", d.session?.id, true) },
    {
      label: "Reason",
      value:
        d.reason === undefined ? null : (
          <FilterableValue field="reason" value={d.reason}>
            {reasonWords(d.reason)}
          </FilterableValue>
        ),
    },
    {
      label: "Address",
      value: value("ip", d.source?.ip, true),
      note: firstHere && novelty?.addressFirstAt !== undefined && (
        <Chip tone="warn">
          {novelty.addressFirstAt === item.occurredAt
            ? "first time seen"
            : `first seen ${formatSpan(item.occurredAt - novelty.addressFirstAt)} before`}
        </Chip>
      ),
    },
    {
      label: "Network",
      value:
        geo?.asn === undefined ? null : (
          <FilterableValue field="asn" value={String(geo.asn)}>{`AS${geo.asn} ${geo.as_org ?? ""}`}</FilterableValue>
        ),
      note: novelty?.newNetwork && <Chip tone="warn">new for this account</Chip>,
    },
    {
      label: "Place",
      value:
        geo?.country === undefined ? null : (
          <FilterableValue field="country" value={geo.country}>
            {[geo.city, countryName(geo.country)].filter(Boolean).join(", ")}
          </FilterableValue>
        ),
      note: novelty?.newCountry && <Chip tone="warn">new for this account</Chip>,
    },
    {
      label: "Agent",
      value: value("user_agent", d.source?.user_agent, true),
      note: novelty?.newAgent && <Chip tone="warn">new for this account</Chip>,
    },
    { label: "Usual", value: usual(item) },
    {
      label: "Request",
      value:
        d.http?.path === undefined ? null : (
          <FilterableValue field="path" value={d.http.path} mono>
            {`${d.http.method ?? ""} ${d.http.path}`.trim()}
          </FilterableValue>
        ),
    },
    { label: "Status", value: value("status", d.http?.status) },
    { label: "Took", value: d.http?.duration_ms === undefined ? null : `${formatCount(d.http.duration_ms)} ms` },
    { label: "Sent back", value: d.http?.response_bytes === undefined ? null : formatBytes(d.http.response_bytes) },
    {
      label: "Target",
      value:
        d.targets?.[0]?.id === undefined ? null : (
          <FilterableValue field="target" value={d.targets[0].id} mono>
            {d.targets[0].name ?? d.targets[0].id}
          </FilterableValue>
        ),
    },
    { label: "Service", value: value("service", d.service) },
    { label: "Action", value: value("action", d.action, true) },
  ];
  return (
    <dl className={styles.facts}>
      {facts.map(
        (fact) =>
          fact.value !== null && (
            <div key={fact.label}>
              <dt>{fact.label}</dt>
              <dd>{fact.value}</dd>
              {fact.note && <dd className={styles.note}>{fact.note}</dd>}
            </div>
          ),
      )}
    </dl>
  );
}

const existence = (exists: boolean | undefined): ReactNode =>
  exists === undefined ? null : <Chip tone={exists ? "plain" : "warn"}>{exists ? "exists" : "does not exist"}</Chip>;

function usual({ novelty }: EventItem): string | null {
  const { city, network, agent } = novelty?.usual ?? {};
  const words = [city, network, agent].filter(Boolean).join(", ");
  return words === "" ? null : words;
}

/** The alerts that this event is evidence of, each as measured value against threshold. */
function Raised({ item: { alerts } }: { item: EventItem }) {
  if (alerts === null) return <p className={styles.quiet}>Whether it raised an alert could not be looked up in time.</p>;
  if (alerts.length === 0) return <p className={styles.quiet}>This event is not evidence of any alert.</p>;
  return (
    <section className={styles.raised}>
      <h3>{alerts.length === 1 ? "Evidence of one alert" : `Evidence of ${alerts.length} alerts`}</h3>
      {alerts.map((alert) => {
        const { measured, threshold, sentence } = alert.explanation;
        return (
          <div key={alert.rule_id} className={styles.alert}>
            <div className="row wrap">
              <LevelBadge level={alert.level} />
              <Link href={`/incidents/${incidentName(alert.incident)}`} className="strong">
                {alert.title}
              </Link>
            </div>
            <p className="muted small">{sentence}</p>
            {measured !== undefined && threshold !== undefined && threshold > 0 && (
              <div className={styles.meter} role="img" aria-label={`${measured} measured, ${threshold} is the limit`}>
                <i style={{ width: `${Math.min(100, (measured / Math.max(measured, threshold)) * 100)}%` }} />
                <b style={{ left: `${Math.min(99, (threshold / Math.max(measured, threshold)) * 100)}%` }} />
              </div>
            )}
          </div>
        );
      })}
    </section>
  );
}
