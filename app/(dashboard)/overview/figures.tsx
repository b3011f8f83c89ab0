import { Delta, Stat } from "@/app/ui/number";
import { Sparkline } from "@/app/ui/sparkline";
import { formatCount } from "@/lib/model/format";
import { countAlerts } from "@/lib/store/overview-reads";
import { listTraffic, spanBefore, type TrafficSums } from "@/lib/store/traffic-reads";
import { eventsHref, type Scope, writeScope } from "./scope";

const COLUMNS = 22;
const MINUTE = 60_000;
const WEEK = 7 * 86_400_000;
const CONTEXT = new Set(["new_context", "impossible_travel", "session_hijack"]);

/** Four numbers with their course and the change since the same time a week before. */
export async function Figures({ scope, sums, before }: { scope: Scope; sums: TrafficSums; before: TrafficSums }) {
  const { from, to } = scope.range;
  const widthMs = Math.max(MINUTE, Math.ceil((to - from) / COLUMNS / MINUTE) * MINUTE);
  const [points, alerts, earlier] = await Promise.all([
    listTraffic({ from, to, service: scope.service }, { widthMs }),
    countAlerts({ from, to, columns: COLUMNS }),
    countAlerts({ ...spanBefore({ from, to }), columns: COLUMNS }),
  ]);
  const versus = to - from > WEEK ? "the span before" : "a week before";
  const note = (value: number, then: number, worse?: "up") => (
    <>
      <Delta value={value} before={then} {...(worse ? { worse } : {})} /> {value !== then && <>vs {versus}</>}
    </>
  );
  const places = alerts.filter((row) => CONTEXT.has(row.family));
  const total = (rows: typeof alerts) => rows.reduce((sum, row) => sum + row.alerts, 0);
  const spread = (rows: typeof alerts) => Array.from({ length: COLUMNS }, (_, bar) => total(rows.filter((row) => row.bar === bar)));
  const placesBefore = total(earlier.filter((row) => CONTEXT.has(row.family)));
  const moreFailed = sums.failedSignIns > before.failedSignIns * 1.25 + 3;
  const query = writeScope(scope);
  return (
    <div className="grid-4">
      <Stat
        label="Requests"
        value={formatCount(sums.events)}
        note={note(sums.events, before.events)}
        chart={<Sparkline values={points.map((point) => point.success + point.failure + point.unknown)} />}
        href={eventsHref(scope, "")}
      />
      <Stat
        label="Failed sign-ins"
        value={formatCount(sums.failedSignIns)}
        note={note(sums.failedSignIns, before.failedSignIns, "up")}
        chart={<Sparkline values={points.map((point) => point.failedSignIns)} tone={moreFailed ? "fail" : "soft"} />}
        href={eventsHref(scope, "outcome:failure action:*login*")}
      />
      <Stat
        label="New places and devices"
        value={formatCount(total(places))}
        note={note(total(places), placesBefore, "up")}
        chart={<Sparkline values={spread(places)} />}
        href={`/incidents?${query}`}
      />
      <Stat
        label="Alerts"
        value={formatCount(total(alerts))}
        note={note(total(alerts), total(earlier), "up")}
        chart={<Sparkline values={spread(alerts)} />}
        href={`/incidents?${query}`}
      />
    </div>
  );
}
