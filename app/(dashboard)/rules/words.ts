/** Words and figures that several pages about rules share. */
import type { Family } from "@/lib/model/alert";
import type { CatalogRule } from "@/lib/rules/catalog";

export const SOURCE_WORDS: Record<CatalogRule["source"], string> = { "built-in": "Built in", edited: "Built in, edited", custom: "Custom" };

/** `brute_force` as people say it. */
export const familyWord = (family: Family): string => {
  const words = family.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};
