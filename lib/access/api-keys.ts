/** Keys that programs use: people make, change and revoke them here. How a presented key is recognised is in key-ring.ts. */
import { randomUUID } from "node:crypto";
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { conflict, notFound } from "@/lib/errors";
import type { Context } from "@/lib/model/user";
import {
  type ApiKey,
  findApiKey,
  insertApiKey,
  type KeyTerms,
  listApiKeyRows,
  markKeyRevoked,
  replaceKeySecret,
  Scope,
  saveKeyTerms,
} from "@/lib/store/api-keys";
import { recordAudit } from "@/lib/store/audit";
import { inTransaction } from "@/lib/store/db";
import { generateApiKey, hashApiKey, keyHint } from "./key-format";
import { requirePermission } from "./require-permission";

const network = z
  .string()
  .refine((text) => ipaddr.isValidCIDR(text) || ipaddr.isValid(text), "Write an address or a network, for example 203.0.113.0/24.");
const rate = z.number().int().min(1).max(1_000_000_000).nullable();

/** What a person says about a new key. */
export const KeyInput = z.strictObject({
  name: z.string().trim().min(1, "Give the key a name.").max(100),
  scopes: z.array(Scope).min(1, "Choose what the key may do."),
  /** Services it may write for; empty: any. One service is also the default of its events. */
  services: z.array(z.string().trim().min(1).max(256)).max(100).default([]),
  /** Addresses and networks it may be used from; empty: any. */
  allowedNetworks: z.array(network).max(100).default([]),
  /** Whether `source.ip` of its events is believed. If not, the sender's own address is the source. */
  trustSourceIp: z.boolean().default(true),
  eventsPerSecond: rate.default(null),
  bytesPerSecond: rate.default(null),
  /** How many events may come at once beyond the rate; null: two seconds' worth. */
  burst: rate.default(null),
  /** Events a day (UTC). */
  dailyQuota: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).nullable().default(null),
  /** SHA-256 fingerprint of the TLS client certificate that must come with the key. */
  certificate: z
    .string()
    .transform((text) => text.toLowerCase().replace(/[^0-9a-f]/g, ""))
    .refine((text) => text.length === 64, "A SHA-256 fingerprint has 64 hexadecimal digits.")
    .nullable()
    .default(null),
  expiresAt: z.coerce.date().nullable().default(null),
});

/** The terms of a key, as the audit trail shows them. */
function termsOf(key: KeyTerms): Record<string, unknown> {
  const terms = Object.keys(KeyInput.shape) as (keyof KeyTerms)[]; // KeyInput and KeyTerms name the same fields: createApiKey would not compile otherwise
  return Object.fromEntries(terms.map((term) => [term, key[term] instanceof Date ? key[term].toISOString() : key[term]]));
}

/** Makes a key. `secret` is shown once and cannot be had again. */
export async function createApiKey(ctx: Context, input: z.input<typeof KeyInput>): Promise<{ id: string; secret: string }> {
  requirePermission(ctx, "key:write");
  const terms = KeyInput.parse(input);
  const secret = generateApiKey();
  const id = randomUUID();
  await inTransaction(async (tx) => {
    await insertApiKey(tx, {
      ...terms,
      id,
      hash: hashApiKey(secret),
      hint: keyHint(secret),
      createdBy: ctx.actor.name,
      createdAt: ctx.now,
    });
    await recordAudit(tx, ctx, "api_key.create", { target: { type: "api_key", id }, after: termsOf(terms) });
  });
  return { id, secret };
}

/** Changes what a key may do; works within a second everywhere. */
export async function updateApiKey(ctx: Context, { id, ...input }: z.input<typeof KeyInput> & { id: string }): Promise<void> {
  requirePermission(ctx, "key:write");
  const terms = KeyInput.parse(input);
  await inTransaction(async (tx) => {
    const before = await findApiKey(tx, id);
    if (!before) throw notFound("There is no such key.");
    if ((await saveKeyTerms(tx, id, terms)) === 0) throw conflict("This key is revoked. Make a new one.");
    await recordAudit(tx, ctx, "api_key.update", { target: { type: "api_key", id }, before: termsOf(before), after: termsOf(terms) });
  });
}

/** How long the old secret of a rotated key may still work, hours: a week at most. */
export const Overlap = z.number().min(0).max(168);

/** Gives a key a new secret, shown once; the old one works for `overlapHours` more, so that senders can be changed one by one. */
export async function rotateApiKey(
  ctx: Context,
  { id, overlapHours }: { id: string; overlapHours: number },
): Promise<{ secret: string; oldUntil: Date }> {
  requirePermission(ctx, "key:write");
  const oldUntil = new Date(ctx.now.getTime() + Overlap.parse(overlapHours) * 3_600_000);
  const secret = generateApiKey();
  await inTransaction(async (tx) => {
    const before = await findApiKey(tx, id);
    if (!before) throw notFound("There is no such key.");
    const hint = keyHint(secret);
    if ((await replaceKeySecret(tx, id, { hash: hashApiKey(secret), hint, previousUntil: oldUntil })) === 0)
      throw conflict("This key is revoked. Make a new one.");
    await recordAudit(tx, ctx, "api_key.rotate", {
      target: { type: "api_key", id },
      before: { hint: before.hint },
      after: { hint, oldWorksUntil: oldUntil.toISOString() },
    });
  });
  return { secret, oldUntil };
}

/** Revokes a key for good; works within a second everywhere. */
export async function revokeApiKey(ctx: Context, { id }: { id: string }): Promise<void> {
  requirePermission(ctx, "key:write");
  await inTransaction(async (tx) => {
    const key = await findApiKey(tx, id);
    if (!key) throw notFound("There is no such key.");
    if ((await markKeyRevoked(tx, id, ctx.now)) === 0) throw conflict("This key is already revoked.");
    await recordAudit(tx, ctx, "api_key.revoke", { target: { type: "api_key", id }, before: { name: key.name, hint: key.hint } });
  });
}

/** Keys, newest first, at most 200 a page. */
export async function listApiKeys(ctx: Context, { limit = 100, before }: { limit?: number; before?: Date } = {}): Promise<ApiKey[]> {
  requirePermission(ctx, "key:read");
  return listApiKeyRows({ limit: Math.min(limit, 200), ...(before ? { before } : {}) });
}
