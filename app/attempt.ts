import { AppError } from "@/lib/errors";

/** What a form shows after it was sent: done with something to say, or what to mend. `problems` by field name. */
export type FormState<T = undefined> =
  | { status: "idle" }
  | { status: "done"; value: T }
  | { status: "failed"; message: string; problems: Record<string, string> };

/** Runs an action; what is the user's to mend comes back as text, anything else is a bug and goes to the error page. */
export async function attempt<T>(work: () => Promise<T>): Promise<FormState<T>> {
  try {
    return { status: "done", value: await work() };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const problems = (error.details.problems ?? []).map((problem): [string, string] => [
      (problem.pointer ?? "").replace(/^\//, ""),
      problem.detail,
    ]);
    return { status: "failed", message: error.publicMessage, problems: Object.fromEntries(problems.toReversed()) };
  }
}
