/** The errors that users may see. Anything that is not an AppError is a bug: it is answered with generic text and logged in full. */

/** What went wrong, as the caller should treat it. Mapped to HTTP in `lib/http`, to retry-or-give-up in `lib/queue`. */
export type ErrorCode =
  | "malformed"
  | "invalid"
  | "unauthenticated"
  | "forbidden"
  | "not_found"
  | "conflict"
  | "too_large"
  | "unsupported"
  | "rate_limited"
  | "unavailable";

/** One thing that is wrong with the input: a JSON pointer (or a place in a file) and what to do about it. */
export interface Problem {
  pointer?: string;
  line?: number;
  column?: number;
  detail: string;
}

/** An error with a text for the user apart from the internal cause. */
export class AppError extends Error {
  constructor(
    readonly code: ErrorCode,
    readonly publicMessage: string,
    readonly details: {
      problems?: Problem[];
      retryAfterSeconds?: number;
      type?: string;
      headers?: Record<string, string>;
      cause?: unknown;
    } = {},
  ) {
    super(publicMessage, { cause: details.cause });
    this.name = "AppError";
  }
}

/** The request cannot even be read: 400. What can be read and is wrong is `invalid`. */
export const malformed = (message: string) => new AppError("malformed", message);
export const invalid = (message: string, problems?: Problem[]) => new AppError("invalid", message, problems ? { problems } : {});
export const notFound = (message: string) => new AppError("not_found", message);
export const conflict = (message: string) => new AppError("conflict", message);
export const forbidden = (message: string) => new AppError("forbidden", message);
export const unauthenticated = (message: string) => new AppError("unauthenticated", message);
export const unavailable = (message: string, retryAfterSeconds = 5) => new AppError("unavailable", message, { retryAfterSeconds });
