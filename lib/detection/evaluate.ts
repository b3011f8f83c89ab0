/**
 * One turn of detection: events of one world in, alerts and new state out. Pure. A turn goes level by level, because a correlation of correlations learns
 * only from the level below which groups it needs; before each level the caller brings the state of the groups that `needs` names.
 */
import type { Alert } from "@/lib/model/alert";
import type { EventRecord } from "@/lib/model/event";
import { advanceGroup } from "./correlation/advance";
import { type CompiledRule, EventReads, type Reads, SignalReads } from "./correlation/compile";
import { pack, packedVersion, type PackedState, unpack } from "./correlation/packed";
import type { GroupState, Hit } from "./correlation/state";
import { type Advanced, type Detector, LATENESS_MS } from "./detector";
import { Observed } from "./match/observe";
import type { Listener, Ruleset } from "./ruleset";

/** State as it is stored: of another version it is worth nothing. */
export interface StoredState {
  version: number;
  state: unknown;
  wakeAt?: number;
  /** Event time after which nothing in it matters. */
  expiresAt?: number;
}

/** One detector and group: what state is known by. */
export interface StateName {
  readonly detector: string;
  readonly group: string;
}

/** Finds stored state; undefined when there is none. */
export type FindState = (name: StateName) => StoredState | undefined;

/** State to store; undefined: to delete. */
export interface StateChange extends StateName {
  readonly stored: StoredState | undefined;
}

export interface TurnResult {
  /** New or grown alerts, in order of time and key. */
  alerts: Alert[];
  /** Keys of alerts said before that late events have moved or undone. */
  withdrawn: string[];
  /** What became of states, each named once. */
  changed: StateChange[];
  watermark: number;
  /** Rules that failed in this turn and are out until the ruleset is compiled anew. */
  failures: { ruleId: string; reason: string }[];
  /** By suppression: how many times an event was held back from a rule. */
  suppressed: Map<string, number>;
  /** What each rule spent, ms; empty without a clock. */
  spent: ReadonlyMap<string, number>;
}

/** An exception: events that it tests true are not shown to one rule or detector, or to any (`ruleId` null). */
export interface Suppressor {
  id: string;
  ruleId: string | null;
  test(document: EventRecord["document"]): boolean;
}

export interface TurnInput {
  ruleset: Ruleset;
  events: readonly EventRecord[];
  /** How far event time had come before this turn; undefined in a new world. */
  watermark?: number;
  /** Stored groups whose `wakeAt` has passed. */
  wakes?: readonly StateName[];
  suppressors?: readonly Suppressor[];
  /** Milliseconds that only go on. With it, a rule that takes longer than its budget is put out of action; replays and tests give none. */
  clock?: () => number;
  /** Hears of every hit of a group before it is folded, for those who measure. */
  onHit?: HitListener;
  /** States of rules come and go packed, for who stores them; states in memory are quicker as they are. */
  packed?: boolean;
}

/** Hears of a rule's hits as they come. */
export type HitListener = (ruleId: string, group: string, hit: Hit) => void;

/** What one rule may spend on a turn, ms: a hundred times what the dearest built-in rule takes for 5,000 events. */
const BUDGET_MS = 2_000;
/** One step counts for no more than this: a machine that was asleep in the middle of it says nothing about the rule. */
const STEP_MOST_MS = 100;

/** Keeps account of what rules spend; throws when one has spent its budget, so that it goes the way of every failing rule. */
export class RuleBudget {
  /** Milliseconds by rule. */
  readonly spent = new Map<string, number>();

  constructor(private readonly clock: () => number) {}

  run<Result>(ruleId: string, step: () => Result): Result {
    const started = this.clock();
    const result = step();
    const spent = (this.spent.get(ruleId) ?? 0) + Math.min(STEP_MOST_MS, this.clock() - started);
    this.spent.set(ruleId, spent);
    if (spent > BUDGET_MS) throw new Error(`It took more than ${BUDGET_MS / 1_000} s of one turn.`);
    return result;
  }
}

