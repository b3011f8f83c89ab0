/** Reads what people wrote of a route or a group, with everything that is wrong at once. */
import type { z } from "zod";
import { invalid } from "@/lib/errors";
import { RouteInput } from "@/lib/model/route";
import { parseQuery } from "@/lib/query/parse";
import { INCIDENT_FIELDS } from "@/lib/query/work-fields";

/** The parsed input, or `invalid` with one problem for each field. */
export function readInput<T>(schema: z.ZodType<T>, input: unknown, what: string): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw invalid(
    `The ${what} is not complete.`,
    parsed.error.issues.map(({ path, message }) => ({ pointer: `/${path.join("/")}`, detail: message })),
  );
}

/** A route whose query can be read. */
export function readRoute(input: unknown): RouteInput {
  const route = readInput(RouteInput, input, "route");
  const query = route.condition.query?.trim();
  if (!query) return route;
  try {
    parseQuery(query, INCIDENT_FIELDS);
  } catch (error) {
    throw invalid("The query cannot be read.", [{ pointer: "/condition/query", detail: (error as Error).message }]);
  }
  return route;
}
