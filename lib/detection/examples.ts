/**
 * The `matches` and `ignores` of a rule, spelled out as events. An example is one event, a list, or `{repeat, every, event}`; a list may hold repeats among its
 * events. In every string of a repeated event `{n}` is the number of the repetition, from 0. An event without `occurred_at` follows the one before it by one
 * second (by `every` inside a repeat); `after: 10m` on an event of a list makes the pause before it longer.
 */
import { readTimespan } from "./sigma/extension";

/** One event of an example, complete enough for EventInput: `id`, `occurred_at` and `action` are filled in. */
export type ExampleEvent = Record<string, unknown> & { id: string; occurred_at: string; action: string };

/** Where example time begins: a Wednesday, 10:00 UTC, inside anyone's working hours. */
const START = Date.UTC(2026, 0, 7, 10, 0, 0);

function fill(value: unknown, n: number): unknown {
  if (typeof value === "string") return value.replaceAll("{n}", String(n));
  if (Array.isArray(value)) return value.map((item) => fill(item, n));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, n)]));
  return value;
}

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** Milliseconds of a time span given as text (`10s`; `0s` is all at once) or already read. */
const span = (value: unknown, otherwise: number): number =>
  typeof value === "number" ? value : value === "0s" ? 0 : typeof value === "string" ? (readTimespan(value) ?? otherwise) : otherwise;

/** Spells an example out, in order of time. */
export function expandExample(example: unknown): ExampleEvent[] {
  const out: ExampleEvent[] = [];
  let at = START - 1000;
  const say = (event: Record<string, unknown>, step: number): void => {
    const { after, ...rest } = event;
    at = typeof rest["occurred_at"] === "string" ? Date.parse(rest["occurred_at"]) : at + step + span(after, 0);
    out.push({
      action: "http.request",
      ...rest,
      id: typeof rest["id"] === "string" ? rest["id"] : `e${out.length}`,
      occurred_at: new Date(at).toISOString(),
    });
  };
  for (const item of Array.isArray(example) ? example : [example]) {
    if (!isMap(item)) continue;
    const { repeat, event } = item;
    if (typeof repeat !== "number" || !isMap(event)) say(item, 1000);
    else for (let n = 0; n < repeat; n++) say(fill(event, n) as Record<string, unknown>, span(item["every"], 1000)); // fill keeps the shape
  }
  return out;
}
