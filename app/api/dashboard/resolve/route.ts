import { z } from "zod";
import { forSignedIn } from "@/app/api/dashboard/signed-in-route";
import { requirePermission } from "@/lib/access/require-permission";
import { config } from "@/lib/config";
import { invalid } from "@/lib/errors";
import { json } from "@/lib/http/problem";
import { keyedHash, sessionHash } from "@/lib/ingest/redact-event";
import { incidentName } from "@/lib/model/incident";
import type { Query } from "@/lib/query/ast";
import { classifyPaste, type Guess } from "@/lib/query/classify";
import { termFor } from "@/lib/query/edit";
import { entityHref } from "@/lib/query/entities";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import { parseQuery } from "@/lib/query/parse";
import { QueryError } from "@/lib/query/query-error";
import { tokenQuery } from "@/lib/query/token";
import { findKeyByHash, isKnown } from "@/lib/store/entity-reads";
import { findEvent } from "@/lib/store/event-reads";
import { withinTime } from "@/lib/store/reading";

/** Somewhere to go for a pasted text. `known` false: nothing that is kept names it; null: not found out in time. */
export interface Resolution {
  href: string;
  label: string;
  kind: string;
  known: boolean | null;
}

const Pasted = z.object({
  text: z.string().max(8192).optional(),
  keyHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});
const LOOK_MS = 1500; // later than that, the answer comes after the person has gone on

/** What a pasted text is, and whether it is known. A whole API key is never sent here: only its SHA-256, made in the browser. */
export const POST = forSignedIn(async (request, ctx) => {
  requirePermission(ctx, "event:read");
  const pasted = Pasted.safeParse(await request.json().catch(() => null));
  if (!pasted.success) throw invalid("Send a text, or the SHA-256 of a key.");
  const { text, keyHash } = pasted.data;
  if (keyHash !== undefined) {
    const key = await findKeyByHash(Buffer.from(keyHash, "hex"));
    return json({ results: key ? [{ href: "/keys", label: `Key ${key.name}`, kind: "API key of Vedette", known: true }] : [] });
  }
  const guesses = classifyPaste(text ?? "").filter(({ kind }) => kind !== "secret");
  const results = (await Promise.all([...guesses.map(resolve), resolveToken(text ?? "")])).flatMap((one) => one ?? []);
  return json({ results: results.toSorted((a, b) => Number(b.known ?? false) - Number(a.known ?? false)) });
});

const search = (q: string): string => `/events?${new URLSearchParams({ q, last: "30d" })}`;

async function resolve(guess: Guess): Promise<Resolution | null> {
  switch (guess.kind) {
    case "incident":
      return { href: `/incidents/${incidentName(guess.number)}`, label: incidentName(guess.number), kind: "Incident", known: true };
    case "query":
      return { href: search(guess.query), label: guess.query, kind: "Search in events", known: null };
    case "text":
      return { href: search(JSON.stringify(guess.text)), label: `“${guess.text.slice(0, 80)}”`, kind: "Search in events", known: null };
    case "event": {
      const event = await withinTime((on) => findEvent(guess.id, undefined, on), LOOK_MS);
      return (
        event && { href: `/events?event=${event.occurredAt}~${encodeURIComponent(event.id)}`, label: guess.id, kind: "Event", known: true }
      );
    }
    case "entity":
      return await resolveEntity(guess);
    case "secret":
      return null;
  }
}

/** A token that a client sent is kept as a keyed hash in its place: who holds the token finds where it was used. */
async function resolveToken(pasted: string): Promise<Resolution | null> {
  const token = pasted.trim().replace(/^(?:bearer|basic|token|apikey) +/i, "");
  if (/\s/.test(token) || token.length < 16 || token.length > 4096) return null;
  const q = tokenQuery(keyedHash(Buffer.from(config().HASH_KEY), token));
  const known = await withinTime((on) => isKnown(parseQuery(q, EVENT_FIELDS), on), LOOK_MS);
  return known ? { href: search(q), label: `${token.slice(0, 8)}…`, kind: "Token, by its hash", known } : null;
}

const KINDS = {
  ip: "Address",
  network: "Network",
  asn: "Network",
  actor: "Account",
  session: "Session",
  key: "Key",
  service: "Service",
} as const;

async function resolveEntity({ type, value }: Guess & { kind: "entity" }): Promise<Resolution | null> {
  // session ids are kept as keyed hashes: a pasted token is looked for under its hash
  const kept = type === "session" && !value.startsWith("sh_") ? sessionHash(Buffer.from(config().HASH_KEY), value) : value;
  if (type === "network") return { href: search(`ip:${kept}`), label: kept, kind: KINDS.network, known: null };
  const asked = queryFor(type, kept);
  const known = asked ? await withinTime((on) => isKnown(asked, on), LOOK_MS) : false;
  // a guess that nothing names is only worth showing when its form left no doubt
  if (known === false && (type === "session" || type === "key" || type === "service" || (type === "actor" && !value.includes("@"))))
    return null;
  return {
    href: entityHref(type, kept) ?? search(kept),
    label: type === "asn" ? `AS${kept}` : value.slice(0, 80),
    kind: KINDS[type],
    known,
  };
}

function queryFor(field: string, value: string): Query | null {
  try {
    return termFor(EVENT_FIELDS, field, value);
  } catch (error) {
    if (error instanceof QueryError) return null;
    throw error;
  }
}
