import { BarList } from "@/app/ui/bar-list";
import { Card } from "@/app/ui/card";
import { EmptyState } from "@/app/ui/states";
import { formatCount } from "@/lib/model/format";
import { visible } from "@/lib/model/visible";
import type { FacetField } from "@/lib/store/event-figures";
import { listMovers, type Mover } from "@/lib/store/traffic-reads";
import { eventsHref, quote, type Scope } from "./scope";
import styles from "./overview.module.css";
import figures from "@/app/ui/number.module.css";

/** Worth saying: at least as many more as makes a person look twice. */
const change = ({ count, before }: Mover) =>
  count - before >= 10 && count > before * 1.25 ? <span className={figures.bad}>+{formatCount(count - before)}</span> : "";

/** The values of a field that came most often, each with its change and the way to its events. `otherwise` is the field to show where the first is never sent. */
export async function Movers({
  title,
  unit,
  field,
  otherwise,
  q,
  scope,
  mono = false,
}: {
  title: string;
  unit: string;
  field: FacetField;
  otherwise?: FacetField;
  q: string;
  scope: Scope;
  mono?: boolean;
}) {
  const span = { from: scope.range.from, to: scope.range.to, service: scope.service };
  let shown = field;
  let movers = await listMovers(span, { field, q });
  if (movers.length === 0 && otherwise) {
    shown = otherwise;
    movers = await listMovers(span, { field: otherwise, q });
  }
  return (
    <Card title={title} aside={unit} flush className={styles.list}>
      {movers.length === 0 ? (
        <EmptyState title={`No ${unit} in this span.`} />
      ) : (
        <BarList
          unit={unit}
          tone={unit === "failures" ? "fail" : "data"}
          rows={movers.map((mover) => ({
            key: mover.value,
            label: visible(mover.value),
            value: mover.count,
            note: change(mover),
            mono,
            href: eventsHref(scope, `${q} ${shown}:${quote(mover.value)}`.trim()),
          }))}
        />
      )}
    </Card>
  );
}
