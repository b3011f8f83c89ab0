/** Real events as `matches` or `ignores` of a rule: what happened once is tested for ever. Writes nothing but the text of a draft. */
import { isMap, isSeq, parseDocument } from "yaml";
import { z } from "zod";
import { requirePermission } from "@/lib/access/require-permission";
import { invalid, notFound } from "@/lib/errors";
import { type EventDocument, EventInput } from "@/lib/model/event";
import type { Context } from "@/lib/model/user";
import { db } from "@/lib/store/db";
import { findEvidence } from "@/lib/store/rule-figures";
import { loadCatalog } from "./catalog";
import { lintRule } from "./change-rule";
import { checkExamples } from "./check-examples";

/** The list of a rule that an example goes into. */
export const ExampleList = z.enum(["matches", "ignores"]);
export type ExampleList = z.infer<typeof ExampleList>;

const EVENTS_MOST = 60; // a longer example is no example any more
const FORMAT = { lineWidth: 0, flowCollectionPadding: false } as const;

const AddExample = z.object({
  /** The rule whose draft it is; absent for a new one. */
  id: z.string().max(256).optional(),
  yaml: z.string().min(1).max(200_000),
  list: ExampleList,
  /** Ids of the events and the span of event time (ms) in which they lie. */
  events: z.array(z.string().max(256)).min(1).max(500),
  from: z.number(),
  until: z.number(),
});

/** The draft with these events as one more example, and what the example says of the draft; null: it does what its list says. */
export async function addExample(ctx: Context, input: z.input<typeof AddExample>): Promise<{ yaml: string; fault: string | null }> {
  requirePermission(ctx, "rule:read");
  requirePermission(ctx, "event:read");
  const { id, yaml, list, events: ids, from, until } = AddExample.parse(input);
  const events = await findEvidence(db, [{ ids: ids.slice(0, EVENTS_MOST), firstAt: from, lastAt: until }]);
  if (events.length === 0) throw notFound("Its events are no longer kept.");
  const text = withExample(
    yaml,
    list,
    events.map(({ document }) => asExample(document)),
  );
  const catalog = await loadCatalog();
  const { document } = lintRule(text, catalog, id);
  if (!document) return { yaml: text, fault: "The draft cannot run yet, so the example was not tried." };
  const one = { ...document, extension: { ...document.extension, matches: [], ignores: [] } };
  const example = document.extension[list]?.at(-1);
  const others = catalog.rules.filter((rule) => rule.id !== id).map((rule) => rule.document);
  const tried = { ...one, extension: { ...one.extension, [list]: example === undefined ? [] : [example] } };
  const [failure] = checkExamples([tried], [...others, tried]).failures;
  return { yaml: text, fault: failure ? `As it stands, the new example ${failure.detail}` : null };
}

/** The text of a rule with one more example; what else is in it stays, comments too. Throws `invalid` when the text is no map. */
export function withExample(yaml: string, list: ExampleList, events: readonly Record<string, unknown>[]): string {
  const document = parseDocument(yaml);
  if (document.errors.length > 0 || !document.has("title")) throw invalid("Mend the text first: it cannot be read as YAML.");
  const item = document.createNode(events.length === 1 ? events[0] : events);
  for (const event of isSeq(item) ? item.items : [item]) if (isMap(event)) event.flow = true; // an event is a line
  const path = ["vedette", list];
  if (document.hasIn(path)) document.addIn(path, item);
  else document.setIn(path, [item]);
  return document.toString(FORMAT);
}

/** An event as somebody would write it: in wire form, without what was found out about it on the way in. */
export function asExample(event: EventDocument): Record<string, unknown> {
  const { id: _, direction, ...rest } = event;
  const kept: Record<string, unknown> = { ...rest, ...(direction === "outbound" ? { direction } : {}) };
  for (let round = 0; round < 5; round++) {
    const read = EventInput.safeParse(kept);
    if (read.success) break;
    for (const issue of read.error.issues) if (issue.code === "unrecognized_keys") drop(kept, issue.path, issue.keys);
  }
  return JSON.parse(JSON.stringify(kept)) as Record<string, unknown>; // what is undefined is not written
}

function drop(event: Record<string, unknown>, path: readonly PropertyKey[], keys: readonly string[]): void {
  let at: Record<PropertyKey, unknown> = event;
  for (const step of path) {
    const copy = Array.isArray(at[step]) ? [...at[step]] : { ...(at[step] as Record<string, unknown>) }; // the path leads through maps and lists only
    at[step] = copy;
    at = copy as Record<PropertyKey, unknown>;
  }
  for (const key of keys) delete at[key];
}
