/**
 * The shared plan: all detections of a ruleset looked for in one pass. Predicates that several rules share are evaluated once per event; rules are
 * reached through what must be seen first (see guards.ts), so that the cost of an event follows what is in it, not the number of rules.
 */
import type { Expression } from "@/lib/detection/sigma/expression";
import type { SigmaDetection } from "@/lib/detection/sigma/rule";
import { LiteralFinder } from "./aho-corasick";
import { guardOf, type Sight } from "./guards";
import { compileLogsource, type LogsourceTest } from "./logsource";
import type { FieldSlot, FieldTable, Observed } from "./observe";
import { compilePredicate, type Predicate } from "./predicate";

/** Evaluates one rule's tree; `undefined` predicates never occur, the numbers come from the compiler. */
type Test = (event: Observed) => boolean;

/** A rule ready to run. */
export interface PlannedRule {
  readonly rule: SigmaDetection;
  readonly number: number;
  readonly test: Test;
  readonly logsource: number;
}

const UNKNOWN = 0;
const YES = 1;
const NO = 2;

export class MatchPlan {
  private readonly planned: PlannedRule[] = [];
  private readonly always: number[] = [];
  private readonly byValue = new Map<FieldSlot, Map<string, number[]>>();
  private readonly byLiteral = new Map<FieldSlot, Map<number, number[]>>();
  private readonly byField = new Map<FieldSlot, number[]>();
  private readonly finder: LiteralFinder;
  private readonly predicates = new Map<string, number>();
  private readonly tests: Predicate[] = [];
  private readonly memo: Uint8Array;
  private readonly logsources: LogsourceTest[] = [];
  private readonly disabled: Uint8Array;
  private readonly candidate: Uint32Array;
  private turn = 0;
  private failures = new Map<string, string>();

  constructor(
    rules: readonly SigmaDetection[],
    private readonly table: FieldTable,
    private readonly options: { ignoreLogsource?: boolean } = {},
  ) {
    const literals = new Map<string, number>();
    const logsources = new Map<string, number>();
    for (const rule of rules) this.add(rule, literals, logsources);
    this.finder = new LiteralFinder([...literals.keys()]);
    this.memo = new Uint8Array(this.tests.length);
    this.disabled = new Uint8Array(this.planned.length);
    this.candidate = new Uint32Array(this.planned.length);
  }

  get size(): number {
    return this.planned.length;
  }

  private add(rule: SigmaDetection, literals: Map<string, number>, logsources: Map<string, number>): void {
    const number = this.planned.length;
    const source = JSON.stringify(rule.logsource);
    let logsource = logsources.get(source);
    if (logsource === undefined) {
      logsource = this.logsources.length;
      logsources.set(source, logsource);
      this.logsources.push(this.options.ignoreLogsource ? () => true : compileLogsource(rule.logsource));
    }
    this.planned.push({ rule, number, test: this.compile(rule.expression), logsource });
    const guard = guardOf(rule.expression);
    if (guard === undefined) this.always.push(number);
    else for (const sight of guard) this.watch(sight, number, literals);
  }

  private watch(sight: Sight, rule: number, literals: Map<string, number>): void {
    const slot = this.table.slot(sight.field);
    if (sight.see === "field") {
      push(this.byField, slot, rule);
      return;
    }
    const index = sight.see === "value" ? this.byValue : this.byLiteral;
    let known = index.get(slot) as Map<string | number, number[]> | undefined; // one map by text, one by number of the literal
    if (!known) {
      known = new Map();
      index.set(slot, known as Map<string, number[]> & Map<number, number[]>);
    }
    if (sight.see === "value") push(known, sight.value, rule);
    else {
      const literal = literals.get(sight.literal) ?? literals.size;
      literals.set(sight.literal, literal);
      push(known, literal, rule);
    }
  }

  private compile(expression: Expression): Test {
    if (expression.op === "match") {
      const predicate = this.predicate(expression);
      return (event) => this.holds(predicate, event);
    }
    if (expression.op === "not") {
      const inner = this.compile(expression.item);
      return (event) => !inner(event);
    }
    const items = expression.items.map((item) => this.compile(item));
    return expression.op === "and" ? (event) => items.every((item) => item(event)) : (event) => items.some((item) => item(event));
  }

  private predicate(leaf: Extract<Expression, { op: "match" }>): number {
    const key = JSON.stringify([leaf.field ?? null, leaf.match]);
    const known = this.predicates.get(key);
    if (known !== undefined) return known;
    const number = this.tests.length;
    this.predicates.set(key, number);
    this.tests.push(compilePredicate(leaf.field, leaf.match, this.table));
    return number;
  }

  private holds(predicate: number, event: Observed): boolean {
    const known = this.memo[predicate];
    if (known !== UNKNOWN) return known === YES;
    const holds = this.tests[predicate]?.(event) ?? false;
    this.memo[predicate] = holds ? YES : NO;
    return holds;
  }

  /** The rules that match the event, in the order of the ruleset. One event at a time: the plan keeps scratch space. */
  match(event: Observed): PlannedRule[] {
    this.memo.fill(UNKNOWN);
    const found: PlannedRule[] = [];
    const sources = new Uint8Array(this.logsources.length);
    for (const number of this.candidates(event)) {
      const planned = this.planned[number];
      if (!planned || this.disabled[number]) continue;
      if (sources[planned.logsource] === UNKNOWN)
        sources[planned.logsource] = this.logsources[planned.logsource]?.(event.record.document) ? YES : NO;
      if (sources[planned.logsource] === YES && this.tryRule(planned, event)) found.push(planned);
    }
    return found.length > 1 ? found.sort((a, b) => a.number - b.number) : found;
  }

  private tryRule(planned: PlannedRule, event: Observed): boolean {
    try {
      return planned.test(event);
    } catch (error) {
      this.disabled[planned.number] = 1;
      this.failures.set(planned.rule.id, error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  /** Rules that threw since the last call, with the reason: they are out until the ruleset is compiled anew. */
  takeFailures(): Map<string, string> {
    const taken = this.failures;
    this.failures = new Map();
    return taken;
  }

  private candidates(event: Observed): number[] {
    const turn = ++this.turn;
    const found: number[] = [];
    const mark = (rules: readonly number[] | undefined) => {
      if (rules === undefined) return;
      for (const rule of rules) {
        if (this.candidate[rule] === turn) continue;
        this.candidate[rule] = turn;
        found.push(rule);
      }
    };
    mark(this.always);
    for (const [slot, rules] of this.byField) if (event.scalars(slot).length > 0 || event.raw(slot) !== undefined) mark(rules);
    for (const [slot, rules] of this.byValue) for (const text of event.lower(slot)) mark(rules.get(text));
    this.findLiterals(event, mark);
    return found;
  }

  /** Each distinct text of the event is scanned once, whichever fields hold it. */
  private findLiterals(event: Observed, mark: (rules: readonly number[] | undefined) => void): void {
    const scanned = new Map<string, number[]>();
    for (const [slot, rules] of this.byLiteral) {
      for (const text of event.lower(slot)) {
        let literals = scanned.get(text);
        if (literals === undefined) {
          literals = this.finder.find(text);
          scanned.set(text, literals);
        }
        for (const literal of literals) mark(rules.get(literal));
      }
    }
  }
}

function push<Key>(index: Map<Key, number[]>, key: Key, value: number): void {
  const known = index.get(key);
  if (known) known.push(value);
  else index.set(key, [value]);
}
