"use server";
import { revalidatePath } from "next/cache";
import { attempt, type FormState } from "@/app/attempt";
import { currentContext } from "@/app/session";
import { requirePermission } from "@/lib/access/require-permission";
import { startBacktest, stopBacktest } from "@/lib/backtest/manage";
import { resetHijackLessons } from "@/lib/incidents/hijack-lessons";
import { AppError, type Problem } from "@/lib/errors";
import type { Backtest } from "@/lib/model/backtest";
import { RuleMode } from "@/lib/model/rule-mode";
import { loadCatalog } from "@/lib/rules/catalog";
import { keepRule, lintRule, resetRule, saveRule, setRuleMode, setRulesMode } from "@/lib/rules/change-rule";
import { setPlaceholder } from "@/lib/rules/placeholders";
import { addExample } from "@/lib/rules/save-example";
import { previewSuppression, type SuppressionPreview } from "@/lib/rules/preview-suppression";
import { addSuppression, stopSuppression } from "@/lib/rules/suppressions";

const refresh = (id: string) => {
  revalidatePath("/rules");
  revalidatePath(`/rules/${encodeURIComponent(id)}`);
};

/** Switches a rule on, off, or to testing. */
export async function switchRule(id: string, mode: RuleMode): Promise<FormState<null>> {
  const ctx = await currentContext();
  const state = await attempt(() => setRuleMode(ctx, { id, mode }).then(() => null));
  refresh(id);
  return state;
}

/** Gives a placeholder its values, one a line; none takes them away. */
export async function savePlaceholder(name: string, values: string): Promise<FormState<null>> {
  const ctx = await currentContext();
  const state = await attempt(() => setPlaceholder(ctx, { name, values: values.slice(0, 600_000).split("\n") }).then(() => null));
  revalidatePath("/rules", "layout");
  return state;
}

/** Makes the session detector forget what verdicts taught it. */
export async function forgetLessons(): Promise<FormState<null>> {
  const ctx = await currentContext();
  const state = await attempt(() => resetHijackLessons(ctx).then(() => null));
  refresh("session-hijack");
  return state;
}

/** Switches the ticked rules; how many changed. */
export async function switchRules(_: FormState<number>, form: FormData): Promise<FormState<number>> {
  const ctx = await currentContext();
  const ids = form.getAll("id").map(String);
  const mode = RuleMode.catch("off").parse(form.get("do"));
  const state = await attempt(() => setRulesMode(ctx, { ids, mode }));
  revalidatePath("/rules", "layout");
  return state;
}

/** Keeps one's own text beside a newer built-in one. */
export async function keepOwnText(id: string): Promise<FormState<null>> {
  const ctx = await currentContext();
  const state = await attempt(() => keepRule(ctx, { id }).then(() => null));
  refresh(id);
  return state;
}

/** A problem at its place, as the editor shows it. */
export interface EditorProblem {
  line: number;
  column: number;
  detail: string;
  severity: "error" | "warning";
}

/** Everything wrong with a draft, among the rules in force. */
export async function lintDraft(id: string | undefined, yaml: string): Promise<EditorProblem[]> {
  requirePermission(await currentContext(), "rule:read");
  const { problems } = lintRule(yaml.slice(0, 200_000), await loadCatalog(), id);
  return problems.map(({ line, column, detail, severity }) => ({ line, column, detail, severity })).sort((a, b) => a.line - b.line);
}

/** What a person learns from saving: the new version, or what stands in the way. */
export type Saved = { status: "saved"; id: string; version: number } | { status: "failed"; message: string; problems: EditorProblem[] };

/** Saves a draft as a new version. */
export async function saveDraft(input: { id?: string; yaml: string; comment: string; basedOn?: number; mode?: RuleMode }): Promise<Saved> {
  const ctx = await currentContext();
  try {
    const { id, version } = await saveRule(ctx, input);
    refresh(id);
    return { status: "saved", id, version };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { status: "failed", message: error.publicMessage, problems: (error.details.problems ?? []).map(placed) };
  }
}

const placed = ({ line = 1, column = 1, detail }: Problem): EditorProblem => ({ line, column, detail, severity: "error" });

/** Takes real events into a draft as an example; nothing is saved. */
export async function takeExample(input: Parameters<typeof addExample>[1]): Promise<FormState<Awaited<ReturnType<typeof addExample>>>> {
  const ctx = await currentContext();
  return attempt(() => addExample(ctx, input));
}

/** Lets a built-in rule be what its file says. */
export async function returnToBuiltIn(id: string): Promise<FormState<null>> {
  const ctx = await currentContext();
  const state = await attempt(() => resetRule(ctx, { id }).then(() => null));
  refresh(id);
  return state;
}

/** Queues a run of a draft over the past. */
export async function beginBacktest(input: Parameters<typeof startBacktest>[1]): Promise<FormState<Backtest>> {
  const ctx = await currentContext();
  return attempt(() => startBacktest(ctx, input));
}

/** Stops one's own run. */
export async function endBacktest(id: string): Promise<FormState<Backtest>> {
  const ctx = await currentContext();
  return attempt(() => stopBacktest(ctx, id));
}

/** What an exception would have hidden; fails with what is wrong with the query. */
export async function previewException(ruleId: string | null, query: string): Promise<FormState<SuppressionPreview>> {
  const ctx = await currentContext();
  return attempt(() => previewSuppression(ctx, { ruleId, query }));
}

/** Adds an exception to a rule, or to all. */
export async function addException(ruleId: string | null, _: FormState<null>, form: FormData): Promise<FormState<null>> {
  const ctx = await currentContext();
  const text = (name: string) => String(form.get(name) ?? "");
  const state = await attempt(() =>
    addSuppression(ctx, { ruleId, query: text("query"), reason: text("reason"), days: text("days") || 30 }).then(() => null),
  );
  refresh(ruleId ?? "exceptions");
  return state;
}

/** Ends an exception at once. */
export async function endException(id: string): Promise<FormState<null>> {
  const ctx = await currentContext();
  const state = await attempt(() => stopSuppression(ctx, { id }).then(() => null));
  revalidatePath("/rules", "layout");
  return state;
}
