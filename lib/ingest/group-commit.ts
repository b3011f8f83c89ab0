/** Group commit: requests that wait at the same time share one transaction, and each is answered when it is durable. */
import { unavailable } from "@/lib/errors";
import type { NewEvent } from "@/lib/store/event-rows";
import type { appendEvents, Fate } from "@/lib/store/events";
import type { OutcomeCount } from "@/lib/store/outcomes";
import { giveBack } from "@/lib/store/row-pages";

/** What became of one event. `unstorable`: the database refused it alone, for a reason that trying again cannot mend. */
export type CommittedFate = Fate | "unstorable";

interface Waiting {
  events: readonly NewEvent[];
  counts: readonly OutcomeCount[];
  resolve(fates: CommittedFate[]): void;
  reject(error: unknown): void;
}

/** How groups are formed. */
export interface GroupSettings {
  /** Transactions under way at once: one is written by PostgreSQL while the next is prepared here. */
  transactions: number;
  /** Events in one transaction; a single larger request goes alone. */
  events: number;
  /** Events that may wait; beyond, requests are refused. */
  waitingEvents: number;
}

export const defaultGroups: GroupSettings = { transactions: 2, events: 5000, waitingEvents: 20_000 };

/** Collects requests and commits them in groups. `committed` is told after each commit that stored something. */
export class GroupCommit {
  readonly #waiting: Waiting[] = [];
  #underWay = 0;
  #events = 0;
  #scheduled = false;

  constructor(
    private readonly append: typeof appendEvents,
    private readonly committed: () => void,
    private readonly settings: GroupSettings = defaultGroups,
  ) {}

  /** Resolves once the events and counts are durable. Throws `unavailable` when the database is away or too much waits. */
  commit(events: readonly NewEvent[], counts: readonly OutcomeCount[]): Promise<CommittedFate[]> {
    if (this.#events > this.settings.waitingEvents) throw unavailable("Too many events are waiting to be stored.", 1);
    this.#events += events.length;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ events, counts, resolve, reject });
      this.#schedule();
    });
  }

  /** At the end of this turn of the event loop, so that requests read in the same turn go together. */
  #schedule(): void {
    if (this.#scheduled || this.#underWay >= this.settings.transactions) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#waiting.length > 0 && this.#underWay < this.settings.transactions) void this.#run(this.#take());
    });
  }

  #take(): Waiting[] {
    const group: Waiting[] = [];
    let events = 0;
    while (this.#waiting[0] && (group.length === 0 || events + this.#waiting[0].events.length <= this.settings.events)) {
      const next = this.#waiting.shift();
      if (!next) break;
      group.push(next);
      events += next.events.length;
    }
    return group;
  }

  async #run(group: Waiting[]): Promise<void> {
    this.#underWay++;
    if (this.#waiting.length > 0) this.#schedule();
    const events = group.flatMap((waiting) => waiting.events);
    try {
      const fates = await this.#appendAll(
        events,
        group.flatMap((waiting) => waiting.counts),
      );
      let from = 0;
      for (const waiting of group) {
        waiting.resolve(fates.slice(from, from + waiting.events.length));
        from += waiting.events.length;
      }
      giveBack(events); // after a failure the broken connection may still hold them
      if (fates.includes("accepted")) this.committed();
    } catch (error) {
      for (const waiting of group) waiting.reject(unavailableFor(error));
    } finally {
      this.#events -= events.length;
      this.#underWay--;
      this.#schedule();
    }
  }

  /** One event that the database cannot bear must not take its neighbours with it: the group is halved until the one is found. */
  async #appendAll(events: readonly NewEvent[], counts: readonly OutcomeCount[]): Promise<CommittedFate[]> {
    try {
      return await this.append(events, counts);
    } catch (error) {
      if (!isAboutData(error) || events.length === 0) throw error;
      const [only] = events;
      if (events.length === 1 && only) {
        const count: OutcomeCount = {
          at: only.receivedAt,
          keyId: only.keyId ?? "",
          service: "",
          outcome: "rejected",
          reason: "unstorable",
          items: 1,
        };
        await this.append([], [...counts, count]);
        return ["unstorable"];
      }
      const middle = events.length >> 1;
      const first = await this.#appendAll(events.slice(0, middle), counts);
      return [...first, ...(await this.#appendAll(events.slice(middle), []))];
    }
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "");

/** SQLSTATE classes 22 (data exception), 23 (constraint) and 54 (limit): the data is at fault. */
const isAboutData = (error: unknown): boolean => /^(?:22|23|54)[0-9A-Z]{3}$/.test(codeOf(error));

function unavailableFor(error: unknown): unknown {
  const refused = unavailable(
    codeOf(error) === "53100"
      ? "The disk is full."
      : "The database is out of reach right now. Nothing of this request is confirmed: send it again.",
    2,
  );
  refused.details.cause = error;
  return refused;
}
