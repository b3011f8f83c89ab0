/** Validate, redact, enrich, encode: the steps that an item takes alone, whatever protocol or file it came from. */
import type { Problem } from "@/lib/errors";
import type { EventInput, Mark } from "@/lib/model/event";
import { type Lane, LIVE } from "@/lib/store/batches";
import { type NewEvent, newEvent } from "@/lib/store/event-rows";
import { contentDigest } from "./content-digest";
import type { Item } from "./decode-body";
import { type Finders, enrichEvent, judgeClock, LATE_MS } from "./enrich-event";
import { newId } from "./new-id";
import type { Redact } from "./redact-event";
import { mayHoldSecret } from "./secrets";
import { validateEvent } from "./validate-event";

/** What the sender may say. Comes from its API key; an import by a person has `keyId: null`. */
export interface SenderPolicy {
  keyId: string | null;
  /** Services it may write for; empty: any. */
  services: readonly string[];
  /** Whether `source.ip` is believed. */
  trustSourceIp: boolean;
  /** Whether events may be older than the accepted range. */
  mayImport: boolean;
  /** Address that the request came from. */
  peerIp: string | null;
}

/** The tools of the steps, made once a process. */
export interface Tools extends Finders {
  redact: Redact;
}

/** What holds for all items of one request or file. `lane: undefined`: live, and what an importing key brings from the past is historical. */
export interface Preparation {
  policy: SenderPolicy;
  receivedAt: number;
  lane: Lane | undefined;
  marks: readonly Mark[];
  tools: Tools;
}

/** An item on its way: ready to be stored, or refused with all its problems. */
export type Prepared = { event: NewEvent } | { problems: Problem[]; id?: string; service?: string };

/** Takes one item through the steps. Its value becomes the document: it must be nobody else's. */
export function prepareItem(item: Item, preparation: Preparation): Prepared {
  if (item.problems) return { problems: item.problems };
  const validation = validateEvent(item.value);
  if ("problems" in validation) return { problems: validation.problems, ...saidOf(item.value) };
  const { policy, receivedAt, tools } = preparation;
  const clock = judgeClock(validation.event.occurred_at, { receivedAt, mayImport: policy.mayImport });
  const service = serviceOf(validation.event, policy);
  if (clock.problem || "problem" in service) {
    return {
      problems: [...(clock.problem ? [clock.problem] : []), ...("problem" in service ? [service.problem] : [])],
      ...saidOf(item.value),
    };
  }
  const { event } = validation;
  const redacted = tools.redact(event) > 0;
  if ("name" in service) event.service = service.name;
  const digest = event.id === undefined ? undefined : contentDigest(event);
  if (!policy.trustSourceIp) setPeerAsSource(event, policy.peerIp);
  const marks = marksOf(preparation.marks, { late: clock.mark, redacted, truncated: validation.truncated });
  const record = enrichEvent(event, { id: event.id ?? newId(receivedAt), occurredAt: clock.at, receivedAt, marks }, tools);
  const lane = preparation.lane ?? (policy.mayImport && clock.at < receivedAt - LATE_MS ? importLane(policy.keyId) : LIVE);
  return { event: newEvent(record, { keyId: policy.keyId, lane, digest }) };
}

function marksOf(given: readonly Mark[], found: { late: Mark | undefined; redacted: boolean; truncated: boolean }): readonly Mark[] {
  if (found.late === undefined && !found.redacted && !found.truncated) return given;
  return [
    ...given,
    ...(found.late ? [found.late] : []),
    ...(found.redacted ? ["redacted" as const] : []),
    ...(found.truncated ? ["truncated" as const] : []),
  ];
}

const ANY_SERVICE = {};

function serviceOf(event: EventInput, { services }: SenderPolicy): { name: string } | { problem: Problem } | Record<never, never> {
  if (services.length === 0) return ANY_SERVICE;
  if (event.service === undefined && services.length === 1) return { name: services[0] ?? "" };
  if (event.service !== undefined && services.includes(event.service)) return {};
  return { problem: { pointer: "/service", detail: `This API key writes only for: ${services.slice(0, 10).join(", ")}.` } };
}

/** A sender that is not believed is itself the source; what it claimed is kept as a claim. */
function setPeerAsSource(event: EventInput, peerIp: string | null): void {
  const claimed = event.source?.ip;
  const { ip: _ip, geo: _geo, ...rest } = event.source ?? {};
  event.source = peerIp === null ? rest : { ...rest, ip: peerIp };
  if (claimed !== undefined && claimed !== peerIp) event.metadata = { ...event.metadata, claimed_source_ip: claimed };
}

const importLanes = new Map<string, Lane>();

/** What a key brings from the past shares one event time of its own, apart from what happens now. */
function importLane(keyId: string | null): Lane {
  const world = `import-${keyId ?? "person"}`;
  let lane = importLanes.get(world);
  if (!lane) {
    lane = { world, historical: true, sample: false };
    importLanes.set(world, lane);
  }
  return lane;
}

/** The id and service that a refused item claims, so that its sender can tell which one it was. */
function saidOf(value: unknown): { id?: string; service?: string } {
  if (typeof value !== "object" || value === null) return {};
  const { id, service } = value as { id?: unknown; service?: unknown };
  return {
    ...(typeof id === "string" && id.length <= 256 ? { id } : {}),
    ...(typeof service === "string" && service.length <= 256 && !mayHoldSecret(service) ? { service } : {}),
  };
}
