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
export type AttemptShape = "brute force" | "stuffing" | "spray" | "distributed" | "ghosts" | "plain slips";

const MANY = 10; // tries or accounts below which it is a person mistyping

/** Names the shape. Tries per account separate brute force from stuffing; one try each is a spray; many sources for few accounts are distributed. */
export function shapeOf({ failures, accounts, existing, sources, entered }: AttemptCounts): AttemptShape {
  // Who fails and then gets in from the same place, account by account, is an office and not an attack.
  if (entered >= accounts && failures / Math.max(1, accounts) < MANY) return "plain slips";
  if (failures < MANY && (entered > 0 || accounts <= 2)) return "plain slips";
  if (accounts >= 5 && existing === 0) return "ghosts";
  if (sources >= MANY && failures / sources < 3) return "distributed";
  if (accounts >= MANY && failures / accounts < 1.3) return existing / accounts < 0.6 ? "stuffing" : "spray";
  if (accounts >= MANY) return "stuffing";
  return failures >= MANY ? "brute force" : "plain slips";
}
