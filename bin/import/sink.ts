/** Where events that were read go: into the installation on this machine, or over HTTP to one elsewhere. Both say what became of each event. */
import { gzipSync } from "node:zlib";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { AppError, unavailable } from "@/lib/errors";
import { acceptEvents, importPolicy, type ItemResult } from "@/lib/ingest/accept-events";
import type { EventInput } from "@/lib/model/event";
import type { Lane } from "@/lib/store/batches";
import { listStoredIds } from "@/lib/store/event-presence";

/** What became of the events of one call. `refusals` are samples of why. */
export interface Sent {
  accepted: number;
  duplicates: number;
  rejected: number;
  refusals: string[];
}

/** Takes events; resolves when they are durable. Safe to call again with the same events. */
export type Sink = (events: readonly EventInput[]) => Promise<Sent>;

const MOST_REFUSALS = 3;
const ATTEMPTS = 8;

/**
 * The installation whose database this process is connected to. `lane` undefined: live. Events that are stored already are left out first, because the guard
 * of ids forgets after a week and a log is imported again after a year.
 */
export function localSink(lane: Lane | undefined): Sink {
  return async (events) => {
    const stored = await listStoredIds(
      events.flatMap(({ id, occurred_at }) => (id && occurred_at ? [{ id, occurredAt: new Date(occurred_at) }] : [])),
    );
    const fresh = events.filter(({ id }) => id === undefined || !stored.has(id));
    const context = { actor: { type: "system" as const, name: "import" }, now: new Date() };
    const items = fresh.map((value) => ({ value }));
    const results =
      fresh.length === 0 ? [] : await patiently(() => acceptEvents(context, { items, policy: importPolicy, ...(lane ? { lane } : {}) }));
    const sent = sumOf(results);
    return { ...sent, duplicates: sent.duplicates + events.length - fresh.length };
  };
}

function sumOf(results: readonly ItemResult[]): Sent {
  const refused = results.flatMap((result) =>
    result.status === "rejected"
      ? [result.problems[0]]
      : result.status === "conflict"
        ? [{ pointer: "/id", detail: "another event has this id" }]
        : [],
  );
  return {
    accepted: results.filter(({ status }) => status === "accepted").length,
    duplicates: results.filter(({ status }) => status === "duplicate").length,
    rejected: refused.length,
    refusals: samples(refused.map((problem) => `${problem?.pointer ?? ""} ${problem?.detail ?? ""}`.trim())),
  };
}

/** A few different ones. */
const samples = (reasons: readonly string[]): string[] => [...new Set(reasons)].slice(0, MOST_REFUSALS);

/** Waits and tries again while the installation says that it is busy. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const busy = error instanceof AppError && (error.code === "unavailable" || error.code === "rate_limited");
      if (!busy || attempt >= ATTEMPTS) throw error;
      await sleep((error.details.retryAfterSeconds ?? 2 ** attempt) * 1000 * (1 + Math.random() / 4));
    }
  }
}

const Answer = z.object({
  accepted: z.number(),
  duplicates: z.number(),
  rejected: z.number(),
  results: z.array(
    z.object({
      status: z.string(),
      error: z
        .object({
          detail: z.string().optional(),
          problems: z.array(z.object({ pointer: z.string().optional(), detail: z.string() })).optional(),
        })
        .optional(),
    }),
  ),
});

/** An installation elsewhere, by its address and an API key. Events of the past need a key with the scope `import`. */
export function httpSink({ url, key }: { url: string; key: string }): Sink {
  const address = `${url.replace(/\/$/, "")}/api/v1/events?results=errors`;
  return async (events) => {
    if (events.length === 0) return { accepted: 0, duplicates: 0, rejected: 0, refusals: [] };
    const body = gzipSync(events.map((event) => JSON.stringify(event)).join("\n"));
    const answer = await patiently(() => post(address, key, body));
    const refused = answer.results.filter(({ status }) => status === "rejected");
    const why = ({ error }: (typeof refused)[number]) =>
      error?.problems?.map((one) => `${one.pointer ?? ""} ${one.detail}`.trim()).join("; ") ?? error?.detail ?? "rejected";
    return { ...answer, refusals: samples(refused.map(why)) };
  };
}

async function post(address: string, key: string, body: Buffer): Promise<z.infer<typeof Answer>> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/x-ndjson", "content-encoding": "gzip" };
  let response: Response;
  try {
    response = await fetch(address, { method: "POST", headers, body: new Uint8Array(body), signal: AbortSignal.timeout(60_000) });
  } catch (error) {
    throw unavailable(
      `${new URL(address).origin} cannot be reached: ${error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : "unknown reason"}.`,
    );
  }
  const text = await response.text();
  if (response.ok) return Answer.parse(JSON.parse(text));
  const detail = /"detail":"((?:[^"\\]|\\.){1,500})"/.exec(text)?.[1] ?? `it answered ${response.status}`;
  const busy = response.status === 429 || response.status >= 500;
  throw new AppError(busy ? "unavailable" : "invalid", `${new URL(address).origin}: ${detail}`, {
    retryAfterSeconds: Number(response.headers.get("retry-after")) || 2,
  });
}
