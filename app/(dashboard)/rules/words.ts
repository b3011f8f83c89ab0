/** Words and figures that several pages about rules share. */
import type { Tone } from "@/app/ui/badge";
import type { Family } from "@/lib/model/alert";
import type { RuleMode } from "@/lib/model/rule-mode";
import type { CatalogRule } from "@/lib/rules/catalog";
import type { RuleUpgrade } from "@/lib/store/built-in-texts";
import type { Suppression } from "@/lib/store/suppressions";

export const SOURCE_WORDS: Record<CatalogRule["source"], string> = { "built-in": "Built in", edited: "Built in, edited", custom: "Custom" };

export const MODE_TONES = { on: "ok", test: "low", off: "info" } as const satisfies Record<RuleMode, Tone>;

/** `brute_force` as people say it. */
export const familyWord = (family: Family): string => {
  const words = family.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** `%Admins% and %Servers%`. */
export const placeholderNames = (names: readonly string[]): string => names.map((name) => `%${name}%`).join(" and ");

/** An exception as lists show it. */
export interface Exception {
  id: string;
  ruleId: string | null;
  query: string;
  reason: string;
  owner: string;
  expiresAt: number | null;
  active: boolean;
  hits: number;
}

/** What an alert suggests for an exception. */
export interface Suggestion {
  title: string;
  /** null: the rule was only being tested. */
  incident: number | null;
  conditions: { label: string; text: string }[];
}

export const exceptionOf = (each: Suppression, now: Date): Exception => ({
  id: each.id,
  ruleId: each.ruleId,
  query: each.query,
  reason: each.reason.replace(/\.$/, ""),
  owner: each.ownerName ?? "",
  expiresAt: each.expiresAt?.getTime() ?? null,
  active: each.endedAt === null && (each.expiresAt === null || each.expiresAt > now),
  hits: each.hits,
});

/** What a person is told of an example that was taken in. */
export const exampleNote = (list: "matches" | "ignores", fault: string | null): string =>
  `The events stand under “${list}” of the draft. ${fault ?? (list === "matches" ? "The draft alerts on them, as it should." : "The draft ignores them, as it should.")}`;

/** What an upgrade did to a rule; nothing for none. */
export const upgradeWord = (upgrade: RuleUpgrade | undefined): string =>
  upgrade ? `${upgrade.before === null ? "New with" : "Changed by"} Vedette ${upgrade.product}` : "";
