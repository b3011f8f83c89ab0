/** Incoming webhooks as people set them up: mappings in YAML, and the secret by which GitHub proves itself. */
import { createHmac } from "node:crypto";
import { z } from "zod";
import { requirePermission } from "@/lib/access/require-permission";
import { config } from "@/lib/config";
import { invalid, notFound } from "@/lib/errors";
import type { Context } from "@/lib/model/user";
import { findApiKey } from "@/lib/store/api-keys";
import { recordAudit } from "@/lib/store/audit";
import { db, inTransaction } from "@/lib/store/db";
import { findSetting, listSettings, removeSetting, saveSetting } from "@/lib/store/settings";
import { type MappedSample, previewMapping, readMapping } from "./protocols/mapping";

const PREFIX = "webhook-mapping:";

/** The name in the webhook's address. */
const Name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "Use small letters, digits and hyphens, for example legacy-idp.");

/** The setting that holds the YAML of a mapping. */
export const mappingSetting = (name: string): string => `${PREFIX}${name}`;

/** A mapping as people see it. */
export interface WebhookMapping {
  name: string;
  yaml: string;
  updatedAt: Date;
  updatedBy: string | null;
}

/** All mappings, by name. */
export async function listWebhookMappings(ctx: Context): Promise<WebhookMapping[]> {
  requirePermission(ctx, "key:read");
  const settings = await listSettings(PREFIX);
  return settings.map(({ name, value, updatedAt, updatedBy }) => ({
    name: name.slice(PREFIX.length),
    yaml: z.string().parse(value),
    updatedAt,
    updatedBy,
  }));
}

/** Adds or changes a mapping; it holds for the next delivery. Throws `invalid` with every problem of the YAML. */
export async function saveWebhookMapping(ctx: Context, { name, yaml }: { name: string; yaml: string }): Promise<void> {
  requirePermission(ctx, "key:write");
  const checked = Name.safeParse(name);
  if (!checked.success)
    throw invalid("The name cannot be used.", [{ pointer: "/name", detail: checked.error.issues[0]?.message ?? "Not a name." }]);
  if (yaml.length > 65_536) throw invalid("The mapping is longer than 64 KiB.");
  readMapping(yaml);
  const setting = mappingSetting(checked.data);
  const before = await findSetting(setting, z.string());
  await inTransaction(async (tx) => {
    await saveSetting(tx, { name: setting, value: yaml, by: ctx.actor.name, at: ctx.now });
    await recordAudit(tx, ctx, "webhook_mapping.save", {
      target: { type: "webhook_mapping", id: name },
      ...(before === null ? {} : { before: { yaml: before } }),
      after: { yaml },
    });
  });
}

/** Takes a mapping away; its address answers 404 from then on. */
export async function removeWebhookMapping(ctx: Context, { name }: { name: string }): Promise<void> {
  requirePermission(ctx, "key:write");
  await inTransaction(async (tx) => {
    if ((await removeSetting(tx, mappingSetting(name))) === 0) throw notFound("There is no such mapping.");
    await recordAudit(tx, ctx, "webhook_mapping.remove", { target: { type: "webhook_mapping", id: name } });
  });
}

/** What a mapping makes of a pasted sample; nothing is stored. */
export async function tryWebhookMapping(ctx: Context, { yaml, sample }: { yaml: string; sample: string }): Promise<MappedSample[]> {
  requirePermission(ctx, "key:read");
  if (yaml.length > 65_536 || sample.length > 1_048_576) throw invalid("Mapping or sample is too long for a preview.");
  return previewMapping(yaml, sample);
}

/** The secret that signs the webhooks of a key. Derived, so it is nowhere stored; it changes only with the installation's own keys. */
export const webhookSecretOf = (keyId: string): string => createHmac("sha256", config().LINK_KEY).update(`webhook:${keyId}`).digest("hex");

/** Shows the secret for a key's webhooks to the person who sets one up; that is audited. */
export async function showWebhookSecret(ctx: Context, { keyId }: { keyId: string }): Promise<string> {
  requirePermission(ctx, "key:write");
  const key = z.uuid().safeParse(keyId).success ? await findApiKey(db, keyId) : null;
  if (!key || key.revokedAt) throw notFound("There is no such key.");
  await inTransaction((tx) => recordAudit(tx, ctx, "api_key.show_webhook_secret", { target: { type: "api_key", id: keyId } }));
  return webhookSecretOf(keyId);
}
