import { readView } from "@/app/(dashboard)/events/view";
import { requirePermission } from "@/lib/access/require-permission";
import { invalid } from "@/lib/errors";
import type { Context } from "@/lib/model/user";
import type { EventFilter } from "@/lib/store/event-reads";

/** The filter that a request behind the Events page asks with, after the permission to read events. */
export function askedFilter(request: Request, ctx: Context): { filter: EventFilter; params: URLSearchParams; q: string } {
  requirePermission(ctx, "event:read");
  const params = new URL(request.url).searchParams;
  const view = readView(Object.fromEntries(params), ctx.now.getTime());
  if (view.error) throw invalid(view.error.message, [{ pointer: "q", column: view.error.offset + 1, detail: view.error.message }]);
  return { filter: { query: view.query, from: view.range.from, to: view.range.to }, params, q: view.q };
}
