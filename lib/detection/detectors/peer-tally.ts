/**
 * The frame of detectors that count what each member of a circle does and judge it by what all of them did. A member's spans are a group of their own, so
 * that a turn costs what its members did, however large the circle is; of the circle only the highest values of each span of time are kept.
 */
import { type Advance, type Advanced, type BehaviourDetector, LATENESS_MS, type ObservedEvent } from "@/lib/detection/detector";
import type { Alert } from "@/lib/model/alert";
import { type DistinctSketch, distinctCount, emptySketch, sketchOf } from "./distinct-sketch";
import { DAY } from "./subject";
import { emptyPast, frameOf, judgeSpan, learn, type Span, spansOf, type TallyPast, type TallyRules, valuesOf } from "./tally";
import { lagOf, timelineDetector, type TimelineState } from "./timeline";

/** Counting rules for members of a circle. */
export interface PeerRules extends Omit<TallyRules, "groupsOf" | "when"> {
  /** Whose past an event's span is judged by; undefined: by nobody's. */
  circleOf(event: ObservedEvent): string | undefined;
  memberOf(event: ObservedEvent): string | undefined;
  /** How many members must be known before their past says anything. */
  membersNeeded: number;
}

/** What one span of time had: the highest value of any member, by measure, and who they were. */
interface Recent {
  t: number;
  values: number[];
  members: DistinctSketch;
}

/** What is known of a circle: what is settled, and what late events may still raise, in order of time. */
interface Circle {
  past: TallyPast;
  members: DistinctSketch;
  recent: Recent[];
}

type Mine = TimelineState<Span, null>;
type Input = Advance<unknown>;

const MEMBERS = 64; // counted exactly; beyond them an estimate is enough to say "of about 300"
const RECENT_LIMIT = 200; // spans of one circle that are not settled; only clocks that run far ahead make so many
const KEEP_MS = DAY; // of a member: its spans and its open episode; what it taught is the circle's

const emptyCircle: Circle = { past: emptyPast, members: emptySketch, recent: [] };

const joined = (sketch: DistinctSketch, names: Iterable<string>): DistinctSketch =>
  sketchOf(new Set([...sketch.map(([, name]) => name), ...names]), MEMBERS);

/** The circle with what its members did in the span that ends at `t`. Values only grow, so the highest of what was heard is that of the whole span. */
function hear(circle: Circle, t: number, heard: readonly { member: string; values: readonly number[] }[]): Circle {
  const known = circle.recent.find((recent) => recent.t === t);
  const values = [...(known?.values ?? [])];
  for (const { values: mine } of heard) for (const [i, value] of mine.entries()) values[i] = Math.max(values[i] ?? 0, value);
  const members = joined(
    known?.members ?? emptySketch,
    heard.map(({ member }) => member),
  );
  const recent = [...circle.recent.filter((one) => one !== known), { t, values, members }].sort((a, b) => a.t - b.t);
  return { ...circle, recent };
}

/** The circle as it was known at `until`: everything up to then is learnt. */
function settled(circle: Circle, until: number, rules: PeerRules): Circle {
  const overflow = circle.recent.length - RECENT_LIMIT;
  const old = circle.recent.filter(({ t }, i) => t <= until || i < overflow);
  if (old.length === 0) return circle;
  const past = old.reduce((known, { t, values }) => learn(known, { day: Math.floor(t / DAY), values }, rules), circle.past);
  const names = old.flatMap(({ members }) => members.map(([, name]) => name));
  return { past, members: joined(circle.members, names), recent: circle.recent.slice(old.length) };
}

/** What a member is judged by: its circle, and what that knew at a time. */
class Judgement {
  private readonly known = new Map<number, Circle>();

  constructor(
    readonly name: string,
    private readonly circle: Circle,
    private readonly rules: PeerRules,
  ) {}

  at(until: number): Circle {
    let circle = this.known.get(until);
    if (!circle) this.known.set(until, (circle = settled(this.circle, until, this.rules)));
    return circle;
  }
}

const circleKey = (circle: string): string => `all|${circle}`;
const memberKey = (circle: string, member: string): string => `one|${circle.length}|${circle}|${member}`;

function membersDetector(rules: PeerRules): BehaviourDetector<Mine> {
  const frame = { ...rules, groupsOf: () => [] };
  return timelineDetector<Span, null>({
    ...frameOf(frame),
    keepMs: KEEP_MS,
    observe(events, kept) {
      const [first] = events;
      const member = first && rules.memberOf(first);
      if (member === undefined) return [];
      const spans = spansOf(events, rules, kept);
      for (const span of spans) span.member = member;
      return spans;
    },
    emptyBaseline: () => null,
    learn: () => null,
    judge({ moment: span, common }) {
      const judgement = common as Judgement; // given below
      const { past, members: sketch } = judgement.at(span.t - lagOf(rules));
      const members = distinctCount(sketch, MEMBERS);
      return members < rules.membersNeeded ? undefined : judgeSpan(frame, { group: judgement.name, span, past, members });
    },
  });
}

