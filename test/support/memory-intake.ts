/** An intake that keeps events in memory: validates and de-duplicates as the real one, so that adapters can be tested without a database. */
import { createHmac } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { notFound, unauthenticated } from "@/lib/errors";
import type { Intake, ItemOutcome, ProtocolItem } from "@/lib/ingest/protocols/protocol";
import { EventInput } from "@/lib/model/event";

export const TEST_KEY = "vdt_test-key";

export class MemoryIntake implements Intake {
  readonly events: EventInput[] = [];
  readonly mappings = new Map<string, string>();
  private readonly byId = new Map<string, EventInput>();

  async admit(_request: Request, _peer: unknown, key: string | undefined) {
    if (key !== TEST_KEY) throw unauthenticated("This key is not known.");
    return { keyId: "key-1" };
  }

  async admitSigned(_request: Request, _peer: unknown, keyId: string) {
    return { keyId };
  }

  async readBody(request: Request) {
    const body = Buffer.from(await request.arrayBuffer());
    if (request.headers.get("content-encoding") !== "gzip") return body;
    const { gunzipSync } = await import("node:zlib");
    return gunzipSync(body);
  }

  async accept(_sender: unknown, items: readonly ProtocolItem[]): Promise<ItemOutcome[]> {
    return items.map((item) => this.take(item));
  }

  private take({ value, problems }: ProtocolItem): ItemOutcome {
    if (problems) return { status: "rejected", error: problems[0]?.detail };
    const parsed = EventInput.safeParse(value);
    if (!parsed.success) return { status: "rejected", error: parsed.error.issues[0]?.message };
    const event = parsed.data;
    const id = event.id ?? `assigned-${this.events.length}`;
    const known = this.byId.get(id);
    if (known)
      return isDeepStrictEqual(known, event) ? { id, status: "duplicate" } : { id, status: "conflict", error: "another event has this id" };
    this.byId.set(id, event);
    this.events.push(event);
    return { id, status: "accepted" };
  }

  webhookSecret(keyId: string) {
    return createHmac("sha256", "test").update(keyId).digest("hex");
  }

  async webhookMapping(name: string) {
    const mapping = this.mappings.get(name);
    if (mapping === undefined) throw notFound("There is no such mapping.");
    return mapping;
  }

  async ready() {
    return true;
  }

  now() {
    return Date.UTC(2026, 10, 23, 12);
  }
}
