/** What people and clients give, read through a schema: everything that is wrong is said at once. */
import type { z } from "zod";
import { invalid, type Problem } from "@/lib/errors";

const PROBLEMS_MOST = 20;

/** What a schema found wrong, each with the JSON pointer of its place (RFC 6901); the first 20. */
export const problemsOf = ({ issues }: z.ZodError): Problem[] =>
  issues.slice(0, PROBLEMS_MOST).map(({ path, message }) => ({ pointer: `/${path.join("/")}`, detail: message }));

/** The input as the schema makes it; throws `invalid` with this message and every problem. */
export function readInput<Schema extends z.ZodType>(schema: Schema, input: unknown, message: string): z.output<Schema> {
  const read = schema.safeParse(input);
  if (!read.success) throw invalid(message, problemsOf(read.error));
  return read.data;
}

/** The same for the parameters of an address: pointers are their names, and one that does not exist is said by its own. */
export function readParameters<Schema extends z.ZodType>(schema: Schema, request: Request): z.output<Schema> {
  const read = schema.safeParse(Object.fromEntries(new URL(request.url).searchParams));
  if (read.success) return read.data;
  throw invalid(
    "These parameters are not right.",
    read.error.issues.flatMap((issue): Problem[] =>
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => ({ pointer: key, detail: "There is no such parameter." }))
        : [{ pointer: String(issue.path[0] ?? ""), detail: issue.message }],
    ),
  );
}
