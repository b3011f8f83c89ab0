import { AppError } from "@/lib/errors";
import type { Span } from "./ast";

/** The only error that reading a query can throw: says what is wrong, at which characters, and what may have been meant. */
export class QueryError extends AppError {
  constructor(
    message: string,
    readonly at: Span,
    /** The text to put at `at` instead, when one is likely. */
    readonly suggestion?: string,
  ) {
    const detail = suggestion === undefined ? message : `${message} Did you mean ${suggestion}?`;
    super("invalid", detail, { problems: [{ pointer: "q", line: 1, column: at.offset + 1, detail }] });
    this.name = "QueryError";
  }
}
