/** Says what an upgrade of Vedette changed in the built-in rules: nobody should find out by an alert that a rule means something else. */
import type { SigmaDocument } from "@/lib/detection/sigma/rule";
import { plural } from "@/lib/model/format";
import { recordAudit } from "@/lib/store/audit";
import { appendBuiltInTexts, lockBuiltInTexts } from "@/lib/store/built-in-texts";
import { inTransaction } from "@/lib/store/db";
import { builtInRules } from "./catalog";

const NAMED = 20; // titles in the audit entry; the rules page has them all

/** What became of the built-in rules; undefined when nothing did, or when this installation has just begun. */
export interface UpgradeNote {
  changed: number;
  added: number;
  removed: number;
}

/** Compares the built-in rules with those of the last start, and notes what is new, changed and gone. Run once at each start. */
export async function noteUpgrade(
  { product, now }: { product: string; now: Date },
  documents: readonly SigmaDocument[] = builtInRules().documents,
): Promise<UpgradeNote | undefined> {
  return inTransaction(async (tx) => {
    const known = new Map((await lockBuiltInTexts(tx)).map(({ ruleId, yaml }) => [ruleId, yaml]));
    const here = new Map(documents.map((document) => [document.id, document]));
    const other = [...here.values()].filter(({ id, source }) => known.get(id)?.trim() !== source.trim());
    const gone = [...known.keys()].filter((id) => !here.has(id));
    if (other.length + gone.length === 0) return undefined;
    const texts = [...other.map(({ id, source }) => ({ ruleId: id, yaml: source })), ...gone.map((ruleId) => ({ ruleId, yaml: null }))];
    await appendBuiltInTexts(tx, texts, { at: now, product });
    if (known.size === 0) return undefined;
    const added = other.filter(({ id }) => !known.has(id)).length;
    const note = { changed: other.length - added, added, removed: gone.length };
    const after = { name: sayUpgrade(product, note), rules: other.slice(0, NAMED).map(({ title }) => title) };
    await recordAudit(tx, { actor: { type: "system", name: "Vedette" }, now }, "rule.upgrade", { after });
    return note;
  });
}

/** `Vedette 0.2.0 changed 3 rules, brought 1 and took away 2`. */
export function sayUpgrade(product: string, { changed, added, removed }: UpgradeNote): string {
  const parts = [
    changed > 0 ? `changed ${plural(changed, "rule")}` : "",
    added > 0 ? `brought ${plural(added, "new rule")}` : "",
    removed > 0 ? `took ${plural(removed, "rule")} away` : "",
  ].filter(Boolean);
  return `Vedette ${product} ${parts.join(", ")}`;
}
