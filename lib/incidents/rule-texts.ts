/** What the rules of an incident are called, and which questions they ask. */
import { loadCatalog } from "@/lib/rules/catalog";
import { rulesRevision } from "@/lib/store/rules";

/** Names by rule id, and the triage questions of the given rules in their order. */
export interface RuleTexts {
  names: ReadonlyMap<string, string>;
  questions: readonly string[];
}

interface Known {
  revision: string;
  names: Map<string, string>;
  questions: Map<string, readonly string[]>;
}

let known: Known | undefined;

/** The catalogue is read again only when somebody changed a rule. */
async function current(): Promise<Known> {
  const revision = await rulesRevision();
  if (known?.revision === revision) return known;
  const { rules, detectors } = await loadCatalog();
  const documents = rules.map(({ document }) => document);
  known = {
    revision,
    names: new Map([
      ...documents.map(({ id, title }) => [id, title] as const),
      ...detectors.map(({ rule }) => [rule.id, rule.title] as const),
    ]),
    questions: new Map(documents.map(({ id, extension }) => [id, extension.triage ?? []])),
  };
  return known;
}

/** The texts of these rules, the first being the most telling. A rule that is gone has neither. */
export async function ruleTexts(ids: readonly string[]): Promise<RuleTexts> {
  const { names, questions } = await current();
  return {
    names: new Map(ids.map((id) => [id, names.get(id) ?? id])),
    questions: [...new Set(ids.slice(0, 4).flatMap((id) => questions.get(id) ?? []))],
  };
}
