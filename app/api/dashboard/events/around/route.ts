import { z } from "zod";
import { forSignedIn } from "@/app/api/dashboard/signed-in-route";
import { requirePermission } from "@/lib/access/require-permission";
import { invalid, unavailable } from "@/lib/errors";
import { json } from "@/lib/http/problem";
import { summarize } from "@/lib/model/event-words";
import { EVERYTHING } from "@/lib/query/ast";
import { termFor } from "@/lib/query/edit";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import { listAround } from "@/lib/store/event-reads";
import { withinTime } from "@/lib/store/reading";

const Asked = z.object({
  at: z.coerce.number().int(),
  span: z.coerce.number().int().min(1000).max(86_400_000),
  field: z.enum(["ip", "actor", "session", "service", "key"]).optional(),
  value: z.string().max(4096).optional(),
});

/** Events just before and after an instant, of everybody or of one address, account, session or service. The page's own filter does not apply. */
export const GET = forSignedIn(async (request, ctx) => {
  requirePermission(ctx, "event:read");
  const asked = Asked.safeParse(Object.fromEntries(new URL(request.url).searchParams));
  if (!asked.success) throw invalid("Say when (at, ms) and how far (span, ms).");
  const { at, span, field, value } = asked.data;
  const query = field !== undefined && value !== undefined ? termFor(EVENT_FIELDS, field, value) : EVERYTHING;
  const events = await withinTime((on) => listAround({ query, instant: at, spanMs: span }, { limit: 60, on }));
  if (!events) throw unavailable("This took too long. Look at a shorter time.");
  return json({ events: events.map((event) => summarize(event.id, event.occurredAt, event.document)) });
});
