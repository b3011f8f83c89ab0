/** GET /api/v1/sessions: records of sessions, and for applications whether a session was ended by a person and must be refused. */
import { z } from "zod";
import { config } from "@/lib/config";
import { invalid, unavailable } from "@/lib/errors";
import { readParameters } from "@/lib/input";
import { json } from "@/lib/http/problem";
import type { Handler } from "@/lib/http/route";
import { sessionHash } from "@/lib/ingest/redact-event";
import { type SessionRecord, sessionState } from "@/lib/model/session-record";
import { withinTime } from "@/lib/store/reading";
import { findSession, listEndedSessions, listSessions } from "@/lib/store/session-records";
import { onePerKey, recognise } from "./asked";
import type { SessionOutput } from "./records";

const instant = z.iso.datetime({ offset: true });
const DAY_MS = 86_400_000;

/** What may be asked. */
export const SessionParameters = z.strictObject({
  ended_since: instant
    .optional()
    .describe("Only sessions that a person has ended since, the latest end first: what an application must refuse."),
  actor: z.string().min(1).max(256).optional().describe("Only sessions of this account, by its id."),
  from: instant.optional().describe("Used at or after, RFC 3339. Default: 24 hours before `to`."),
  to: instant.optional().describe("Started before, RFC 3339. Default: now."),
  cursor: z
    .string()
    .max(1024)
    .optional()
    .describe("`next_cursor` of the page before. Not with `ended_since`: ask again with the latest end you know."),
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe("Sessions, those with alerts first, then the latest."),
});

/** The header in which an application asks about one session by its own id: never in an address, which logs keep. */
export const SESSION_HEADER = "x-session-id";

const iso = (at: Date | null): string | null => at && at.toISOString();

function output(record: SessionRecord, now: number): z.infer<typeof SessionOutput> {
  const { id, actors, roles, addresses, countries, networks, devices, services, requests, failures, sample } = record;
  return {
    id,
    state: sessionState(record, now).state,
    actors,
    roles,
    credential: { type: record.credentialType, id: record.credentialId },
    started_at: record.startedAt.toISOString(),
    last_at: record.lastAt.toISOString(),
    requests,
    failures,
    privilege_changes: record.privilegeChanges,
    addresses,
    countries,
    networks,
    devices,
    services,
    ended_at: iso(record.closedAt),
    ended_by: record.closedBy,
    ended_reason: record.closedReason,
    used_after_end: record.usedAfterEnd,
    sample,
  };
}

export const readSessions: Handler = async (request, peer) => {
  const ctx = await recognise(request, peer, "event:read");
  const parameters = readParameters(SessionParameters, request);
  const { ended_since, actor, cursor, limit } = parameters;
  if (ended_since && cursor)
    throw invalid("`cursor` does not go with `ended_since`.", [{ pointer: "cursor", detail: "Ask again with the latest end you know." }]);
  const now = ctx.now.getTime();
  const to = parameters.to ? Date.parse(parameters.to) : now;
  const from = parameters.from ? Date.parse(parameters.from) : to - DAY_MS;
  const own = request.headers.get(SESSION_HEADER);
  return await onePerKey(ctx, async () => {
    const found = await withinTime(async (on): Promise<{ sessions: SessionRecord[]; next: string | null }> => {
      if (own) {
        const record = await findSession(sessionHash(Buffer.from(config().HASH_KEY), own), on);
        return { sessions: record ? [record] : [], next: null };
      }
      if (ended_since)
        return { sessions: await listEndedSessions({ since: new Date(ended_since), limit, ...(actor ? { actor } : {}) }, on), next: null };
      return await listSessions({ from, to, ...(actor ? { actors: [actor] } : {}) }, { limit, cursor, on });
    });
    if (!found) throw unavailable("This took longer than 8 seconds. Ask for a shorter span.", 1);
    return json({ data: found.sessions.map((record) => output(record, now)), next_cursor: found.next });
  });
};
