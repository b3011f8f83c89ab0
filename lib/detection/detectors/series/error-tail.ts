/**
 * How unusual an error is, judged by the errors of the same series before it: a decayed histogram of error sizes in logarithmic bins, whose upper end is
 * read as a generalised Pareto tail. Bounded (BIN_LIMIT bins), plain JSON, no assumption about the scale or the distribution of the series.
 */

/**
 * The sizes of past errors. `bins` are the numbers of the logarithmic bins, ascending; `weights` their counts and `zero` the count of errors of nothing, all
 * in units of the newest observation: `unit` grows instead of everything else shrinking, so that remembering touches one bin.
 */
export interface ErrorTail {
  unit: number;
  total: number;
  zero: number;
  bins: readonly number[];
  weights: readonly number[];
}

const BIN_RATIO = Math.log(1.12); // 12 % per bin: finer changes no decision, coarser blurs the tail
const BIN_LIMIT = 128; // six decades of error sizes
const MEMORY = 2000; // observations; about a week of five-minute values
const SAMPLES_NEEDED = 30; // below this a tail says nothing
const TAIL_SHARE = 0.05; // the largest twentieth is the tail
const SHAPE_LIMIT = 0.45; // a heavier tail has no variance, and moments then say nothing
const UNSEEN_BONUS = 3; // decades added when no error of any size was ever seen

const UNIT_LIMIT = 1000; // then everything is divided by it, so that numbers stay short as text

const brief = (weight: number): number => Math.round(weight * 1e4) / 1e4; // stored as text; a lost ten-thousandth of an observation decides nothing

export const emptyTail: ErrorTail = { unit: 1, total: 0, zero: 0, bins: [], weights: [] };

function rescaled(tail: ErrorTail): ErrorTail {
  const { unit } = tail;
  if (unit < UNIT_LIMIT) return tail;
  const weights = tail.weights.map((weight) => brief(weight / unit));
  const zero = brief(tail.zero / unit);
  return { unit: 1, zero, bins: tail.bins, weights, total: weights.reduce((sum, weight) => sum + weight, zero) };
}

/** Adds one error (>= 0) to the history; older ones fade with a memory of MEMORY observations. */
export function rememberError(tail: ErrorTail, error: number): ErrorTail {
  const { zero, bins: oldBins, weights: oldWeights, total, unit: before } = rescaled(tail);
  const unit = before / (1 - 1 / MEMORY);
  if (!(error > 0)) return { unit, total: total + unit, zero: brief(zero + unit), bins: oldBins, weights: oldWeights };
  const bin = binOf(error);
  const bins = [...oldBins];
  const weights = [...oldWeights];
  let at = bins.length;
  while (at > 0 && (bins[at - 1] ?? 0) >= bin) at--;
  if (bins[at] === bin) weights[at] = brief((weights[at] ?? 0) + unit);
  else {
    bins.splice(at, 0, bin);
    weights.splice(at, 0, brief(unit));
  }
  if (bins.length <= BIN_LIMIT) return { unit, total: total + unit, zero, bins, weights };
  bins.shift(); // the smallest errors are as good as none
  return { unit, total: total + unit, zero: brief(zero + (weights.shift() ?? 0)), bins, weights };
}

const binOf = (error: number): number => Math.round(Math.log(error) / BIN_RATIO) + 0; // + 0: no negative zero, JSON has none
const sizeOf = (bin: number): number => Math.exp(bin * BIN_RATIO);

/** Where the tail begins, how much of the history is in it, and the first two moments of what exceeds its beginning. */
function upperTail(tail: ErrorTail): { from: number; share: number; mean: number; variance: number } {
  const { total } = tail;
  let weight = 0;
  let at = tail.bins.length;
  while (at > 0 && weight < TAIL_SHARE * total) weight += tail.weights[--at] ?? 0;
  const from = weight < TAIL_SHARE * total ? 0 : sizeOf((tail.bins[at] ?? 0) - 0.5);
  let sum = 0;
  let squares = 0;
  for (let i = at; i < tail.bins.length; i++) {
    const excess = sizeOf(tail.bins[i] ?? 0) - from;
    sum += (tail.weights[i] ?? 0) * excess;
    squares += (tail.weights[i] ?? 0) * excess * excess;
  }
  const mean = weight > 0 ? sum / weight : 0;
  return { from, share: weight / total, mean, variance: weight > 0 ? Math.max(0, squares / weight - mean * mean) : 0 };
}

/** The surprise of an error: -log10 of the probability of one at least as large, so 3 means one in a thousand. 0 while learning. */
export function surpriseOf(tail: ErrorTail, error: number): number {
  if (!(error > 0)) return 0;
  const total = tail.total / tail.unit;
  if (total < SAMPLES_NEEDED) return 0;
  const { from, share, mean, variance } = upperTail(tail);
  if (error <= from) {
    const bin = binOf(error);
    let above = 0;
    for (let i = tail.bins.length - 1; i >= 0 && (tail.bins[i] ?? 0) >= bin; i--) above += tail.weights[i] ?? 0;
    return -Math.log10((above / tail.unit + 1) / (total + 1));
  }
  const base = -Math.log10(share + 1 / (total + 1));
  if (mean <= 0) return base + UNSEEN_BONUS;
  // Moments of the generalised Pareto distribution: shape and scale from mean and variance.
  const shape = Math.max(0, Math.min(SHAPE_LIMIT, variance > 0 ? (1 - (mean * mean) / variance) / 2 : 0));
  const reach = (error - from) / (mean * (1 - shape));
  return base + (shape > 1e-6 ? Math.log10(1 + shape * reach) / shape : reach / Math.LN10);
}
