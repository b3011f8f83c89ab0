/** A small attack of our own making, to see the whole way once: events, detection, incident, mail. Everything is marked as a test. */
import { randomInt } from "node:crypto";
import { requirePermission } from "@/lib/access/require-permission";
import type { EventInput } from "@/lib/model/event";
import type { Context } from "@/lib/model/user";
import { recordAudit } from "@/lib/store/audit";
import { inTransaction } from "@/lib/store/db";
import { acceptEvents, importPolicy } from "./accept-events";

const FAILURES = 20;
const STEP_MS = 1500;

/**
 * Sends 20 failed sign-ins and one that succeeds, from an address of TEST-NET-2 (RFC 5737) that nobody has, as if they had happened in the last half minute.
 * Resolves once they are stored; the incident follows within seconds.
 */
export async function sendTestAttack(ctx: Context): Promise<{ ip: string; events: number }> {
  requirePermission(ctx, "sample:write");
  const ip = `198.51.100.${randomInt(1, 255)}`;
  const items = testEvents(ctx.now.getTime(), ip).map((value) => ({ value }));
  await acceptEvents(ctx, { items, policy: importPolicy, marks: ["test"] });
  await inTransaction((tx) => recordAudit(tx, ctx, "test_attack.send", { after: { ip, events: items.length } }));
  return { ip, events: items.length };
}

function testEvents(now: number, ip: string): EventInput[] {
  const common = {
    action: "user.login",
    service: "vedette-test",
    direction: "inbound",
    actor: { type: "user", id: "test-account", email: "test-account@example.com", exists: true },
    credential: { type: "password" },
    source: { ip, user_agent: "vedette-test-attack/1" },
  } as const;
  const http = (status: number) => ({ method: "POST", path: "/v1/login", route: "/v1/login", status });
  const start = now - (FAILURES + 1) * STEP_MS;
  const failures = Array.from({ length: FAILURES }, (_, n) => ({
    ...common,
    occurred_at: new Date(start + n * STEP_MS).toISOString(),
    outcome: "failure" as const,
    reason: "bad_password",
    http: http(401),
  }));
  return [...failures, { ...common, occurred_at: new Date(start + FAILURES * STEP_MS).toISOString(), outcome: "success", http: http(200) }];
}