/** Groups that one rule may touch in a turn: a rule over an attacker-made field must not fill the database. */
const GROUPS_MOST = 20_000;

/**
 * How far event time has come. A clock that runs ahead cannot push it past the time of receipt; events that are all older than the lateness bound
 * (a backlog, an older file) set it back: they are a stretch of their own.
 */
export function nextWatermark(before: number | undefined, events: readonly EventRecord[]): number {
  let latest = Number.NEGATIVE_INFINITY;
  for (const event of events) latest = Math.max(latest, Math.min(event.occurredAt, event.receivedAt));
  if (before === undefined || latest === Number.NEGATIVE_INFINITY) return Math.max(before ?? 0, latest);
  return latest < before - LATENESS_MS ? latest : Math.max(before, latest);
}

export class Turn {
  private readonly ruleset: Ruleset;
  private readonly watermark: number;
  private readonly inbox: Map<CompiledRule, Map<string, Inbound<Hit>>>[];
  private readonly forDetectors = new Map<Detector, Map<string, Inbound<Observed>>>();
  private readonly result: TurnResult;
  private readonly suppressors: readonly Suppressor[];
  private readonly budget: RuleBudget | undefined;
  private readonly onHit: HitListener | undefined;
  private readonly packed: boolean;

  constructor(input: TurnInput) {
    this.ruleset = input.ruleset;
    this.suppressors = input.suppressors ?? [];
    this.budget = input.clock && new RuleBudget(input.clock);
    this.onHit = input.onHit;
    this.packed = input.packed ?? false;
    this.watermark = nextWatermark(input.watermark, input.events);
    this.inbox = input.ruleset.levels.map(() => new Map());
    this.result = {
      alerts: [],
      withdrawn: [],
      changed: [],
      watermark: this.watermark,
      failures: [],
      suppressed: new Map(),
      spent: this.budget?.spent ?? new Map(),
    };
    for (const record of input.events) this.observe(record);
    this.admitWakes(input.wakes ?? []);
    this.admitFailures();
  }

  /** How many levels there are; fold them in order. Behaviour detectors are folded with the first. */
  get levels(): number {
    return Math.max(1, this.inbox.length);
  }

  private observe(record: EventRecord): void {
    const { ruleset } = this;
    const event = new Observed(record, ruleset.fields, ruleset.decoder);
    const matches = ruleset.plan.match(event, this.budget);
    if (matches.length === 0 && ruleset.detectors.length === 0) return;
    const exceptions = this.suppressors.length === 0 ? NOBODY : this.suppressors.filter((suppressor) => suppressor.test(record.document));
    if (matches.length > 0) {
      const reads = new EventReads(event);
      for (const { rule } of matches) this.hear(rule.id, reads, exceptions);
    }
    for (const detector of ruleset.detectors) {
      if (!this.isHeldBack(detector.id, exceptions)) this.guarded(detector.id, () => this.admitTo(detector, event));
    }
  }

  private isHeldBack(ruleId: string, exceptions: readonly Suppressor[]): boolean {
    const exception = exceptions.find((each) => each.ruleId === null || each.ruleId === ruleId);
    if (!exception) return false;
    this.result.suppressed.set(exception.id, (this.result.suppressed.get(exception.id) ?? 0) + 1);
    return true;
  }

  private admitTo(detector: Detector, event: Observed): void {
    for (const group of detector.groupsOf(event)) add(this.forDetectors, detector, group, event);
  }

  /** Hands a match or a signal to every rule that listens. */
  private hear(id: string, reads: Reads, exceptions = NOBODY): void {
    for (const listener of this.ruleset.listeners.get(id) ?? NO_LISTENERS) {
      const { rule } = listener;
      if (rule.isOfSharedAddress && this.ruleset.isOwnExit(reads.base.p)) continue;
      if (exceptions.length > 0 && this.isHeldBack(rule.id, exceptions)) continue;
      this.guarded(rule.id, () => this.admit(listener, reads));
    }
  }

