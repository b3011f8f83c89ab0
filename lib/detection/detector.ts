/**
 * What every detector is: a pure fold of events into bounded, plain-JSON state, and alerts. Sigma correlations and behaviour detectors share this one
 * shape, so that live detection, backtest, replay and tests drive them alike. No I/O, no clock, no randomness in this folder.
 */
import type { Alert, Family, Level } from "@/lib/model/alert";
import type { EventRecord } from "@/lib/model/event";

/** An event as detectors see it: the record, and its fields under every public name. */
export interface ObservedEvent {
  readonly record: EventRecord;
  /** Reads a field by its wire path (`source.ip`), ECS, OCSF or Sigma taxonomy name (`c-ip`), or by a key of `metadata`. */
  field(name: string): unknown;
}

/** One detector working on one group (an address, an account, a session, a series …). */
export interface Detector<State = unknown> {
  readonly id: string;
  /** Changes when stored state can no longer be read by the new code or settings: older state is then dropped. */
  readonly version: number;
  /**
   * A group whose state every other group of this detector may read (`Advance.common`): what is usual for everybody. It is folded first in each turn, so
   * what it says about times before `event - LATENESS_MS` is complete; a detector must ask it nothing younger.
   */
  readonly commonGroup?: string;
  /** The groups whose state this event touches; empty when it does not concern this detector. Cheap: called for every event. */
  groupsOf(event: ObservedEvent): readonly string[];
  /**
   * Folds the group's events (sorted by occurredAt, then id) into its state. The outcome for a set of events must not depend on how they were split
   * into calls, nor on their order inside the lateness bound. Alerts are said again, with the same key, whenever their facts have grown.
   * `state: undefined` drops the group.
   */
  advance(input: Advance<State>): Advanced<State>;
  /** For a detector whose groups say something to each other: called instead of `advance` with all groups that a turn touches; what changed, by group. */
  advanceAll?(inputs: readonly Advance<State>[]): Map<string, Advanced<State>>;
  /** Called once event time has passed `wakeAt` with nothing else to say (absence, silence, closing an episode). */
  wake?(input: Omit<Advance<State>, "events" | "state"> & { state: State }): Advanced<State>;
}

/** What people are told about a behaviour detector; `family` and `level` are what it usually says. */
export interface DetectorFacts {
  title: string;
  family: Family;
  level: Level;
  techniques: readonly string[];
  owasp: readonly string[];
}
/** A detector that says itself what it is about; a correlation's rule says it for the correlation. */
export interface BehaviourDetector<State = unknown> extends Detector<State> {
  readonly about: DetectorFacts;
}

export interface Advance<State> {
  group: string;
  state: State | undefined;
  /** The state of the detector's `commonGroup`, when it has one. */
  common?: unknown;
  events: readonly ObservedEvent[];
  /** How far event time has come in this world, ms: the largest occurredAt seen. Older state than `watermark - LATENESS_MS` minus the window may go. */
  watermark: number;
}

export interface Advanced<State> {
  state: State | undefined;
  alerts: readonly Alert[];
  /** Keys of alerts said before that late events have moved or undone. */
  withdrawn?: readonly string[];
  /** Event time (ms) at which `wake` wants to be called even if no event comes. */
  wakeAt?: number;
  /** Event time (ms) after which the stored state is worth nothing and may be deleted unread. */
  expiresAt?: number;
}

/** How late an event may come and still change the past of its group: 10 minutes. */
export const LATENESS_MS = 10 * 60_000;

/** The key of one detector's state for one group. */
export const stateKey = (detector: string, group: string): string => `${detector}|${group}`;
