/** API keys: rows by key. The secret itself is nowhere in here, only its SHA-256. */
import { z } from "zod";
import { db, type Executor, execute, prisma, queryOne, sql } from "./db";

/** What a key may do. `ingest`: send events. `read`: the read API. `import`: send events about the past, which never mail. `rules`: change rules and exceptions. */
export const Scope = z.enum(["ingest", "read", "import", "rules"]);
export type Scope = z.infer<typeof Scope>;

const KeyRow = z.object({
  id: z.string(),
  name: z.string(),
  hint: z.string(),
  scopes: z.array(z.string()),
  services: z.array(z.string()),
  allowedNetworks: z.array(z.string()),
  trustSourceIp: z.boolean(),
  eventsPerSecond: z.number().nullable(),
  bytesPerSecond: z.number().nullable(),
  burst: z.number().nullable(),
  dailyQuota: z.coerce.number().nullable(), // bigint in Prisma's rows
  certificate: z.string().nullable(),
  createdBy: z.string().nullable(),
  createdAt: z.date(),
  expiresAt: z.date().nullable(),
  revokedAt: z.date().nullable(),
  /** Until when the secret before the last rotation works. */
  previousUntil: z.date().nullable(),
  lastUsedAt: z.date().nullable(),
  lastUsedIp: z.string().nullable(),
});
/** A key as people see it. */
export type ApiKey = z.infer<typeof KeyRow>;

const Hash = z.instanceof(Uint8Array).transform((bytes) => Buffer.from(bytes));
const HashedKeyRow = KeyRow.extend({ hash: Hash, previousHash: Hash.nullable() });
/** A key as the door keeper knows it. */
export type HashedApiKey = z.infer<typeof HashedKeyRow>;

const columns = sql`
  id, name, hint, scopes, services, allowed_networks as "allowedNetworks", trust_source_ip as "trustSourceIp", events_per_second as "eventsPerSecond",
  bytes_per_second as "bytesPerSecond", burst, daily_quota as "dailyQuota", certificate, created_by as "createdBy", created_at as "createdAt",
  expires_at as "expiresAt", revoked_at as "revokedAt", previous_until as "previousUntil", last_used_at as "lastUsedAt", host(last_used_ip) as "lastUsedIp"`;

/** Every key that is not revoked, with its hash: what a process keeps in memory to know callers by. At most 10,000. */
export async function listUsableKeys(): Promise<HashedApiKey[]> {
  const rows = await prisma().apiKey.findMany({ where: { revokedAt: null }, orderBy: { createdAt: "asc" }, take: 10_000 });
  return rows.map((row) => HashedKeyRow.parse(row));
}

/** Keys for people, newest first; revoked ones too. */
export async function listApiKeyRows({ limit, before }: { limit: number; before?: Date }): Promise<ApiKey[]> {
  const older = before ? { createdAt: { lt: before } } : {};
  const rows = await prisma().apiKey.findMany({ where: older, orderBy: { createdAt: "desc" }, take: limit });
  return rows.map((row) => KeyRow.parse(row));
}

/** A key by id, or null. */
export async function findApiKey(on: Executor, id: string): Promise<ApiKey | null> {
  return queryOne(on, sql`select ${columns} from api_key where id = ${id}`, KeyRow);
}

/** What a person decides about a key. */
export type KeyTerms = Pick<
  ApiKey,
  | "name"
  | "scopes"
  | "services"
  | "allowedNetworks"
  | "trustSourceIp"
  | "eventsPerSecond"
  | "bytesPerSecond"
  | "burst"
  | "dailyQuota"
  | "certificate"
  | "expiresAt"
>;

/** Adds a key. */
export async function insertApiKey(
  on: Executor,
  key: KeyTerms & { id: string; hash: Buffer; hint: string; createdBy: string | null; createdAt: Date },
): Promise<void> {
  await execute(
    on,
    sql`
    insert into api_key (id, name, hash, hint, scopes, services, allowed_networks, trust_source_ip, events_per_second, bytes_per_second, burst,
      daily_quota, certificate, created_by, created_at, expires_at)
    values (${key.id}, ${key.name}, ${key.hash}, ${key.hint}, ${key.scopes}::text[], ${key.services}::text[], ${key.allowedNetworks}::text[],
      ${key.trustSourceIp}, ${key.eventsPerSecond}, ${key.bytesPerSecond}, ${key.burst}, ${key.dailyQuota}, ${key.certificate}, ${key.createdBy},
      ${key.createdAt}, ${key.expiresAt})`,
  );
}

/** Changes the terms of a key that is not revoked; how many rows that were. */
export async function saveKeyTerms(on: Executor, id: string, terms: KeyTerms): Promise<number> {
  return execute(
    on,
    sql`
    update api_key set name = ${terms.name}, scopes = ${terms.scopes}::text[], services = ${terms.services}::text[],
      allowed_networks = ${terms.allowedNetworks}::text[], trust_source_ip = ${terms.trustSourceIp}, events_per_second = ${terms.eventsPerSecond},
      bytes_per_second = ${terms.bytesPerSecond}, burst = ${terms.burst}, daily_quota = ${terms.dailyQuota}, certificate = ${terms.certificate},
      expires_at = ${terms.expiresAt}
    where id = ${id} and revoked_at is null -- no-op if it was revoked meanwhile`,
  );
}

/** Gives a key another secret; the one before works until `previousUntil`, older ones no longer. 0 when the key is revoked. */
export async function replaceKeySecret(
  on: Executor,
  id: string,
  { hash, hint, previousUntil }: { hash: Buffer; hint: string; previousUntil: Date },
): Promise<number> {
  return execute(
    on,
    sql`
    update api_key set previous_hash = hash, previous_until = ${previousUntil}, hash = ${hash}, hint = ${hint}
    where id = ${id} and revoked_at is null -- no-op if it was revoked meanwhile`,
  );
}

/** Revokes a key; 0 when it was revoked before. */
export async function markKeyRevoked(on: Executor, id: string, now: Date): Promise<number> {
  return execute(on, sql`update api_key set revoked_at = ${now} where id = ${id} and revoked_at is null -- no-op if it was revoked before`);
}

/** When and from where keys were last used. */
export async function recordKeyUse(uses: readonly { id: string; at: Date; ip: string }[]): Promise<void> {
  if (uses.length === 0) return;
  await execute(
    db,
    sql`
    update api_key set last_used_at = r.at, last_used_ip = r.ip::inet
    from json_to_recordset(${JSON.stringify(uses)}::json) as r(id uuid, at timestamptz, ip text)
    where api_key.id = r.id and (api_key.last_used_at is null or api_key.last_used_at < r.at) -- no-op if another process saw a later use`,
  );
}
