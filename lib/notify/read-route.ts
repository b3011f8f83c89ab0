/** Reads what people wrote of a route or a group, with everything that is wrong at once. */
import { invalid } from "@/lib/errors";
import { readInput } from "@/lib/input";
import { RouteInput } from "@/lib/model/route";
import { parseQuery } from "@/lib/query/parse";
import { INCIDENT_FIELDS } from "@/lib/query/work-fields";

/** A route whose query can be read. */
export function readRoute(input: unknown): RouteInput {
  const route = readInput(RouteInput, input, "The route is not complete.");
  const query = route.condition.query?.trim();
  if (!query) return route;
  try {
    parseQuery(query, INCIDENT_FIELDS);
  } catch (error) {
    throw invalid("The query cannot be read.", [{ pointer: "/condition/query", detail: (error as Error).message }]);
  }
  return route;
}
