/**
 * The shared plan: all detections of a ruleset looked for in one pass. Predicates that several rules share are evaluated once per event; rules are
 * reached through what must be seen first (see guards.ts), so that the cost of an event follows what is in it, not the number of rules.
 */
import type { EventDocument } from "@/lib/model/event";
import type { Expression } from "@/lib/detection/sigma/expression";
import type { SigmaDetection } from "@/lib/detection/sigma/rule";
import { guardOf, type Sight } from "./guards";
import { compileLogsource, type LogsourceTest } from "./logsource";
import type { FieldSlot, FieldTable, Observed } from "./observe";
import { compilePredicate, type Predicate } from "./predicate";

/** Evaluates one rule's tree; `undefined` predicates never occur, the numbers come from the compiler. */
type Test = (event: Observed) => boolean;

/** Runs a step of a rule on its account; throws when the rule has spent what it may. */
export interface Budget {
  run<Result>(ruleId: string, step: () => Result): Result;
}

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

/** The part of the plan that concerns events of one kind: what to look for, and which rules that is for. */
interface SubPlan {
  always: number[];
  byMatch: Map<number, number[]>;
  byValue: Map<FieldSlot, Map<string, number[]>>;
  byLiteral: Map<FieldSlot, Map<number, number[]>>;
}

const SUB_PLANS = 2_000; // kinds of events remembered; an attacker can invent actions without end

export class MatchPlan {
  private readonly planned: PlannedRule[] = [];
  private readonly guards: (readonly Sight[] | undefined)[] = [];
  private readonly predicates = new Map<string, number>();
  private readonly tests: Predicate[] = [];
  private readonly memo: Uint8Array;
  private readonly logsources: LogsourceTest[] = [];
  private readonly disabled: Uint8Array;
  private readonly candidate: Uint32Array;
  private readonly byKind = new Map<string, SubPlan>();
  private readonly byLogsources = new Map<string, SubPlan>();
  private turn = 0;
  private failures = new Map<string, string>();

  constructor(
    rules: readonly SigmaDetection[],
    private readonly table: FieldTable,
    private readonly options: { ignoreLogsource?: boolean } = {},
  ) {
    const logsources = new Map<string, number>();
    for (const rule of rules) this.add(rule, logsources);
    this.memo = new Uint8Array(this.tests.length);
    this.disabled = new Uint8Array(this.planned.length);
    this.candidate = new Uint32Array(this.planned.length);
  }

  get size(): number {
    return this.planned.length;
  }