/** What a turn says of one member: the state it is left in, and its alerts as they stand in the end. */
class Outcome {
  private alerts: Map<string, Alert> | undefined;
  private withdrawn: Set<string> | undefined;

  constructor(private last: Advanced<Mine>) {
    this.take(last);
  }

  get state(): Mine | undefined {
    return this.last.state;
  }

  take(advanced: Advanced<Mine>): void {
    this.last = advanced;
    for (const key of advanced.withdrawn ?? []) {
      this.alerts?.delete(key);
      (this.withdrawn ??= new Set()).add(key);
    }
    for (const alert of advanced.alerts) {
      this.withdrawn?.delete(alert.key);
      (this.alerts ??= new Map()).set(alert.key, alert);
    }
  }

  get all(): Advanced<Mine> {
    return { ...this.last, alerts: [...(this.alerts?.values() ?? [])], withdrawn: [...(this.withdrawn ?? [])] };
  }
}

/** The events of one member in one span. */
interface Share {
  input: Input;
  member: string;
  events: ObservedEvent[];
}

/** Makes a detector of counting rules for members; its groups are the circles and the members of each. */
export function peerDetector(rules: PeerRules): BehaviourDetector {
  const one = membersDetector(rules);
  const lag = LATENESS_MS + lagOf(rules);

  /** Goes from span to span: what a span is judged by is learnt from those before it, in this turn or another. */
  function advanceCircle(name: string, input: Input, members: readonly Input[]): Map<string, Advanced<unknown>> {
    let circle = (input.state as Circle | undefined) ?? emptyCircle; // written here under the same version
    const outcomes = new Map<string, Outcome>();
    for (const [t, shares] of sharesOf(members, rules)) {
      const watermark = Math.min(input.watermark, t);
      const common = new Judgement(name, circle, rules);
      const heard = shares.map(({ input: { group, state }, member, events }) => {
        const known = outcomes.get(group);
        const advanced = one.advance({ group, state: known ? known.state : (state as Mine | undefined), events, watermark, common });
        if (known) known.take(advanced);
        else outcomes.set(group, new Outcome(advanced));
        const span = advanced.state?.entries.find(({ moment }) => moment.t === t)?.moment;
        return { member, values: span ? valuesOf(span, rules) : [] };
      });
      circle = settled(hear(circle, t, heard), watermark - lag, rules);
    }
    const all = new Map<string, Advanced<unknown>>([...outcomes].map(([group, outcome]) => [group, outcome.all]));
    return all.set(input.group, { state: settled(circle, input.watermark - lag, rules), alerts: [] });
  }

  return {
    ...one,
    groupsOf(event) {
      const circle = rules.circleOf(event);
      const member = circle === undefined ? undefined : rules.memberOf(event);
      return circle === undefined || member === undefined ? [] : [circleKey(circle), memberKey(circle, member)];
    },
    advance: () => ({ state: undefined, alerts: [] }), // never called: groups need each other
    advanceAll(inputs) {
      const members = new Map<string, Input[]>();
      for (const input of inputs) {
        const [first] = input.events;
        if (!first || !input.group.startsWith("one|")) continue;
        const circle = circleKey(rules.circleOf(first) ?? "");
        const known = members.get(circle);
        if (known) known.push(input);
        else members.set(circle, [input]);
      }
      const circles = inputs.filter(({ group }) => group.startsWith("all|"));
      return new Map(circles.flatMap((input) => [...advanceCircle(input.group.slice(4), input, members.get(input.group) ?? [])]));
    },
  } as BehaviourDetector; // its states are the circles' and the members'
}

/** The members' events by the end of the span that they fall into, the earliest first. */
function sharesOf(members: readonly Input[], rules: PeerRules): [number, Share[]][] {
  const spans = new Map<number, Share[]>();
  for (const input of members) {
    const member = rules.memberOf(input.events[0] as ObservedEvent) ?? ""; // it has events, and a member: groupsOf saw to both
    let share: (Share & { end: number }) | undefined;
    for (const event of input.events) {
      const end = (Math.floor(event.record.occurredAt / rules.spanMs) + 1) * rules.spanMs - 1;
      if (share?.end === end) share.events.push(event);
      else {
        share = { end, input, member, events: [event] };
        const known = spans.get(end);
        if (known) known.push(share);
        else spans.set(end, [share]);
      }
    }
  }
  return [...spans].sort(([a], [b]) => a - b);
}
