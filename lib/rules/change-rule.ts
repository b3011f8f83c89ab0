/** What people do to rules: switch, edit, return to an earlier text, import. Every change is a version and an audit entry, and holds from the next turn on. */
import { z } from "zod";
import { requirePermission } from "@/lib/access/require-permission";
import { behaviourRules } from "@/lib/detection/detectors/registry";
import { compileRuleset, isOnByDefault } from "@/lib/detection/ruleset";
import { parseRules } from "@/lib/detection/sigma/parse";
import type { SigmaDocument } from "@/lib/detection/sigma/rule";
import type { RuleProblem } from "@/lib/detection/sigma/yaml-document";
import { conflict, invalid, notFound } from "@/lib/errors";
import { readInput } from "@/lib/input";
import { modeOf, RuleMode, switchesOf } from "@/lib/model/rule-mode";
import type { Context } from "@/lib/model/user";
import { recordAudit } from "@/lib/store/audit";
import { inTransaction, type Tx } from "@/lib/store/db";
import { lockPlaceholders } from "@/lib/store/placeholders";
import { appendRuleVersion, listRuleRows, lockRuleRow, type RuleRow, saveRuleRow } from "@/lib/store/rules";
import { builtInRules, type Catalog, type CatalogRule, mergeCatalog } from "./catalog";

const target = (id: string) => ({ target: { type: "rule", id } });

const MODE_ACTIONS = { off: "rule.disable", test: "rule.test", on: "rule.enable" } as const;

/** Switches a rule or a behaviour detector on, off, or to testing. Any of it also clears the reason for which Vedette put it out of action. */
export async function setRuleMode(ctx: Context, input: { id: string; mode: RuleMode }): Promise<void> {
  await setRulesMode(ctx, { ids: [input.id], mode: input.mode });
}

/** Switches several rules at once, all or none; each has its audit entry. Those that are so already are left alone. How many changed. */
export async function setRulesMode(ctx: Context, input: { ids: readonly string[]; mode: RuleMode }): Promise<number> {
  requirePermission(ctx, "rule:write");
  if (input.ids.length > 5_000) throw invalid("At most 5,000 rules at once.");
  const mode = readInput(RuleMode, input.mode, "A rule is off, on, or only tested.");
  return inTransaction(async (tx) => {
    let changed = 0;
    // in one order for everybody: two who switch the same rules wait for each other instead of for ever
    for (const id of [...new Set(input.ids)].sort()) {
      const before = await getRow(tx, id, ctx.now);
      if (modeOf(before) === mode && before.disabledReason === null) continue;
      await changeMode(tx, ctx, before, mode);
      changed++;
    }
    return changed;
  });
}

async function changeMode(tx: Tx, ctx: Context, before: RuleRow, mode: RuleMode): Promise<void> {
  const by = { updatedAt: ctx.now, updatedBy: ctx.actor.name };
  await saveRuleRow(tx, { ...before, ...switchesOf(mode), disabledReason: null, ...by });
  await recordAudit(tx, ctx, MODE_ACTIONS[mode], { ...target(before.id), before: { mode: modeOf(before) }, after: { mode } });
}

/** The row of a rule, or the one that it would have. */
async function getRow(tx: Tx, id: string, now: Date): Promise<RuleRow> {
  const row = await lockRuleRow(tx, id);
  if (row) return row;
  const file = builtInRules().documents.find((document) => document.id === id);
  if (!file && !behaviourRules.some((rule) => rule.id === id)) throw notFound("There is no such rule.");
  return {
    id,
    source: "built-in",
    enabled: file ? isOnByDefault(file) : true,
    testOnly: false,
    yaml: null,
    version: 1,
    disabledReason: null,
    builtIn: null,
    updatedAt: now,
    updatedBy: null,
  };
}

