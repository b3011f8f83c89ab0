/** Webhooks: places that take our messages by HTTPS. */
import { z } from "zod";
import { type Executor, execute, query, queryOne, raw, sql } from "./db";

export const WebhookKind = z.enum(["standard", "slack", "teams", "pagerduty", "opsgenie"]);
export type WebhookKind = z.infer<typeof WebhookKind>;

const Row = z.object({
  id: z.string(),
  name: z.string(),
  kind: WebhookKind,
  url: z.string(),
  secret: z.string(),
  disabledAt: z.date().nullable(),
  disabledReason: z.string().nullable(),
});
export type Webhook = z.infer<typeof Row>;

const columns = raw(`id, name, kind, url, secret, disabled_at as "disabledAt", disabled_reason as "disabledReason"`);

export function listWebhooks(on: Executor): Promise<Webhook[]> {
  return query(on, sql`select ${columns} from webhook order by created_at, id limit 500`, Row);
}

export function findWebhook(on: Executor, id: string): Promise<Webhook | null> {
  return queryOne(on, sql`select ${columns} from webhook where id = ${id}`, Row);
}

/** Adds a webhook. */
export async function insertWebhook(
  on: Executor,
  webhook: Pick<Webhook, "id" | "name" | "kind" | "url" | "secret">,
  now: Date,
): Promise<void> {
  await execute(
    on,
    sql`insert into webhook (id, name, kind, url, secret, created_at, updated_at) values (${webhook.id}, ${webhook.name}, ${webhook.kind}, ${webhook.url}, ${webhook.secret}, ${now}, ${now})`,
  );
}

/** Switches a webhook off with a reason, or on again with null. */
export async function disableWebhook(on: Executor, id: string, reason: string | null, now: Date): Promise<void> {
  await execute(
    on,
    sql`update webhook set disabled_at = ${reason === null ? null : now}, disabled_reason = ${reason}, updated_at = ${now} where id = ${id}`,
  );
}

/** Removes a webhook; false when it was not there. */
export async function removeWebhook(on: Executor, id: string): Promise<boolean> {
  return (await execute(on, sql`delete from webhook where id = ${id}`)) > 0;
}
