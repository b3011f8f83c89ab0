/**
 * The anomaly detector of series: a streaming ensemble, data-agnostic and without look-ahead. Four questions are asked of every value (is it outside what
 * this time of day has seen; is it far from the last values; has the level or the restlessness of the last half hour or hours changed; is it beyond anything
 * seen), each answer is judged by the history of its own errors (error-tail.ts), and the two strongest add up. After firing it rests: one episode, one call.
 */
import { type DailyProfile, emptyProfile, rememberValue, type Usual, usualAt } from "./daily-profile";
import { type ErrorTail, emptyTail, rememberError, surpriseOf } from "./error-tail";

/** What a series has taught so far. Plain JSON, bounded: about 25 KiB when full. */
export interface SeriesState {
  count: number;
  lastAt: number;
  /** The first gaps between values, ms, until the cadence is known. */
  gaps: readonly number[];
  cadenceMs: number | null;
  profile: DailyProfile | null;
  /** The last values, newest last. */
  recent: readonly number[];
  lowest: number;
  highest: number;
  season: ErrorTail;
  level: ErrorTail;
  drifts: readonly Drift[];
  /** Observations left of the rest after the last firing. */
  resting: number;
}

/** The mean deviation (`shift`) and the mean surprise (`unrest`) over the last `window` values. */
interface Drift {
  window: number;
  deviations: readonly number[];
  surprises: readonly number[];
  shift: ErrorTail;
  unrest: ErrorTail;
}

/** What one value says: the expected band, and how anomalous it is from 0 to 1, where 0.5 is the firing line. */
export interface SeriesObservation {
  state: SeriesState;
  expected: [low: number, high: number] | null;
  /** What an ordinary day has at this time: a holiday or an outage of last week is not in it. Null while learning. */
  ordinary: Usual["ordinary"] | null;
  score: number;
  /** The score without the rest after firing: for episodes that are already open, and for drawing. */
  rawScore: number;
  /** Surprise in decades of each question, for the explanation. */
  parts: { season: number; level: number; shift: number; unrest: number; range: number };
}

const RECENT = 12; // an hour of five-minute values: long enough for a middle, short enough to follow
const DRIFT_WINDOWS = [6, 24]; // half an hour and two hours of five-minute values
const CADENCE_SAMPLES = 24;
const SURPRISE_LIMIT = 8; // decades: beyond one in a hundred million the tail is guesswork
const RANGE_MARGIN = 0.05; // of the range seen: a new extreme below this is growth, not news
const RANGE_SURPRISE = 3;
const LEVEL_WEIGHT = 0.5; // single steps are what noise does best
const FIRING_LINE = 5.2; // decades, the sum of the two strongest answers
const REST = 120; // observations: two hours of minutes, ten hours of five-minute values
const UNREST_LIMIT = 4; // decades one value may add to unrest: many odd values, not one wild one

export function emptySeries(): SeriesState {
  const drifts = DRIFT_WINDOWS.map((window) => ({ window, deviations: [], surprises: [], shift: emptyTail, unrest: emptyTail }));
  return {
    count: 0,
    lastAt: 0,
    gaps: [],
    cadenceMs: null,
    profile: null,
    recent: [],
    lowest: 0,
    highest: 0,
    season: emptyTail,
    level: emptyTail,
    drifts,
    resting: 0,
  };
}

const middleOf = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
};
const brief = (value: number): number => Number(value.toPrecision(6)); // state is stored as text: six digits decide everything
const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** How far a value lies beyond everything seen, as surprise. */
function rangeSurprise(state: SeriesState, value: number): number {
  if (state.count < 30) return 0; // a range of a few values is no range
  const beyond = Math.max(0, value - state.highest, state.lowest - value) / (state.highest - state.lowest || 1);
  return beyond > RANGE_MARGIN ? RANGE_SURPRISE + 10 * beyond : 0;
}

function observeDrift(drift: Drift, deviation: number, surprise: number, learned: boolean) {
  const deviations = [...drift.deviations, brief(deviation)].slice(-drift.window);
  const surprises = [...drift.surprises, brief(Math.min(UNREST_LIMIT, surprise))].slice(-drift.window);
  const shiftError = Math.abs(meanOf(deviations));
  const unrestError = meanOf(surprises);
  const shift = learned ? surpriseOf(drift.shift, shiftError) : 0;
  const unrest = learned ? surpriseOf(drift.unrest, unrestError) : 0;
  const next: Drift = learned
    ? {
        window: drift.window,
        deviations,
        surprises,
        shift: rememberError(drift.shift, shiftError),
        unrest: rememberError(drift.unrest, unrestError),
      }
    : { ...drift, deviations, surprises };
  return { next, shift, unrest };
}

function learnCadence(state: SeriesState, t: number): Pick<SeriesState, "gaps" | "cadenceMs"> {
  if (state.cadenceMs !== null || state.count === 0) return { gaps: state.gaps, cadenceMs: state.cadenceMs };
  const gaps = [...state.gaps, t - state.lastAt].filter((gap) => gap > 0);
  return gaps.length < CADENCE_SAMPLES ? { gaps, cadenceMs: null } : { gaps: [], cadenceMs: middleOf(gaps) };
}

/** Folds one value of the series at time `t` (ms, ascending) into its state and judges it by what came before. */
export function observe(state: SeriesState, t: number, value: number): SeriesObservation {
  const cadence = learnCadence(state, t);
  const profile = state.profile ?? (cadence.cadenceMs === null ? null : emptyProfile(cadence.cadenceMs));
  const usual = profile === null ? undefined : usualAt(profile, t);
  const middle = state.recent.length >= 3 ? middleOf(state.recent) : value;
  const seasonError = usual ? Math.max(0, value - usual.high, usual.low - value) : 0;
  const season = usual ? surpriseOf(state.season, seasonError) : 0;
  const level = surpriseOf(state.level, Math.abs(value - middle));
  const learned = state.count > (DRIFT_WINDOWS[0] ?? 0);
  const drifts = state.drifts.map((drift) =>
    observeDrift(drift, usual ? value - usual.middle : value - middle, level, learned && state.count > drift.window),
  );
  const parts = {
    season,
    level,
    shift: Math.max(...drifts.map((drift) => drift.shift)),
    unrest: Math.max(...drifts.map((drift) => drift.unrest)),
    range: rangeSurprise(state, value),
  };
  const [first = 0, second = 0] = [parts.season, LEVEL_WEIGHT * parts.level, parts.shift, parts.unrest, parts.range]
    .map((part) => Math.min(SURPRISE_LIMIT, part))
    .sort((a, b) => b - a);
  const rawScore = (first + second) / (first + second + FIRING_LINE);
  const fires = state.resting === 0 && rawScore >= 0.5;
  return {
    state: {
      count: state.count + 1,
      lastAt: t,
      ...cadence,
      profile: profile === null ? null : rememberValue(profile, t, value),
      recent: [...state.recent, value].slice(-RECENT),
      lowest: state.count === 0 ? value : Math.min(state.lowest, value),
      highest: state.count === 0 ? value : Math.max(state.highest, value),
      season: usual ? rememberError(state.season, seasonError) : state.season,
      level: state.count > 3 ? rememberError(state.level, Math.abs(value - middle)) : state.level,
      drifts: drifts.map((drift) => drift.next),
      resting: fires ? REST : Math.max(0, state.resting - 1),
    },
    expected: usual ? [usual.low, usual.high] : null,
    ordinary: usual?.ordinary ?? null,
    score: state.resting === 0 ? rawScore : 0,
    rawScore,
    parts,
  };
}
