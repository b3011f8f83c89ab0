/** Adds up what rules spend over many turns, so that it is written down once a minute and not with each turn. */
import { addRuleCosts } from "@/lib/store/rule-costs";

const WRITE_EVERY_MS = 60_000;

export class Spendings {
  private spent = new Map<string, number>();
  private events = 0;
  private writtenAt = 0;

  /** Takes in what a turn spent (ms by rule) on so many events. */
  note(turn: ReadonlyMap<string, number>, events: number): void {
    for (const [ruleId, ms] of turn) this.spent.set(ruleId, (this.spent.get(ruleId) ?? 0) + ms);
    this.events += events;
  }

  /** Writes what has come together, when it is time. Every rule counts for all events that passed, also for those that it never looked at. */
  async write(now: Date): Promise<void> {
    if (this.events === 0 || now.getTime() - this.writtenAt < WRITE_EVERY_MS) return;
    const { spent, events } = this;
    this.spent = new Map();
    this.events = 0;
    this.writtenAt = now.getTime();
    await addRuleCosts(spent, events, now);
  }
}
