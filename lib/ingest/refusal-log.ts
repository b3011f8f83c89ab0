/** What people need to mend their senders: the latest refusals with their reasons; and outcomes that no transaction carries. */
import type { SenderPolicy } from "./prepare-event";
import { log } from "@/lib/log";
import { OutcomeSums, type OutcomeCount, type Refusal, recordOutcomes, recordRefusals } from "@/lib/store/outcomes";
import { db } from "@/lib/store/db";
import type { Item, SentItem } from "./decode-body";
import type { ItemResult } from "./accept-events";

const FLUSH_MS = 1000;
const KEPT = 50; // a flood of refusals says the same thing again and again
const SAMPLE_LENGTH = 2000;

/** `/http/a~1b` as people write it: `http.a/b`. What senders are answered keeps the pointer. */
const fieldOf = (pointer = ""): string => pointer.slice(1).replaceAll("/", ".").replaceAll("~1", "/").replaceAll("~0", "~");

/** Gathers refusals and counts for a second, then writes them. What cannot be written now waits for the next second. */
export class RefusalLog {
  #refusals: Refusal[] = [];
  #counts = new OutcomeSums();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** `mask` makes a sample safe to show. */
  constructor(private readonly mask: (value: unknown) => unknown) {}

  /** Notes the refused items of a request; `services` says of each what it was for. */
  note(
    { items, results, services }: { items: readonly (Item | SentItem)[]; results: readonly ItemResult[]; services: readonly string[] },
    from: { at: number; keyId: string | null; peerIp: SenderPolicy["peerIp"] },
  ): void {
    for (const [index, result] of results.entries()) {
      if (this.#refusals.length >= KEPT) return;
      const sender = { ...from, service: services[index] ?? "" };
      if (result.status === "rejected") {
        const detail = result.problems.map((problem) => `${fieldOf(problem.pointer) || "event"}: ${problem.detail}`).join(" ");
        this.#add({ ...sender, status: 422, reason: "invalid", detail: detail.slice(0, 1000), sample: this.#sampleOf(items[index]) });
      } else if (result.status === "conflict") {
        const detail = `The id ${result.id} is taken by an event with another content.`;
        this.#add({ ...sender, status: 409, reason: "id_taken", detail, sample: this.#sampleOf(items[index]) });
      }
    }
  }

  /** Notes a request that was refused as a whole, and counts its items. */
  noteRequest(refusal: Refusal, count: OutcomeCount): void {
    this.#counts.add(count);
    if (this.#refusals.length < KEPT) this.#add(refusal);
    this.#start();
  }

  #add(refusal: Refusal): void {
    this.#refusals.push(refusal);
    this.#start();
  }

  #sampleOf(item: Item | SentItem | undefined): string | null {
    const value = item && "read" in item ? item.read().value : item?.value;
    if (value === undefined) return null;
    return JSON.stringify(this.mask(value))?.slice(0, SAMPLE_LENGTH) ?? null;
  }

  #start(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#write();
    }, FLUSH_MS).unref();
  }

  async #write(): Promise<void> {
    const [refusals, counts] = [this.#refusals, this.#counts];
    this.#refusals = [];
    this.#counts = new OutcomeSums();
    try {
      await recordOutcomes(db, counts);
    } catch (error) {
      for (const count of counts.rows()) this.#counts.add(count);
      this.#start();
      log.warn({ error: (error as Error).message }, "refusals could not be counted yet; they wait"); // Error: the store throws nothing else
      return;
    }
    await recordRefusals(refusals).catch((error: Error) => log.warn({ error: error.message }, "refusals could not be kept"));
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#writing;
    await this.#write();
  }
}