  private admit({ rule, position, level: depth }: Listener, reads: Reads): void {
    const level = this.inbox[depth];
    const group = rule.groupOf(position, reads);
    const hit = group === undefined ? undefined : rule.hitOf(position, reads);
    if (!level || group === undefined || !hit) return;
    this.onHit?.(rule.id, group, hit);
    const groups = level.get(rule);
    if (groups && groups.size >= GROUPS_MOST && !groups.has(group)) throw new Error(`More than ${GROUPS_MOST} groups in one turn.`);
    add(level, rule, group, hit);
  }

  private admitWakes(wakes: readonly StateName[]): void {
    for (const { detector, group } of wakes) {
      for (const [index, level] of this.ruleset.levels.entries()) {
        const rule = level.find((candidate) => candidate.id === detector);
        if (rule) add(this.inbox[index] ?? new Map(), rule, group);
      }
      const found = this.ruleset.detectors.find((candidate) => candidate.id === detector);
      if (found) add(this.forDetectors, found, group);
    }
  }

  /** The state that a level is about to change. */
  needs(level: number): StateName[] {
    const names: StateName[] = [];
    for (const groups of this.inbox[level]?.values() ?? []) for (const { name } of groups.values()) names.push(name);
    if (level !== 0) return names;
    for (const [detector, groups] of this.forDetectors) {
      for (const { name } of groups.values()) names.push(name);
      const common = detector.commonGroup;
      if (common !== undefined && !groups.has(common)) names.push({ detector: detector.id, group: common });
    }
    return names;
  }

  /** Folds one level. `find` gives what was stored under the names of `needs`; the turn takes it over. */
  fold(level: number, find: FindState): void {
    for (const [rule, groups] of this.inbox[level] ?? []) {
      for (const inbound of groups.values()) this.guarded(rule.id, () => this.advanceRule(rule, inbound, find));
    }
    if (level === 0) for (const [detector, groups] of this.forDetectors) this.foldDetector(detector, groups, find);
  }

  private foldDetector(detector: Detector, groups: ReadonlyMap<string, Inbound<Observed>>, find: FindState): void {
    const { id, commonGroup } = detector;
    if (detector.advanceAll) return this.guarded(id, () => this.advanceTogether(detector, groups, find));
    const first = commonGroup === undefined ? undefined : groups.get(commonGroup);
    let common = commonGroup === undefined ? undefined : stateOf(find({ detector: id, group: commonGroup }), detector);
    if (first) this.guarded(id, () => (common = this.advanceDetector(detector, { inbound: first, common }, find)));
    for (const inbound of groups.values())
      if (inbound !== first) this.guarded(id, () => this.advanceDetector(detector, { inbound, common }, find));
  }

  private advanceRule(rule: CompiledRule, { name, items: hits }: Inbound<Hit>, find: FindState): void {
    const version = this.packed ? packedVersion(rule.version) : rule.version;
    const known = find(name);
    const state = known?.version === version ? known.state : undefined; // written by this engine under the same version
    const before = this.packed && state !== undefined ? unpack(state as PackedState) : (state as GroupState | undefined);
    const advanced = advanceGroup(rule.spec, before, hits, this.watermark);
    const after = this.packed && advanced.state !== undefined ? pack(advanced.state) : advanced.state;
    this.keep(name, after === undefined ? undefined : storedOf(version, after, advanced));
    if (rule.isAlerting) {
      for (const episode of advanced.episodes) this.result.alerts.push(rule.alertOf(name.group, episode));
      for (const start of advanced.withdrawn) this.result.withdrawn.push(rule.keyOf(name.group, start));
    }
    for (const signal of advanced.signals) this.hear(rule.id, new SignalReads(signal));
  }

