import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pack, type PackedState, unpack } from "@/lib/detection/correlation/packed";
import type { Bucket, GroupState, Hit } from "@/lib/detection/correlation/state";

const text = fc.constantFrom("", "a", "b", "198.51.100.7", "7");
const time = fc.integer({ min: 0, max: 2e12 });
const hit = fc.record(
  {
    t: time,
    i: fc.uuid(),
    r: fc.nat(3),
    v: fc.oneof(text, fc.integer(), fc.constant(0)),
    p: text,
    u: text,
    c: text,
    e: text,
    m: fc.constant([{ field: "http.path", excerpt: "../" }]),
    f: fc.dictionary(text, text),
    s: fc.constant(1 as const),
  },
  { requiredKeys: ["t", "i", "r"], noNullPrototype: true },
) as fc.Arbitrary<Hit>;
const bucket = fc.record(
  {
    k: fc.nat(),
    n: fc.nat(),
    z: time,
    h: fc.array(hit, { maxLength: 4 }),
    w: fc.tuple(fc.integer(), fc.nat()),
    g: fc.constant(1 as const),
  },
  { requiredKeys: ["k", "n", "z", "h"], noNullPrototype: true },
) as fc.Arbitrary<Bucket>;
const state: fc.Arbitrary<GroupState> = fc
  .record({
    s: fc.integer(),
    b: fc.array(bucket, { maxLength: 4 }),
    said: fc.array(fc.tuple(time, fc.nat(), time), { maxLength: 2 }),
  })
  .map((made) => ({ ...made, n: made.b.reduce((sum, { n }) => sum + n, 0) }));

const stored = (packed: PackedState): PackedState => JSON.parse(JSON.stringify(packed)) as PackedState;

describe("a group's state", () => {
  it("comes back from the database as it was", () => {
    fc.assert(
      fc.property(state, (before) => {
        expect(unpack(stored(pack(before)))).toEqual(JSON.parse(JSON.stringify(before)));
      }),
    );
  });

  it("says what its hits have in common once", () => {
    const agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.6.12 Safari/537.36";
    const hits = Array.from({ length: 20 }, (_, n): Hit => {
      return { t: 1_795_489_394_985 - n, i: `${n}`, r: 0, v: agent, p: "203.0.113.7", f: { "source.user_agent": agent } };
    });
    const packed = JSON.stringify(pack({ s: 0, b: [{ k: 7, n: 20, z: 1_795_489_394_985, h: hits }], n: 20, said: [] }));
    expect(packed.split(agent)).toHaveLength(2);
    expect(packed.length).toBeLessThan(1_200);
  });
});