const SaveRule = z.object({
  /** The rule that is edited; absent for a new one, whose id its text gives. */
  id: z.string().max(256).optional(),
  /** The id that a new rule's text must give. */
  newId: z.string().max(256).optional(),
  yaml: z.string().min(1, "A rule is not empty.").max(200_000),
  comment: z.string().trim().max(500).optional(),
  /** The version that the editor started from; another one by now means that somebody else saved meanwhile. */
  basedOn: z.number().int().optional(),
  /** How it runs from then on; absent: as before, a new one as its text says. */
  mode: RuleMode.optional(),
});

/** Saves a rule's text as a new version. Throws `invalid` with all problems and their places, `conflict` when somebody else was faster. */
export async function saveRule(ctx: Context, input: z.input<typeof SaveRule>): Promise<{ id: string; version: number }> {
  requirePermission(ctx, "rule:write");
  const { id: known, newId, yaml, comment, basedOn, mode } = readInput(SaveRule, input, "The rule cannot be saved as it is.");
  return inTransaction(async (tx) => {
    const document = await checkedDocument(tx, yaml, known);
    const id = known ?? document.id;
    if (newId !== undefined && newId !== id) throw invalid(`The text gives the rule the id ${id}, not ${newId}.`);
    const row = await lockRuleRow(tx, id);
    const file = builtInRules().documents.find((each) => each.id === id);
    if (known === undefined && (row || file)) throw conflict(`The id ${id} is taken by another rule.`);
    const version = (row?.version ?? (file ? 1 : 0)) + 1;
    if (basedOn !== undefined && basedOn !== version - 1)
      throw conflict("Somebody saved this rule after you opened it. Look at the versions and try again.");
    if (!row && file) await keepFirst(tx, { id, yaml: file.source, now: ctx.now });
    const switches = { enabled: row?.enabled ?? isOnByDefault(document), testOnly: row?.testOnly ?? false };
    const source = file ? "edited" : "custom";
    // the built-in text that the edit began with: a newer one is shown beside it until somebody decides
    const builtIn = (row?.yaml ? row.builtIn : file?.source) ?? null;
    const by = { updatedAt: ctx.now, updatedBy: ctx.actor.name };
    const saved: RuleRow = { id, source, ...switches, yaml, version, disabledReason: null, builtIn, ...by };
    await saveRuleRow(tx, saved);
    await appendRuleVersion(tx, id, { version, yaml, comment: comment || null, createdAt: ctx.now, createdBy: ctx.actor.name });
    await recordAudit(tx, ctx, row || file ? "rule.update" : "rule.create", {
      ...target(id),
      after: { version, title: document.title },
      ...(comment ? { reason: comment } : {}),
    });
    if (mode !== undefined && mode !== modeOf(saved)) await changeMode(tx, ctx, saved, mode);
    return { id, version };
  });
}

/** The text of the file becomes version 1, so that there is something to return to. */
async function keepFirst(tx: Tx, first: { id: string; yaml: string; now: Date }): Promise<void> {
  await saveRuleRow(tx, {
    id: first.id,
    source: "built-in",
    enabled: true,
    testOnly: false,
    yaml: null,
    version: 1,
    disabledReason: null,
    builtIn: null,
    updatedAt: first.now,
    updatedBy: null,
  });
  await appendRuleVersion(tx, first.id, {
    version: 1,
    yaml: first.yaml,
    comment: "As built in",
    createdAt: first.now,
    createdBy: "Vedette",
  });
}

/** Reads a rule's text and looks whether it runs among the others. */
async function checkedDocument(tx: Tx, yaml: string, id: string | undefined): Promise<SigmaDocument> {
  const catalog = mergeCatalog(builtInRules(), await listRuleRows(tx), await lockPlaceholders(tx));
  const { document, problems } = lintRule(yaml, catalog, id);
  const errors = problems.filter(({ severity }) => severity === "error");
  if (!document || errors.length > 0) throw invalid("The rule cannot run as it stands.", errors);
  return document;
}

