/** What rules are called and which questions they ask, from wherever the installation keeps its rules. */

/** Names and triage questions by rule id. */
export interface RuleTexts {
  names: ReadonlyMap<string, string>;
  questions: readonly string[];
}

type Finder = (ids: readonly string[]) => Promise<RuleTexts>;

let finder: Finder = async () => ({ names: new Map(), questions: [] });

/** Says where rule texts come from. Called once when a process is composed; without it mails use the titles of alerts and the default questions. */
export function useRuleTexts(find: Finder): void {
  finder = find;
}

/** The texts of these rules. */
export const ruleTexts: Finder = (ids) => finder(ids);