  private add(rule: SigmaDetection, logsources: Map<string, number>): void {
    const source = this.options.ignoreLogsource ? "" : JSON.stringify(rule.logsource);
    let logsource = logsources.get(source);
    if (logsource === undefined) {
      logsource = this.logsources.length;
      logsources.set(source, logsource);
      this.logsources.push(this.options.ignoreLogsource ? () => true : compileLogsource(rule.logsource));
    }
    const guard = guardOf(rule.expression);
    for (const sight of guard ?? []) {
      if (sight.see !== "match") this.table.slot(sight.field);
      if (sight.see === "literal") this.table.literal(sight.literal);
    }
    this.guards.push(guard);
    this.planned.push({ rule, number: this.planned.length, test: this.compile(rule.expression), logsource });
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
    const items = [...expression.items].sort((a, b) => costOf(a) - costOf(b)).map((item) => this.compile(item));
    const stopsAt = expression.op === "or";
    return (event) => {
      for (const item of items) if (item(event) === stopsAt) return stopsAt;
      return !stopsAt;
    };
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
  match(event: Observed, budget?: Budget): PlannedRule[] {
    this.memo.fill(UNKNOWN);
    const found: PlannedRule[] = [];
    for (const number of this.candidates(event, this.subPlanOf(event.record.document))) {
      const planned = this.planned[number];
      if (planned && !this.disabled[number] && this.tryRule(planned, event, budget)) found.push(planned);
    }
    return found.length > 1 ? found.sort((a, b) => a.number - b.number) : found;
  }

  private tryRule(planned: PlannedRule, event: Observed, budget: Budget | undefined): boolean {
    try {
      return budget ? budget.run(planned.rule.id, () => planned.test(event)) : planned.test(event);
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

  private subPlanOf(document: EventDocument): SubPlan {
    const kind = kindOf(document);
    const known = this.byKind.get(kind);
    if (known) return known;
    if (this.byKind.size >= SUB_PLANS) this.byKind.clear();
    const active = this.logsources.map((test) => test(document));
    const logsources = active.map(Number).join("");
    const plan = this.byLogsources.get(logsources) ?? this.subPlanFor(active);
    if (this.byLogsources.size >= SUB_PLANS) this.byLogsources.clear();
    this.byLogsources.set(logsources, plan);
    this.byKind.set(kind, plan);
    return plan;
  }

  private subPlanFor(active: readonly boolean[]): SubPlan {
    const plan: SubPlan = { always: [], byMatch: new Map(), byValue: new Map(), byLiteral: new Map() };
    for (const { number, logsource } of this.planned) {
      if (!active[logsource]) continue;
      const guard = this.guards[number];
      if (guard === undefined) plan.always.push(number);
      else for (const sight of guard) this.watch(plan, sight, number);
    }
    return plan;
  }

  private watch(plan: SubPlan, sight: Sight, rule: number): void {
    if (sight.see === "match") return push(plan.byMatch, this.predicate(sight.leaf), rule);
    const slot = this.table.slot(sight.field);
    if (sight.see === "value") push(inner(plan.byValue, slot), sight.value, rule);
    else for (const part of slot.parts) push(inner(plan.byLiteral, part), this.table.literal(sight.literal), rule);
  }

  private candidates(event: Observed, plan: SubPlan): number[] {
    this.turn++;
    const found: number[] = [];
    this.mark(plan.always, found);
    for (const [slot, rules] of plan.byValue) for (const text of event.texts(slot)) this.mark(rules.get(text.lower), found);
    for (const [slot, rules] of plan.byLiteral) {
      for (const text of event.texts(slot)) for (const literal of text.literals) this.mark(rules.get(literal), found);
    }
    for (const [predicate, rules] of plan.byMatch) if (this.mayHold(predicate, event)) this.mark(rules, found);
    return found;
  }

  /** A match that throws is left to its rules, which are then put out of action by name. */
  private mayHold(predicate: number, event: Observed): boolean {
    try {
      return this.holds(predicate, event);
    } catch {
      return true;
    }
  }

  private mark(rules: readonly number[] | undefined, found: number[]): void {
    if (rules === undefined) return;
    for (const rule of rules) {
      if (this.candidate[rule] === this.turn) continue;
      this.candidate[rule] = this.turn;
      found.push(rule);
    }
  }
}

/** Roughly what it costs to find out whether an expression holds, so that the cheap parts of a condition are asked first. */
function costOf(expression: Expression): number {
  if (expression.op === "not") return costOf(expression.item);
  if (expression.op === "match") return { regex: 8, text: 2, fieldref: 4 }[expression.match.is as string] ?? 1;
  return expression.items.reduce((sum, item) => sum + costOf(item), 0);
}

/** Everything that log sources look at (see logsource.ts). */
function kindOf({ action, service, direction, http, metadata }: EventDocument): string {
  const logsource = metadata?.logsource;
  return `${action}|${service ?? ""}|${direction}|${http ? 1 : 0}|${logsource === undefined ? "" : JSON.stringify(logsource)}`;
}

function push<Key>(index: Map<Key, number[]>, key: Key, value: number): void {
  const known = index.get(key);
  if (known) known.push(value);
  else index.set(key, [value]);
}

function inner<Key, Inner>(index: Map<Key, Map<Inner, number[]>>, key: Key): Map<Inner, number[]> {
  let known = index.get(key);
  if (!known) {
    known = new Map();
    index.set(key, known);
  }
  return known;
}
