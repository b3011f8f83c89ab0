/** What a set of failed sign-ins looks like: one name for the shape of who tried whom how often. */

/** One line of the table of failed attempts. */
export interface AttemptCounts {
  failures: number;
  accounts: number;
  /** Accounts of which the sender said that they exist, or said nothing. */
  existing: number;
  sources: number;
  /** Accounts that got in from the same place within the span. */
  entered: number;
}
/** The closed list of shapes, those that matter most first. */
export const SHAPES = ["brute force", "stuffing", "spray", "distributed", "ghosts", "plain slips"] as const;
export type AttemptShape = (typeof SHAPES)[number];

const MANY = 10; // tries or accounts below which it is a person mistyping
const MEMORY = 5; // tries of one account that are no slip any more; who gets in after them is pinned on top of the page

/** Names the shape. Tries per account separate brute force from stuffing; one try each is a spray; many sources for few accounts are distributed. */
export function shapeOf({ failures, accounts, existing, sources, entered }: AttemptCounts): AttemptShape {
  // Who fails and then gets in from the same place, account by account, is an office and not an attack.
  if (entered >= accounts && failures / Math.max(1, accounts) < MEMORY) return "plain slips";
  if (failures < MANY && (entered > 0 || accounts <= 2)) return "plain slips";
  if (accounts >= 5 && existing === 0) return "ghosts";
  if (sources >= MANY && failures / sources < 3) return "distributed";
  if (accounts >= MANY && failures / accounts < 1.3) return existing / accounts < 0.6 ? "stuffing" : "spray";
  if (accounts >= MANY) return "stuffing";
  return failures >= MANY ? "brute force" : "plain slips";
}

/** How many lines have a shape, and what they did together. */
export interface ShapeCount {
  lines: number;
  failures: number;
  accounts: number;
}

/** Counts the lines of each shape; shapes that nobody has are absent. Accounts are counted once for each line. */
export function countShapes(lines: readonly AttemptCounts[]): Map<AttemptShape, ShapeCount> {
  const counts = new Map<AttemptShape, ShapeCount>();
  for (const line of lines) {
    const shape = shapeOf(line);
    const count = counts.get(shape) ?? { lines: 0, failures: 0, accounts: 0 };
    counts.set(shape, { lines: count.lines + 1, failures: count.failures + line.failures, accounts: count.accounts + line.accounts });
  }
  return counts;
}
