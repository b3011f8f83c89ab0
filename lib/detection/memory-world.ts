/** A world of event time held in memory: replay, backtest and tests drive detection with it, exactly as the workers do with the store. */
import type { Alert } from "@/lib/model/alert";
import type { EventRecord } from "@/lib/model/event";
import { LATENESS_MS } from "./detector";
import { type HitListener, type StateName, type StoredState, type Suppressor, Turn, type TurnInput, type TurnResult } from "./evaluate";
import type { Ruleset } from "./ruleset";

type Kept = StateName & { stored: StoredState };

const isKept = (entry: StateName & { stored: StoredState | undefined }): entry is Kept => entry.stored !== undefined;

export class MemoryWorld {
  private readonly states = new Map<string, Kept>();
  private readonly waiting = new Map<string, Kept>();
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
    for (const [key, { stored }] of this.states) {
      const isOver = (stored.expiresAt ?? Number.POSITIVE_INFINITY) < (this.watermark ?? 0);
      if (isOver && stored.wakeAt === undefined) this.states.delete(key);
    }
  }

  private due(until: number): StateName[] {
    return [...this.waiting.values()].filter(({ stored }) => (stored.wakeAt ?? 0) <= until);
  }

  private run(turn: Turn): TurnResult {
    for (let level = 0; level < turn.levels; level++) {
      const states = new Map<string, StoredState>();
      for (const { key } of turn.needs(level)) {
        const known = this.states.get(key);
        if (known) states.set(key, known.stored);
      }
      turn.fold(level, states);
    }
    const result = turn.finish();
    for (const [key, entry] of result.changed) {
      this.waiting.delete(key);
      if (!isKept(entry)) this.states.delete(key);
      else {
        this.states.set(key, entry);
        if (entry.stored.wakeAt !== undefined) this.waiting.set(key, entry);
      }
    }
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
    for (const [key, { stored }] of this.states) size += key.length + JSON.stringify(stored).length;
    return size;
  }

  get alertCount(): number {
    return this.alerts.size;
  }

  get groups(): number {
    return this.states.size;
  }
}
