/** The course of one way in: failures before, events after, on one axis. Pure; components only draw. */

/** A column of the strip: failures and, after the entry, events; `entry` where it got in. */
export interface StripColumn {
  failures: number;
  events: number;
  entry: boolean;
}

const COLUMNS = 60; // as many as can be told apart in the width of a cell

/** Columns from the first failure to the last event shown; times in ms. What follows long after is cut at three times the time that getting in took, ten minutes at least. */
export function entryStrip({
  failures,
  entered,
  after,
}: {
  failures: readonly number[];
  entered: number;
  after: readonly number[];
}): StripColumn[] {
  const from = Math.min(entered, ...failures);
  const most = entered + Math.max(600_000, 3 * (entered - from));
  const to = Math.max(entered, ...after.filter((at) => at <= most)) + 1;
  const columns = Array.from({ length: COLUMNS }, (): StripColumn => ({ failures: 0, events: 0, entry: false }));
  const at = (time: number) => columns[Math.min(COLUMNS - 1, Math.floor(((time - from) / (to - from)) * COLUMNS))];
  for (const [times, kind] of [
    [failures, "failures"],
    [after, "events"],
  ] as const)
    for (const time of times) {
      const column = time >= from && time < to ? at(time) : undefined;
      if (column) column[kind]++;
    }
  const entry = at(entered);
  if (entry) entry.entry = true;
  return columns;
}
