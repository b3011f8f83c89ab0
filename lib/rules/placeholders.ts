/** Values for the placeholders of Sigma rules: who gives them, and which rules wait for them. */
import { requirePermission } from "@/lib/access/require-permission";
import { conflict, invalid } from "@/lib/errors";
import { GivenPlaceholder, PLACEHOLDERS_MOST } from "@/lib/model/placeholder";
import type { Context } from "@/lib/model/user";
import { recordAudit } from "@/lib/store/audit";
import { inTransaction } from "@/lib/store/db";
import { lockPlaceholders, savePlaceholders } from "@/lib/store/placeholders";
import { type Catalog, loadCatalog } from "./catalog";

/** A placeholder with its values (none: not given yet) and the rules that name it. */
export interface PlaceholderState {
  name: string;
  values: readonly string[];
  rules: { id: string; title: string }[];
}

/** Every placeholder that has values or is named by a rule: those that rules wait for first, then by name. */
export async function listPlaceholders(ctx: Context): Promise<PlaceholderState[]> {
  requirePermission(ctx, "rule:read");
  return placeholdersOf(await loadCatalog());
}

/** The same of a catalogue. */
export function placeholdersOf({ rules, placeholders }: Pick<Catalog, "rules" | "placeholders">): PlaceholderState[] {
  const states = new Map(
    Object.entries(placeholders).map(([name, values]): [string, PlaceholderState] => [name, { name, values, rules: [] }]),
  );
  for (const { id, document } of rules) {
    for (const name of document.placeholders) {
      const state = states.get(name) ?? { name, values: [], rules: [] };
      state.rules.push({ id, title: document.title });
      states.set(name, state);
    }
  }
  const waits = ({ values }: PlaceholderState) => (values.length === 0 ? 0 : 1);
  return [...states.values()].sort((a, b) => waits(a) - waits(b) || a.name.localeCompare(b.name, "en"));
}

/** Gives a placeholder its values; none: takes them away. Rules that name it begin, change or stop with the next turn of detection. */
export async function setPlaceholder(ctx: Context, input: { name: string; values: readonly string[] }): Promise<void> {
  requirePermission(ctx, "rule:write");
  const parsed = GivenPlaceholder.safeParse(input);
  if (!parsed.success)
    throw invalid(
      "The values cannot be kept as they are.",
      parsed.error.issues.map(({ path, message }) => ({ pointer: `/${String(path[0] ?? "")}`, detail: message })),
    );
  const { name, values } = parsed.data;
  await inTransaction(async (tx) => {
    const all = new Map(Object.entries(await lockPlaceholders(tx)));
    const before = all.get(name) ?? [];
    if (values.join("\n") === before.join("\n")) return;
    if (values.length > 0) all.set(name, values);
    else all.delete(name);
    if (all.size > PLACEHOLDERS_MOST) throw conflict(`At most ${PLACEHOLDERS_MOST} placeholders can have values.`);
    const after = Object.fromEntries([...all].sort(([one], [other]) => (one < other ? -1 : 1)));
    await savePlaceholders(tx, after, { name: ctx.actor.name, now: ctx.now });
    await recordAudit(tx, ctx, values.length > 0 ? "placeholder.set" : "placeholder.remove", {
      target: { type: "placeholder", id: name },
      before: { values: before },
      after: { values },
    });
  });
}
