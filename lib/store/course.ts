/** The small course beside a line of a table: how many of the line's events fall into each of equally long parts of the span. */
import { type Sql, sql } from "./db";

/** Parts of the span in every small course: hours of a day, or a day and a bit of a month. */
export const COURSE_COLUMNS = 24;

/** An int array for a statement that groups events; `only` narrows to some of the group's events. */
export function courseSql({ from, to }: { from: number; to: number }, only: Sql = sql`true`): Sql {
  const width = Math.max(1, (to - from) / COURSE_COLUMNS);
  const bar = sql`least(${COURSE_COLUMNS - 1}::int, floor((extract(epoch from occurred_at) * 1000 - ${from}::float8) / ${width}::float8)::int)`;
  return sql`(select array_agg(coalesce(t.n, 0) order by c.bar) from generate_series(0, ${COURSE_COLUMNS - 1}::int) as c(bar)
      left join (select b as bar, count(*)::int4 as n from unnest(array_agg(${bar}) filter (where ${only})) as b group by 1) t on t.bar = c.bar)`;
}
