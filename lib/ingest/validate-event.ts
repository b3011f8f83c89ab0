/** The validate step: is this an event? All problems of one item at once, as JSON pointers. */
import type { z } from "zod";
import type { Problem } from "@/lib/errors";
import { EventInput } from "@/lib/model/event";
import { compileCheck } from "./compile-check";
import { isStorable, pointerTo } from "./inspect-json";

/** What validation found. `truncated`: a text that the monitored API's callers write was longer than we keep, and was cut. */
export type Validation = { event: EventInput; truncated: boolean } | { problems: Problem[] };

const isEvent = compileCheck(EventInput);

/** Checks a parsed item. The value is not copied; a text that must be cut is cut in a copy. */
export function validateEvent(value: unknown): Validation {
  if (isEvent(value)) return { event: value as EventInput, truncated: false }; // the check is compiled from EventInput
  const parsed = EventInput.safeParse(value);
  if (parsed.success) return { event: parsed.data, truncated: false };
  const cut = cutTexts(value, parsed.error.issues);
  if (cut === undefined) return { problems: parsed.error.issues.slice(0, 20).flatMap(problemsOf) };
  const again = EventInput.safeParse(cut);
  return again.success ? { event: again.data, truncated: true } : { problems: again.error.issues.slice(0, 20).flatMap(problemsOf) };
}

/**
 * Texts that an attacker writes. Refusing the event because one is too long would let every attacker stay unseen, so they are cut; names and ids that the
 * sending service chooses are refused, because half an id is a wrong id.
 */
const cuttable =
  /^(?:source\.(?:user_agent|language|device_id)|actor\.(?:id|name|email)|http\.(?:method|host|path|query|referrer|body|headers\..*)|destination\.host|targets\.\d+\.name|reason)$/;

function cutTexts(value: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const cuts = issues.filter((issue) => issue.code === "too_big" && issue.origin === "string" && cuttable.test(issue.path.join(".")));
  if (cuts.length === 0 || cuts.length < issues.length) return undefined;
  const copy: unknown = structuredClone(value);
  for (const issue of cuts) if (issue.code === "too_big") cutAt(copy, issue.path, Number(issue.maximum));
  return copy;
}

function cutAt(root: unknown, path: readonly PropertyKey[], length: number): void {
  const last = path.at(-1);
  const parent = path.slice(0, -1).reduce<unknown>((node, step) => Reflect.get(node as object, step), root); // zod has walked this very path
  if (last === undefined) return;
  const text = String(Reflect.get(parent as object, last)).slice(0, length);
  Reflect.set(parent as object, last, isStorable(text) ? text : text.slice(0, -1)); // never half a surrogate pair
}

function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  const pointer = issue.path.reduce<string>((way, step) => pointerTo(way, String(step)), "");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.slice(0, 20).map((key) => ({
      pointer: pointerTo(pointer, key.slice(0, 100)),
      detail: "Unknown field. Free fields go into metadata.",
    }));
  }
  if (issue.code === "invalid_union" && issue.path.at(-1) === "ip") return [{ pointer, detail: "Not an IPv4 or IPv6 address." }];
  if (issue.code === "invalid_type" && issue.input === undefined && /undefined/.test(issue.message))
    return [{ pointer, detail: "Required." }];
  if (issue.code === "too_big" && issue.origin === "string" && !issue.exact)
    return [{ pointer, detail: `At most ${Number(issue.maximum)} characters.` }];
  if (issue.code === "too_small" && issue.origin === "string" && !issue.exact) return [{ pointer, detail: "Must not be empty." }];
  return [
    {
      pointer,
      detail: issue.message.replace(/^Invalid (?:input|string): /, "").slice(0, 200),
    },
  ];
}
