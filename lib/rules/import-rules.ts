/** Takes foreign Sigma rules in: each document becomes a rule of one's own, and a report says what cannot run and why. */
import { requirePermission } from "@/lib/access/require-permission";
import { isOurCategory } from "@/lib/detection/match/logsource";
import { parseRules } from "@/lib/detection/sigma/parse";
import type { SigmaDocument } from "@/lib/detection/sigma/rule";
import type { Context } from "@/lib/model/user";
import { recordAudit } from "@/lib/store/audit";
import { inTransaction, type Tx } from "@/lib/store/db";
import { appendRuleVersion, findRuleRow, saveRuleRow } from "@/lib/store/rules";
import { builtInRules } from "./catalog";

/** What became of the documents of an import. */
export interface ImportReport {
  loaded: { id: string; title: string }[];
  /** Read, but their log source is none that every installation has: switched off until somebody who sends such logs switches them on. */
  elsewhere: { id: string; title: string; logsource: string }[];
  refused: { file: string; line: number; detail: string }[];
}

/** Imports the texts of rule files. A rule whose id is known is left as it is; importing the same folder twice changes nothing. */
export async function importRules(ctx: Context, files: readonly { name: string; text: string }[]): Promise<ImportReport> {
  requirePermission(ctx, "rule:write");
  const report: ImportReport = { loaded: [], elsewhere: [], refused: [] };
  const builtIn = new Set(builtInRules().documents.map(({ id }) => id));
  await inTransaction(async (tx) => {
    for (const { name, text } of files) {
      const { documents, problems } = parseRules(text, name);
      for (const { line, detail, severity } of problems) if (severity === "error") report.refused.push({ file: name, line, detail });
      for (const document of documents) {
        if (builtIn.has(document.id))
          report.refused.push({ file: name, line: document.line, detail: `The id ${document.id} belongs to a built-in rule.` });
        else await take(tx, ctx, document, report);
      }
    }
    await recordAudit(tx, ctx, "rule.import", {
      after: { loaded: report.loaded.length, elsewhere: report.elsewhere.length, refused: report.refused.length },
    });
  });
  return report;
}

async function take(tx: Tx, ctx: Context, document: SigmaDocument, report: ImportReport): Promise<void> {
  const { id, title, source: yaml } = document;
  const isHere = document.kind === "correlation" || isOurCategory(document.logsource);
  if (isHere) report.loaded.push({ id, title });
  else report.elsewhere.push({ id, title, logsource: Object.values(document.logsource).join(" / ") });
  if (await findRuleRow(tx, id)) return;
  const by = { updatedAt: ctx.now, updatedBy: ctx.actor.name };
  await saveRuleRow(tx, { id, source: "custom", enabled: isHere, yaml, version: 1, disabledReason: null, ...by });
  await appendRuleVersion(tx, id, {
    version: 1,
    yaml,
    comment: `Imported from ${document.file}`,
    createdAt: ctx.now,
    createdBy: ctx.actor.name,
  });
}
