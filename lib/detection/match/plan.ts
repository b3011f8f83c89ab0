/**
 * The shared plan: all detections of a ruleset looked for in one pass. Predicates that several rules share are evaluated once per event; rules are
 * reached through what must be seen first (see guards.ts), so that the cost of an event follows what is in it, not the number of rules.
 */
import type { EventDocument } from "@/lib/model/event";
import type { Expression } from "@/lib/detection/sigma/expression";
import type { SigmaDetection } from "@/lib/detection/sigma/rule";
import { injectionKinds } from "@/lib/detection/injection/finding";
import { canonicalName } from "./fields";
import { decodedBitsOf, type Glance, rawBitOf } from "./glance";
import { JUDGED_BITS } from "@/lib/detection/decode/document";
import { guardOf, type Sight } from "./guards";
import { compileLogsource, type LogsourceTest } from "./logsource";
import { LiteralFinder } from "./aho-corasick";
import { type FieldSlot, type FieldTable, isJoined, type Observed, type RawSight } from "./observe";
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
  /** Matches of scores that only a suspicious request can have. */
  byScore: Map<number, number[]>;
  byMatch: Map<number, number[]>;
  byValue: Map<FieldSlot, Map<string, number[]>>;
  /** The same sights twice: by field, for those of which a glance has seen nothing, and by number of the literal. */
  byLiteral: Map<FieldSlot, Map<number, number[]>>;
  atGlance: Watch[][];
  /** Fields that are looked at as they stand. */
  raw: RawSight[];
  /** Decoded fields that a glance has to read. */
  wanted: number;
}

/** Rules that wait for a literal, each with the fields (bits of a glance) in which it counts. */
interface Watch {
  bits: number;
  rules: number[];
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
    const plan: SubPlan = {
      always: [],
      byScore: new Map(),
      byMatch: new Map(),
      byValue: new Map(),
      byLiteral: new Map(),
      atGlance: [],
      raw: [],
      wanted: 0,
    };
    for (const { number, logsource } of this.planned) {
      if (!active[logsource]) continue;
      const guard = this.guards[number];
      if (guard === undefined) plan.always.push(number);
      else for (const sight of guard) this.watch(plan, sight, number);
    }
    plan.raw = this.rawSights(plan);
    plan.wanted = plan.byScore.size > 0 ? JUDGED_BITS : 0;
    for (const slot of plan.byLiteral.keys()) plan.wanted |= decodedBitsOf(slot.canonical);
    return plan;
  }

  /** The fields that a glance reads as they stand, each with a finder of its own literals alone: a small one is quick. */
  private rawSights(plan: SubPlan): RawSight[] {
    const byName = new Map<string, { slot: FieldSlot; literals: Set<number> }>();
    for (const [slot, rules] of plan.byLiteral) {
      if (rawBitOf(slot.canonical) === 0) continue;
      const sight = byName.get(slot.canonical) ?? { slot, literals: new Set() };
      byName.set(slot.canonical, sight);
      for (const literal of rules.keys()) sight.literals.add(literal);
    }
    return [...byName.values()].map(({ slot, literals }) => {
      const numbers = [...literals];
      return { slot, literals: numbers, finder: new LiteralFinder(numbers.map((number) => this.table.textOf(number))) };
    });
  }

  private watch(plan: SubPlan, sight: Sight, rule: number): void {
    if (sight.see === "match") return push(isOfScore(sight.leaf) ? plan.byScore : plan.byMatch, this.predicate(sight.leaf), rule);
    const slot = this.table.slot(sight.field);
    if (sight.see === "value") return push(inner(plan.byValue, slot), sight.value, rule);
    const literal = this.table.literal(sight.literal);
    for (const part of slot.parts) {
      push(inner(plan.byLiteral, part), literal, rule);
      if (part.bits === 0) continue;
      const watches = (plan.atGlance[literal] ??= []);
      const known = watches.find(({ bits }) => bits === part.bits);
      if (known) known.rules.push(rule);
      else watches.push({ bits: part.bits, rules: [rule] });
    }
  }

  private candidates(event: Observed, plan: SubPlan): number[] {
    this.turn++;
    const found: number[] = [];
    this.mark(plan.always, found);
    const { glance, isSuspicious } = event.glance(plan);
    for (const [slot, rules] of plan.byValue) this.markByValue(event, slot, rules, found);
    for (const literal of glance.literals) {
      const fields = glance.fieldsOf(literal);
      for (const { bits, rules } of plan.atGlance[literal] ?? NOBODY) if ((bits & fields) !== 0) this.mark(rules, found);
    }
    for (const [slot, rules] of plan.byLiteral) {
      if (isSeen(slot, glance.fields) || (event.raw(slot) === undefined && isReadAlone(slot, glance))) continue;
      for (const text of event.texts(slot)) for (const literal of text.literals) this.mark(rules.get(literal), found);
    }
    for (const [predicate, rules] of plan.byMatch) if (this.mayHold(predicate, event)) this.mark(rules, found);
    if (isSuspicious) for (const [predicate, rules] of plan.byScore) if (this.mayHold(predicate, event)) this.mark(rules, found);
    return found;
  }

  private markByValue(event: Observed, slot: FieldSlot, rules: ReadonlyMap<string, readonly number[]>, found: number[]): void {
    const value = slot.decoded || slot.scored ? undefined : event.raw(slot);
    if (typeof value === "string" && value.length < LONG) this.mark(rules.get(value.toLowerCase()), found);
    else if (typeof value === "number" || typeof value === "boolean") this.mark(rules.get(String(value)), found);
    else if (value !== undefined || slot.decoded || slot.scored)
      for (const text of event.texts(slot)) this.mark(rules.get(text.lower), found);
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

const NOBODY: readonly Watch[] = [];
const LONG = 1_000; // no value that a rule names has so many characters; longer texts are cut before they are read

/** Whether a glance has told all there is to a field: it saw values of it, and for what joins others those that are its own. */
function isSeen({ bits, canonical }: FieldSlot, seen: number): boolean {
  return (seen & (rawBitOf(canonical) || bits)) !== 0;
}

/** Whether a field has no texts when it does not stand in the event itself: decoding has none to add, or was looked at and has none. */
const isReadAlone = (slot: FieldSlot, glance: Glance): boolean =>
  !slot.scored && !isJoined(slot) && rawBitOf(slot.canonical) === 0 && glance.haveLookedFor(slot.bits);

/** A threshold on a score of the injection readers: without a suspicion it cannot be passed. */
function isOfScore({ field, match }: Extract<Expression, { op: "match" }>): boolean {
  if (match.is !== "compare" || field === undefined || !scores.has(canonicalName(field))) return false;
  return (match.operator === "gte" && match.value > 0) || (match.operator === "gt" && match.value >= 0);
}

const scores: ReadonlySet<string> = new Set(injectionKinds.map((kind) => `vedette.${kind}`));

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