  /** The state that the group is left with. */
  private advanceDetector(
    detector: Detector,
    { inbound, common }: { inbound: Inbound<Observed>; common: unknown },
    find: FindState,
  ): unknown {
    const { name, items: events } = inbound;
    const known = find(name);
    const before = stateOf(known, detector);
    const input = {
      group: name.group,
      state: before,
      watermark: this.watermark,
      ...(detector.commonGroup === undefined ? {} : { common }),
    };
    if (events.length === 0 && (before === undefined || !detector.wake)) return before;
    events.sort(inOrder);
    const advanced = events.length > 0 ? detector.advance({ ...input, events }) : detector.wake?.(input);
    if (!advanced) return before;
    const isSame = before !== undefined && advanced.state === before && advanced.wakeAt === known?.wakeAt;
    if (!isSame) this.keep(name, advanced.state === undefined ? undefined : storedOf(detector.version, advanced.state, advanced));
    this.tell(advanced);
    return advanced.state;
  }

  private advanceTogether(detector: Detector, groups: ReadonlyMap<string, Inbound<Observed>>, find: FindState): void {
    const { id, version } = detector;
    const inputs = [...groups.values()].map(({ name, items }) => ({
      group: name.group,
      state: stateOf(find(name), detector),
      events: items.sort(inOrder),
      watermark: this.watermark,
    }));
    for (const [group, advanced] of detector.advanceAll?.(inputs) ?? []) {
      this.keep({ detector: id, group }, advanced.state === undefined ? undefined : storedOf(version, advanced.state, advanced));
      this.tell(advanced);
    }
  }

  private tell({ alerts, withdrawn = [] }: Pick<Advanced<unknown>, "alerts" | "withdrawn">): void {
    this.result.alerts.push(...alerts);
    this.result.withdrawn.push(...withdrawn);
  }

  private keep({ detector, group }: StateName, stored: StoredState | undefined): void {
    this.result.changed.push({ detector, group, stored });
  }

  /** A rule that throws is out, with the reason; the turn goes on for the others. */
  private guarded(ruleId: string, run: () => void): void {
    if (this.ruleset.disabled.has(ruleId)) return;
    try {
      if (this.budget) this.budget.run(ruleId, run);
      else run();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.ruleset.disabled.set(ruleId, reason);
      this.result.failures.push({ ruleId, reason });
    }
  }

  private admitFailures(): void {
    for (const [ruleId, reason] of this.ruleset.plan.takeFailures()) {
      if (this.ruleset.disabled.has(ruleId)) continue;
      this.ruleset.disabled.set(ruleId, reason);
      this.result.failures.push({ ruleId, reason });
    }
  }

  /** Everything the turn has to say. */
  finish(): TurnResult {
    this.result.alerts.sort((a, b) => a.firstAt - b.firstAt || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    return this.result;
  }
}

const NOBODY: readonly Suppressor[] = [];

const inOrder = (a: Observed, b: Observed): number => a.record.occurredAt - b.record.occurredAt || (a.record.id < b.record.id ? -1 : 1);
const NO_LISTENERS: readonly Listener[] = [];

const stateOf = (stored: StoredState | undefined, { version }: Detector): unknown =>
  stored?.version === version ? stored.state : undefined;

function storedOf(
  version: number,
  state: unknown,
  { wakeAt, expiresAt }: { wakeAt?: number | undefined; expiresAt?: number | undefined },
): StoredState {
  const stored: StoredState = { version, state };
  if (wakeAt !== undefined) stored.wakeAt = wakeAt;
  if (expiresAt !== undefined) stored.expiresAt = expiresAt;
  return stored;
}

/** What a group hears in a turn, under the name of its state. */
interface Inbound<Item> {
  name: StateName;
  items: Item[];
}

function add<Key extends { id: string }, Item>(index: Map<Key, Map<string, Inbound<Item>>>, key: Key, group: string, item?: Item): void {
  let groups = index.get(key);
  if (!groups) {
    groups = new Map();
    index.set(key, groups);
  }
  const known = groups.get(group);
  if (!known) groups.set(group, { name: { detector: key.id, group }, items: item === undefined ? [] : [item] });
  else if (item !== undefined) known.items.push(item);
}
