/**
 * How unusual an error is, judged by the errors of the same series before it: a decayed histogram of error sizes in logarithmic bins, whose upper end is
 * read as a generalised Pareto tail. Bounded (BIN_LIMIT bins), plain JSON, no assumption about the scale or the distribution of the series.
 */

/** The sizes of past errors. `bins` are the numbers of the logarithmic bins, ascending; `weights` their decayed counts; `zero` counts errors of nothing. */
export interface ErrorTail {
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

const brief = (weight: number): number => Math.round(weight * 1e4) / 1e4; // stored as text; a lost ten-thousandth of an observation decides nothing

export const emptyTail: ErrorTail = { zero: 0, bins: [], weights: [] };

/** Adds one error (>= 0) to the history; older ones fade with a memory of MEMORY observations. */
export function rememberError(tail: ErrorTail, error: number): ErrorTail {
  const keep = 1 - 1 / MEMORY;
  const weights = tail.weights.map((weight) => brief(weight * keep));
  const zero = brief(tail.zero * keep);
  if (!(error > 0)) return { zero: zero + 1, bins: tail.bins, weights };
  const bin = Math.round(Math.log(error) / BIN_RATIO) + 0;
  const bins = [...tail.bins];
  let at = bins.findIndex((other) => other >= bin);
  if (at < 0) at = bins.length;
  if (bins[at] === bin) weights[at] = (weights[at] ?? 0) + 1;
  else {
    bins.splice(at, 0, bin);
    weights.splice(at, 0, 1);
  }
  if (bins.length > BIN_LIMIT) {
    bins.shift(); // the smallest errors are as good as none
    return { zero: zero + (weights.shift() ?? 0), bins, weights };
  }
  return { zero, bins, weights };
}

const sizeOf = (bin: number): number => Math.exp(bin * BIN_RATIO);

/** Where the tail begins, how much of the history is in it, and the first two moments of what exceeds its beginning. */
function upperTail(tail: ErrorTail, total: number): { from: number; share: number; mean: number; variance: number } {
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
  const total = tail.zero + tail.weights.reduce((sum, weight) => sum + weight, 0);
  if (total < SAMPLES_NEEDED || !(error > 0)) return 0;
  const { from, share, mean, variance } = upperTail(tail, total);
  if (error <= from) {
    const bin = Math.round(Math.log(error) / BIN_RATIO) + 0;
    let above = 0;
    for (let i = tail.bins.length - 1; i >= 0 && (tail.bins[i] ?? 0) >= bin; i--) above += tail.weights[i] ?? 0;
    return -Math.log10((above + 1) / (total + 1));
  }
  const base = -Math.log10(share + 1 / (total + 1));
  if (mean <= 0) return base + UNSEEN_BONUS;
  // Moments of the generalised Pareto distribution: shape and scale from mean and variance.
  const shape = Math.max(0, Math.min(SHAPE_LIMIT, variance > 0 ? (1 - (mean * mean) / variance) / 2 : 0));
  const reach = (error - from) / (mean * (1 - shape));
  return base + (shape > 1e-6 ? Math.log10(1 + shape * reach) / shape : reach / Math.LN10);
}
