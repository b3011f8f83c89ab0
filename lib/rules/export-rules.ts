/** All rules as files: what the archive and the command line write. */
import { requirePermission } from "@/lib/access/require-permission";
import type { Context } from "@/lib/model/user";
import { recordAudit } from "@/lib/store/audit";
import { inTransaction } from "@/lib/store/db";
import { zip } from "@/lib/zip";
import { type CatalogRule, loadCatalog } from "./catalog";

/** File names and texts of rules: names are their own words, made safe, each once. */
export function ruleFiles(rules: readonly CatalogRule[]): { name: string; text: string }[] {
  const used = new Set<string>();
  return rules.map(({ id, document, yaml }) => {
    const base =
      (document.name ?? document.title ?? id)
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "_")
        .replace(/^_+|_+$/g, "")
        .slice(0, 70) || "rule";
    let name = base;
    for (let n = 2; used.has(name); n++) name = `${base}_${n}`;
    used.add(name);
    return { name: `${name}.yml`, text: `${yaml.trim()}\n` };
  });
}

/** Every rule, built-in, edited and custom, as a ZIP archive. */
export async function exportRules(ctx: Context): Promise<{ name: string; bytes: Buffer; rules: number }> {
  requirePermission(ctx, "rule:read");
  const { rules } = await loadCatalog();
  const entries = ruleFiles(rules).map(({ name, text }) => ({ name: `rules/${name}`, data: Buffer.from(text) }));
  await inTransaction((tx) => recordAudit(tx, ctx, "rule.export", { after: { rules: rules.length } }));
  return { name: `vedette-rules-${ctx.now.toISOString().slice(0, 10)}.zip`, bytes: zip(entries, ctx.now), rules: rules.length };
}
