import { askedFilter } from "@/app/api/dashboard/events/asked";
import { forSignedIn } from "@/app/api/dashboard/signed-in-route";
import { json } from "@/lib/http/problem";
import { isFacetField, listValues } from "@/lib/store/event-figures";
import { withinTime } from "@/lib/store/reading";

/** Values of a field that begin with what is typed, with counts: completion in the query bar. */
export const GET = forSignedIn(async (request, ctx) => {
  const { filter, params } = askedFilter(request, ctx);
  const field = params.get("field") ?? "";
  if (!isFacetField(field)) return json({ values: [] });
  const prefix = (params.get("prefix") ?? "").slice(0, 256).replaceAll("\0", "");
  const values = await withinTime((on) => listValues(filter, { field, prefix, on }), 2000); // later than that, nobody waits for it
  return json({ values: values ?? [] });
});
