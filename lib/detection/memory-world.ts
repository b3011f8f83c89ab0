/** A world of event time held in memory: replay, backtest and tests drive detection with it, exactly as the workers do with the store. */
import type { Alert } from "@/lib/model/alert";
import type { EventRecord } from "@/lib/model/event";
import { LATENESS_MS, stateKey } from "./detector";
import {
  type FindState,
  type HitListener,
  type StateChange,
  type StateName,
  type StoredState,
  type Suppressor,
  Turn,
  type TurnInput,
  type TurnResult,
} from "./evaluate";
import type { Ruleset } from "./ruleset";

export class MemoryWorld {
  /** By detector and group. */
  private readonly states = new Map<string, Map<string, StoredState>>();
  /** Those that want to be woken, by key. */
  private readonly waiting = new Map<string, StateName & { wakeAt: number }>();
  private readonly alerts = new Map<string, Alert>();
  private watermark: number | undefined;

  constructor(
    private readonly ruleset: Ruleset,
    private readonly suppressors: readonly Suppressor[] = [],
    private readonly onHit?: HitListener,
  ) {}

  /** Takes events in; any order inside the lateness bound gives the same alerts in the end. */
  take(events: readonly EventRecord[]): TurnResult {
    if (this.watermark === undefined) return this.run(new Turn({ ...this.basis, events }));
    return this.run(new Turn({ ...this.basis, events, watermark: this.watermark, wakes: this.due(this.watermark) }));
  }

  /** Lets event time run on by the lateness bound, so that what waited for late events is said. Call it when no more events come. */
  finish(): TurnResult | undefined {
    if (this.watermark === undefined) return undefined;
    const until = this.watermark + LATENESS_MS + 1;
    return this.run(new Turn({ ...this.basis, events: [], watermark: until, wakes: this.due(until) }));
  }

  private get basis(): Pick<TurnInput, "ruleset" | "suppressors" | "onHit"> {
    return { ruleset: this.ruleset, suppressors: this.suppressors, ...(this.onHit ? { onHit: this.onHit } : {}) };
  }

  /** Drops state that is worth nothing any more, as the store does now and then: for worlds that live long. */
  forget(): void {
    for (const states of this.states.values()) {
      for (const [group, { expiresAt, wakeAt }] of states)
        if ((expiresAt ?? Number.POSITIVE_INFINITY) < (this.watermark ?? 0) && wakeAt === undefined) states.delete(group);
    }
  }

  private readonly find: FindState = ({ detector, group }) => this.states.get(detector)?.get(group);

  private keep({ detector, group, stored }: StateChange): void {
    let states = this.states.get(detector);
    if (!states) this.states.set(detector, (states = new Map()));
    if (stored) states.set(group, stored);
    else states.delete(group);
    if (stored?.wakeAt !== undefined) this.waiting.set(stateKey(detector, group), { detector, group, wakeAt: stored.wakeAt });
    else if (this.waiting.size > 0) this.waiting.delete(stateKey(detector, group));
  }

  private due(until: number): StateName[] {
    return [...this.waiting.values()].filter(({ wakeAt }) => wakeAt <= until);
  }

  private run(turn: Turn): TurnResult {
    for (let level = 0; level < turn.levels; level++) turn.fold(level, this.find);
    const result = turn.finish();
    for (const change of result.changed) this.keep(change);
    for (const key of result.withdrawn) this.alerts.delete(key);
    for (const alert of result.alerts) this.alerts.set(alert.key, alert);
    this.watermark = result.watermark;
    return result;
  }

  /** All alerts that stand, in order of time and key. */
  standing(): Alert[] {
    return [...this.alerts.values()].sort((a, b) => a.firstAt - b.firstAt || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  }

  /** Characters of JSON that the state amounts to. */
  stateSize(): number {
    let size = 0;
    for (const [detector, states] of this.states)
      for (const [group, stored] of states) size += stateKey(detector, group).length + JSON.stringify(stored).length;
    return size;
  }

  get alertCount(): number {
    return this.alerts.size;
  }

  get groups(): number {
    let groups = 0;
    for (const states of this.states.values()) groups += states.size;
    return groups;
  }
}
