/** Runs the `matches` and `ignores` of rules: detection as code is tested like code. */
import { requestDecoder } from "@/lib/detection/match/decoder";
import { expandExample } from "@/lib/detection/examples";
import { MemoryWorld } from "@/lib/detection/memory-world";
import { compileRuleset, enabledDocuments, type Ruleset } from "@/lib/detection/ruleset";
import type { SigmaDocument } from "@/lib/detection/sigma/rule";
import { EventInput } from "@/lib/model/event";

/** One example that did not do what it says. `number` counts from 1 within its list. */
export interface ExampleFailure {
  rule: string;
  title: string;
  file: string;
  list: "matches" | "ignores";
  number: number;
  detail: string;
}

export interface ExampleReport {
  examples: number;
  failures: ExampleFailure[];
  /** Rules without any example. */
  bare: { rule: string; title: string; file: string }[];
}

/** Checks the examples of `rules`, with `all` documents at hand for what correlations refer to. */
export function checkExamples(rules: readonly SigmaDocument[], all: readonly SigmaDocument[]): ExampleReport {
  const report: ExampleReport = { examples: 0, failures: [], bare: [] };
  for (const rule of rules) {
    if (rule.kind === "filter") continue;
    const { matches = [], ignores = [] } = rule.extension;
    const name = { rule: rule.id, title: rule.title, file: rule.file };
    if (matches.length === 0) report.bare.push(name);
    if (matches.length + ignores.length === 0) continue;
    const ruleset = aloneSpeaking(rule, all);
    const run = (list: "matches" | "ignores", examples: readonly unknown[]) => {
      for (const [index, example] of examples.entries()) {
        report.examples++;
        const detail = faultOf(example, list === "matches", { ruleset, id: rule.id });
        if (detail) report.failures.push({ ...name, list, number: index + 1, detail });
      }
    };
    run("matches", matches);
    run("ignores", ignores);
  }
  return report;
}

/** A ruleset in which the rule alerts, even if it otherwise only serves others. */
function aloneSpeaking(rule: SigmaDocument, all: readonly SigmaDocument[]): Ruleset {
  const speaking = { ...rule, extension: { ...rule.extension, alert: true } };
  const documents = all.map((document) => (document.id === rule.id ? speaking : document));
  return compileRuleset(
    enabledDocuments(documents, ({ id }) => id === rule.id),
    { decoder: requestDecoder },
  );
}

function faultOf(example: unknown, isMeant: boolean, { ruleset, id }: { ruleset: Ruleset; id: string }): string | undefined {
  const world = new MemoryWorld(ruleset);
  for (const event of expandExample(example)) {
    const read = EventInput.safeParse(event);
    if (!read.success) return `is no event: ${read.error.issues[0]?.path.join(".")}: ${read.error.issues[0]?.message}`;
    const occurredAt = Date.parse(event.occurred_at);
    const { outcome = "unknown", direction = "inbound" } = read.data;
    const document = { ...read.data, id: event.id, occurred_at: event.occurred_at, outcome, direction };
    world.take([{ id: event.id, occurredAt, receivedAt: occurredAt, document }]);
  }
  world.finish();
  const alerts = world.standing().filter((alert) => alert.ruleId === id);
  if (isMeant) return alerts.length > 0 ? undefined : "raises no alert";
  return alerts.length === 0 ? undefined : `raises an alert: ${alerts[0]?.explanation.sentence}`;
}
