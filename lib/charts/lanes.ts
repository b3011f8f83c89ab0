/** A session's uses as lanes: one line per place or device it was used from, with when, how much, and what was refused. Pure; components only draw. */

/** One use of a session, as the lanes need it. */
export interface LaneUse {
  at: number;
  /** What tells lanes apart, and the words for it. */
  lane: string;
  label: string;
  detail: string;
  refused: boolean;
}

/** One lane. `columns` cut the span into equal parts: uses and refused uses in each. */
export interface Lane {
  key: string;
  label: string;
  detail: string;
  uses: number;
  refused: number;
  from: number;
  to: number;
  columns: { uses: number; refused: number }[];
}

export interface Lanes {
  from: number;
  to: number;
  widthMs: number;
  lanes: Lane[];
  /** Lanes that were left out because they were used least. */
  others: number;
  /** Where at least two lanes were in use at once, as spans. */
  overlaps: { from: number; to: number }[];
}

const COLUMNS = 160; // as many as a phone can still tell apart
const MOST = 8;
const PAUSE_MS = 10 * 60_000; // a lane that pauses for less is still in use

/** Sorts the uses (in order of time) into lanes, in the order in which the places were first seen; at most `MOST`, the busiest. */
export function lanesOf(uses: readonly LaneUse[]): Lanes | null {
  const [first] = uses;
  const last = uses.at(-1);
  if (!first || !last) return null;
  const widthMs = Math.max(1000, Math.ceil((last.at - first.at + 1) / COLUMNS));
  const columns = Math.floor((last.at - first.at) / widthMs) + 1;
  const byKey = new Map<string, Lane>();
  const runs = new Map<string, { from: number; to: number }[]>();
  for (const use of uses) {
    let lane = byKey.get(use.lane);
    if (!lane) {
      lane = {
        key: use.lane,
        label: use.label,
        detail: use.detail,
        uses: 0,
        refused: 0,
        from: use.at,
        to: use.at,
        columns: Array.from({ length: columns }, () => ({ uses: 0, refused: 0 })),
      };
      byKey.set(use.lane, lane);
      runs.set(use.lane, []);
    }
    addUse(lane, runs.get(use.lane) ?? [], use, Math.floor((use.at - first.at) / widthMs));
  }
  const kept = new Set([...byKey.values()].toSorted((a, b) => b.uses - a.uses).slice(0, MOST));
  const lanes = [...byKey.values()].filter((lane) => kept.has(lane));
  return {
    from: first.at,
    to: first.at + columns * widthMs,
    widthMs,
    lanes,
    others: byKey.size - lanes.length,
    overlaps: overlapsOf(lanes.map(({ key }) => runs.get(key) ?? [])),
  };
}

function addUse(lane: Lane, runs: { from: number; to: number }[], use: LaneUse, column: number): void {
  lane.uses++;
  lane.to = use.at;
  const bar = lane.columns[column];
  if (bar) bar.uses++;
  if (use.refused) {
    lane.refused++;
    if (bar) bar.refused++;
  }
  const run = runs.at(-1);
  if (run && use.at - run.to <= PAUSE_MS) run.to = use.at;
  else runs.push({ from: use.at, to: use.at });
}

/** A moment of a lane that a list beside the chart tells of, by its number there. */
export interface LaneMark {
  n: number;
  at: number;
  lane: string;
}

const MARK_GAP = 0.025; // of the span: as wide as a mark is drawn

/** The marks of one lane with their places as parts of the span (0 to 1), moved apart so that none hides another. */
export function marksOf(
  lane: string,
  marks: readonly LaneMark[],
  { from, to }: Pick<Lanes, "from" | "to">,
): (LaneMark & { place: number })[] {
  let least = 0;
  const own = marks.filter((mark) => mark.lane === lane).toSorted((a, b) => a.at - b.at);
  return own.map((mark, index) => {
    const room = 1 - (own.length - 1 - index) * MARK_GAP;
    const place = Math.max(least, Math.min(room, (mark.at - from) / (to - from)));
    least = place + MARK_GAP;
    return { ...mark, place };
  });
}

/** Spans in which runs of two different lanes overlap, joined. */
function overlapsOf(runs: readonly (readonly { from: number; to: number }[])[]): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  for (let i = 0; i < runs.length; i++)
    for (let j = i + 1; j < runs.length; j++)
      for (const a of runs[i] ?? [])
        for (const b of runs[j] ?? []) {
          const [from, to] = [Math.max(a.from, b.from), Math.min(a.to, b.to)];
          if (to > from) found.push({ from, to });
        }
  found.sort((a, b) => a.from - b.from);
  const joined: { from: number; to: number }[] = [];
  for (const span of found) {
    const open = joined.at(-1);
    if (open && span.from <= open.to) open.to = Math.max(open.to, span.to);
    else joined.push({ ...span });
  }
  return joined;
}
