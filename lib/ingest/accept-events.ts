/** The path of an event through this folder: decode, validate, redact, enrich, append. Whoever brings events (HTTP, a protocol, a file) calls acceptEvents. */
import { forbidden, type Problem } from "@/lib/errors";
import type { Mark } from "@/lib/model/event";
import type { Context } from "@/lib/model/user";
import type { Lane } from "@/lib/store/batches";
import type { NewEvent } from "@/lib/store/event-rows";
import type { OutcomeCount } from "@/lib/store/outcomes";
import { type Item, itemOf, type SentItem } from "./decode-body";
import type { CommittedFate } from "./group-commit";
import { type IngestHouse, ingestHouse } from "./house";
import type { IngestLimits } from "./limits";
import { type Preparation, type Prepared, prepareItem, type SenderPolicy } from "./prepare-event";

/** Items to take in. */
export interface Acceptance {
  items: readonly (Item | SentItem)[];
  policy: SenderPolicy;
  /** Set by imports and sample data: `{ world, historical: true, sample }`. Left out: live. */
  lane?: Lane;
  marks?: readonly Mark[];
}

/** What became of one item, in the order of the items. `rejected` carries every problem at once. */
export type ItemResult =
  | { status: "accepted" | "duplicate" | "conflict"; id: string }
  | { status: "rejected"; id?: string; problems: Problem[] };

/** The policy of imports by people and of the product itself. */
export const importPolicy: SenderPolicy = { keyId: null, services: [], trustSourceIp: true, mayImport: true, peerIp: null };

const ITEMS_A_TURN = 200; // less than 10 ms: other requests go on meanwhile

/**
 * Takes items in; when this resolves, what was accepted is durable and everything is accounted for. Throws `forbidden` without the right, `malformed` when
 * an item shows that its whole body is no JSON, `unavailable` when the database is away: then nothing of it is confirmed, and sending the same ids again is safe.
 */
export async function acceptEvents(ctx: Context, acceptance: Acceptance): Promise<ItemResult[]> {
  assertMaySend(ctx, acceptance);
  const house = await ingestHouse();
  const receivedAt = ctx.now.getTime();
  const { items, policy, lane, marks = [] } = acceptance;
  const prepared = await prepareAll(items, { policy, receivedAt, lane, marks, tools: house.tools }, house);
  const events: NewEvent[] = [];
  for (const each of prepared) if ("event" in each) events.push(each.event);
  const fates = await house.commits.commit(events, rejectionCounts(prepared, policy.keyId ?? "", receivedAt));
  const results = resultsOf(prepared, fates);
  const services = prepared.map((each) => ("event" in each ? each.event.traffic.service : (each.service ?? "")));
  house.refusals.note({ items, results, services }, { at: receivedAt, keyId: policy.keyId, peerIp: policy.peerIp });
  return results;
}

/** The item as the steps want it: its value is ours to change. */
function read(item: Item | SentItem, limits: IngestLimits): Item {
  if ("read" in item) return item.read();
  return item.problems ? item : itemOf(item.value, limits);
}

/** Large requests one after the other: then only one has its items in memory as objects, and they are gone before the collector looks twice. */
async function prepareAll(items: Acceptance["items"], preparation: Preparation, { turns, limits }: IngestHouse): Promise<Prepared[]> {
  if (items.length <= ITEMS_A_TURN) return items.map((item) => prepareItem(read(item, limits), preparation));
  return turns.run(async () => {
    const prepared: Prepared[] = [];
    for (const item of items) {
      if (prepared.length % ITEMS_A_TURN === ITEMS_A_TURN - 1) await new Promise(setImmediate);
      prepared.push(prepareItem(read(item, limits), preparation));
    }
    return prepared;
  });
}

function assertMaySend({ actor }: Context, { lane }: Acceptance): void {
  if (actor.type === "system") return;
  const right = lane ? "import" : "ingest";
  const allowed = actor.type === "key" ? actor.scopes.includes(right) || actor.scopes.includes("import") : actor.role === "admin";
  if (!allowed) throw forbidden(`This needs the scope ${right}, which ${actor.name} does not have.`);
}

function rejectionCounts(prepared: readonly Prepared[], keyId: string, at: number): OutcomeCount[] {
  const counts: OutcomeCount[] = [];
  for (const each of prepared) {
    if ("problems" in each) counts.push({ at, keyId, service: each.service ?? "", outcome: "rejected", reason: "invalid", items: 1 });
  }
  return counts;
}

function resultsOf(prepared: readonly Prepared[], fates: readonly CommittedFate[]): ItemResult[] {
  let next = 0;
  return prepared.map((each) => {
    if ("problems" in each) return { status: "rejected", problems: each.problems, ...(each.id === undefined ? {} : { id: each.id }) };
    const status = fates[next++] ?? "unstorable";
    const { id } = each.event;
    return status === "unstorable"
      ? { status: "rejected", id, problems: [{ pointer: "", detail: "The database cannot store this event." }] }
      : { status, id };
  });
}