/** Everything that is wrong with a rule's text, also among the other rules: names that are not there, circles, placeholders without values. */
export function lintRule(
  yaml: string,
  { rules, placeholders }: Pick<Catalog, "placeholders"> & { rules: readonly Pick<CatalogRule, "id" | "document">[] },
  id?: string,
): { document: SigmaDocument | undefined; problems: RuleProblem[] } {
  const { documents, problems } = parseRules(yaml, "rule", placeholders);
  const [document] = documents;
  if (documents.length > 1)
    problems.push({
      file: "rule",
      line: documents[1]?.line ?? 1,
      column: 1,
      severity: "error",
      detail: "One rule at a time: save the other documents as rules of their own.",
    });
  if (!document) return { document, problems };
  const own = { ...document, id: id ?? document.id, file: "rule" };
  const all = rules.filter((rule) => rule.id !== own.id).map((rule) => rule.document);
  const others = own.kind === "filter" ? all : referredTo(own, all);
  const compiled = compileRuleset([...others, own]).problems.filter((problem) => problem.file === "rule");
  return { document: own, problems: [...problems, ...compiled.map((problem) => placedAt(yaml, problem))] };
}

/** The documents that one is built on, down to the last: among thousands of rules only these say whether it runs. */
function referredTo(own: SigmaDocument, all: readonly SigmaDocument[]): SigmaDocument[] {
  const byName = new Map(all.flatMap((each) => [each.id, each.name ?? each.id].map((name) => [name, each] as const)));
  const found = new Set<SigmaDocument>();
  const follow = (document: SigmaDocument): void => {
    for (const name of document.kind === "correlation" ? document.rules : []) {
      const below = byName.get(name);
      if (!below || found.has(below)) continue;
      found.add(below);
      follow(below);
    }
  };
  follow(own);
  return [...found];
}

/** What is wrong among other rules is known of the document as a whole; a name that it quotes tells the line. */
function placedAt(yaml: string, problem: RuleProblem): RuleProblem {
  const name = /'([^']+)'/.exec(problem.detail)?.[1];
  const lines = yaml.split("\n");
  const line = name === undefined ? -1 : lines.findIndex((text) => text.includes(name));
  return line < 0 ? problem : { ...problem, line: line + 1, column: (lines[line]?.indexOf(name ?? "") ?? 0) + 1 };
}

/** Lets a built-in rule be what its file says again; the versions stay. */
export async function resetRule(ctx: Context, input: { id: string }): Promise<void> {
  requirePermission(ctx, "rule:write");
  const file = builtInRules().documents.find((document) => document.id === input.id);
  if (!file) throw notFound("This rule has no built-in text to return to.");
  await inTransaction(async (tx) => {
    const row = await lockRuleRow(tx, input.id);
    if (!row || row.yaml === null) return;
    const version = row.version + 1;
    await saveRuleRow(tx, {
      ...row,
      source: "built-in",
      yaml: null,
      version,
      disabledReason: null,
      builtIn: null,
      updatedAt: ctx.now,
      updatedBy: ctx.actor.name,
    });
    await appendRuleVersion(tx, input.id, {
      version,
      yaml: file.source,
      comment: "Back to the built-in text",
      createdAt: ctx.now,
      createdBy: ctx.actor.name,
    });
    await recordAudit(tx, ctx, "rule.reset", { ...target(input.id), before: { version: row.version }, after: { version } });
  });
}

/** Keeps one's own text although Vedette brought another: the newer built-in text is no longer shown beside it. */
export async function keepRule(ctx: Context, input: { id: string }): Promise<void> {
  requirePermission(ctx, "rule:write");
  const file = builtInRules().documents.find((document) => document.id === input.id);
  await inTransaction(async (tx) => {
    const row = await lockRuleRow(tx, input.id);
    if (!file || !row?.yaml) throw notFound("There is no edited rule of that id.");
    if (row.builtIn === file.source) return;
    await saveRuleRow(tx, { ...row, builtIn: file.source, updatedAt: ctx.now, updatedBy: ctx.actor.name });
    await recordAudit(tx, ctx, "rule.keep", { ...target(input.id), after: { version: row.version } });
  });
}
