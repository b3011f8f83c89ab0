/** The key with which a new installation receives its first event. */
import type { Context } from "@/lib/model/user";
import { listApiKeyRows } from "@/lib/store/api-keys";
import { createApiKey, revokeApiKey } from "./api-keys";

const NAME = "first key";

/**
 * Makes an ingest key when there is none and says its secret. Said anew, with a new secret, at each start until it was used or a person made another:
 * a closed terminal leaves nobody without a key. Null from then on.
 */
export async function ensureFirstKey(now: Date): Promise<string | null> {
  const ctx: Context = { actor: { type: "system", name: "first start" }, now };
  const usable = (await listApiKeyRows({ limit: 100 })).filter((key) => key.revokedAt === null);
  if (usable.some((key) => key.name !== NAME || key.lastUsedAt !== null)) return null;
  for (const { id } of usable) await revokeApiKey(ctx, { id });
  return (await createApiKey(ctx, { name: NAME, scopes: ["ingest"] })).secret;
}
