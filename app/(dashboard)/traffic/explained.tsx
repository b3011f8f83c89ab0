import { BarList } from "@/app/ui/bar-list";
import { LinkButton } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { FilterableValue } from "@/app/ui/filterable-value";
import { formatBytes, formatCount } from "@/lib/model/format";
import type { Factor } from "@/lib/model/alert";
import { countryName } from "@/lib/model/event-words";
import { incidentName } from "@/lib/model/incident";
import type { PlacedAlert } from "@/lib/store/alert-reads";
import { eventsHref, quote, type Scope } from "../overview/scope";

const DIMENSIONS = [
  { name: "key", title: "API key", field: "key" },
  { name: "ip", title: "Address", field: "ip" },
  { name: "route", title: "Route", field: "route" },
  { name: "country", title: "Country", field: "country" },
] as const;

const MINUTE = 60_000;

/** Who made the excess: the alert's own factors, those with a share as bars by key, address, route and country. */
export function Explained({ alert: { facts, incident }, scope }: { alert: PlacedAlert; scope: Scope }) {
  const { explanation } = facts;
  const shares = DIMENSIONS.map((dimension) => ({ ...dimension, rows: sharesOf(explanation.factors, dimension.name) })).filter(
    ({ rows }) => rows.length > 0,
  );
  const within: Scope = { ...scope, range: { from: facts.firstAt, to: facts.lastAt + MINUTE } };
  const [service] = facts.services;
  return (
    <Card
      title="What explains it?"
      note={explanation.measured === undefined ? undefined : amountOf(explanation.measured, explanation.unit)}
      footer={<span className="break">{explanation.sentence}</span>}
      aside={
        <>
          <LinkButton href={`/incidents/${incidentName(incident)}`}>{incidentName(incident)}</LinkButton>
          <LinkButton href={eventsHref(within, service ? `service:${quote(service)}` : "")}>Open events</LinkButton>
        </>
      }
    >
      {shares.length === 0 ? (
        <p className="muted">No single address, route, key or country stands out.</p>
      ) : (
        <div className="grid-2">
          {shares.map(({ name, title, field, rows }) => (
            <div key={name}>
              <h3 className="small muted">{title}, share of the extra</h3>
              <BarList
                unit="percent"
                format={(value) => `${value} %`}
                rows={rows.map(({ value, percent }) => ({
                  key: value,
                  label: (
                    <FilterableValue field={field} value={value}>
                      {name === "country" ? countryName(value) : value}
                    </FilterableValue>
                  ),
                  value: percent,
                  mono: name === "ip" || name === "route",
                }))}
              />
            </div>
          ))}
        </div>
      )}
    </Card>
  );
}

const amountOf = (measured: number, unit = ""): string => {
  const isBytes = unit === "bytes" || unit.startsWith("bytes ");
  return isBytes ? `${formatBytes(measured)}${unit.slice("bytes".length)}` : `${formatCount(measured)} ${unit}`;
};

/** The factors of one dimension that say what share they made. */
function sharesOf(factors: readonly Factor[], dimension: string): { value: string; percent: number }[] {
  return factors.flatMap(({ name, after, note }) => {
    const percent = name === dimension && after ? /^(\d{1,3}) %/.exec(note ?? "") : null;
    return percent && after ? [{ value: after, percent: Number(percent[1]) }] : [];
  });
}
