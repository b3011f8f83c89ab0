import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AppError } from "@/lib/errors";
import { type Admission, Capacity } from "@/lib/ingest/capacity";

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

let now = 0;
let space: { free: number; total: number } | undefined;
let capacity: Capacity;

beforeEach(() => {
  vi.useFakeTimers();
  now = 0;
  space = undefined;
  capacity = new Capacity("/data", { spaceOf: async () => space, now: () => now });
});
afterEach(() => {
  capacity.close();
  vi.useRealTimers();
});

const refusal = (work: () => unknown): AppError => {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error("it was not refused");
};

describe("the floor of the disk", () => {
  test.each([
    ["under a tenth", { free: 9 * GIB, total: 100 * GIB }],
    ["under one GiB", { free: GIB - 1, total: 2 * GIB }],
  ])("%s: refused with a time to come back, taken in again when there is space, without a restart", async (_, low) => {
    space = low;
    await vi.advanceTimersByTimeAsync(2000);
    const refused = refusal(() => capacity.admit(1));
    expect(refused.code).toBe("unavailable");
    expect(refused.details.retryAfterSeconds).toBe(30);
    space = { free: 50 * GIB, total: 100 * GIB };
    await vi.advanceTimersByTimeAsync(2000);
    expect(() => capacity.admit(1)).not.toThrow();
  });

  test("a disk that tells nothing has no floor", async () => {
    await vi.advanceTimersByTimeAsync(2000);
    expect(() => capacity.admit(1)).not.toThrow();
  });
});

describe("more than can be done", () => {
  /** Bodies of one MiB under way, as many as are let in up to eight, one of them done every `ms`, for two seconds. */
  function work(ms: number): void {
    const held: Admission[] = [];
    const fill = () => {
      try {
        while (held.length < 8) held.push(capacity.admit(MIB));
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
      }
    };
    fill();
    for (const end = now + 2000; now < end; ) {
      now += ms;
      held.shift()?.release();
      fill();
    }
    for (const admission of held) admission.release();
  }

  test("what would wait longer than answers may take is refused at once, and admitted again once less is under way", () => {
    work(50); // 20 MiB a second
    const held = Array.from({ length: 7 }, () => capacity.admit(MIB));
    expect(() => held.push(capacity.admit(MIB))).not.toThrow(); // 7 under way: 0.35 s
    const refused = refusal(() => capacity.admit(MIB));
    expect(refused.details.retryAfterSeconds).toBe(1);
    for (const admission of held.splice(0, 5)) admission.release();
    expect(() => capacity.admit(MIB)).not.toThrow();
  });

  test("a time with little to do is not taken for slowness", () => {
    work(50);
    for (let request = 0; request < 100; request++) {
      const admission = capacity.admit(1000);
      now += 100;
      admission.release();
    }
    expect(() => Array.from({ length: 8 }, () => capacity.admit(MIB))).not.toThrow();
  });

  test("a slow commit among few bytes is a hiccup", () => {
    work(50);
    const held = Array.from({ length: 6 }, () => capacity.admit(MIB));
    now += 500; // nothing was done meanwhile
    held.shift()?.release();
    expect(() => capacity.admit(MIB)).not.toThrow();
  });

  test("a machine that is slow for seconds takes in only what it can do in one, and more at once when it is quick again", () => {
    for (let round = 0; round < 10; round++) work(1000); // 1 MiB a second
    const admission = capacity.admit(MIB);
    expect(refusal(() => capacity.admit(MIB)).code).toBe("unavailable");
    admission.release();
    for (let round = 0; round < 10; round++) {
      const admission = capacity.admit(MIB / 2);
      now += 30;
      admission.release();
    }
    expect(() => Array.from({ length: 8 }, () => capacity.admit(MIB))).not.toThrow();
  });

  test("memory is bounded even before anything is known about speed, but one body may always come alone", () => {
    const alone = capacity.admit(200 * MIB);
    expect(refusal(() => capacity.admit(1)).code).toBe("unavailable");
    alone.release();
    capacity.admit(1).receive(1);
    const admission = capacity.admit(90 * MIB);
    admission.receive(90 * MIB);
    expect(refusal(() => admission.whole(10 * MIB)).code).toBe("unavailable");
  });
});

describe("senders that are slow", () => {
  test("what they announced is kept free for a second, then they hold only what came, and nobody waits for them", () => {
    const slow = Array.from({ length: 15 }, () => capacity.admit(MIB / 2));
    expect(refusal(() => capacity.admit(MIB)).code).toBe("unavailable");
    now += 1000;
    for (const admission of slow) admission.receive(40 * 1024);
    expect(refusal(() => capacity.admit(MIB)).code).toBe("unavailable"); // they send
    now += 1000;
    expect(() => capacity.admit(MIB).release()).not.toThrow();
    for (const admission of slow) admission.receive(MIB / 4 - 40 * 1024);
    expect(() => capacity.admit(MIB).release()).not.toThrow(); // not yet work
    for (const admission of slow) admission.receive(MIB / 4);
    for (const admission of slow) admission.whole();
    expect(refusal(() => capacity.admit(MIB)).code).toBe("unavailable"); // all of it is here now, and waits to be stored
    for (const admission of slow) admission.release();
    expect(() => capacity.admit(90 * MIB)).not.toThrow();
  });

  test("what they send is bounded all the same", () => {
    const slow = Array.from({ length: 100 }, () => {
      now += 1000;
      return capacity.admit(10 * MIB);
    });
    const sent = slow.filter((admission) => {
      try {
        admission.receive(MIB);
        return true;
      } catch {
        admission.release();
        return false;
      }
    });
    expect(sent.length).toBeLessThanOrEqual(96);
    expect(sent.length).toBeGreaterThan(80);
  });

  test("of those whom we do not know yet, only what came counts, and little of it", () => {
    const strangers = Array.from({ length: 100 }, () => capacity.admit(20 * MIB, { known: false }));
    expect(() => capacity.admit(MIB).release()).not.toThrow();
    for (const admission of strangers.slice(0, 16)) admission.receive(MIB);
    expect(refusal(() => strangers.at(-1)?.receive(MIB)).code).toBe("unavailable");
    expect(() => capacity.admit(MIB).release()).not.toThrow(); // a known sender comes in beside them
    strangers[0]?.whole();
    expect(() => strangers.at(-2)?.receive(MIB)).not.toThrow(); // one of them is known now
  });

  test("property: whatever is received, inflated and given up in whatever order, nothing is held when all is answered", () => {
    const step = fc.record({ body: fc.nat(9), what: fc.constantFrom("receive", "whole", "release", "wait"), bytes: fc.nat(20 * MIB) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }), (steps, known) => {
        const mine = new Capacity("/data", { spaceOf: async () => undefined, now: () => now });
        const open = new Map<number, Admission>();
        for (const { body, what, bytes } of steps)
          try {
            if (what === "wait") now += 700;
            else if (!open.has(body)) open.set(body, mine.admit(bytes, { known: known[body] ?? true }));
            else if (what === "receive") open.get(body)?.receive(bytes);
            else {
              if (what === "whole") open.get(body)?.whole(bytes);
              open.get(body)?.release();
              open.delete(body);
            }
          } catch (error) {
            if (!(error instanceof AppError)) throw error;
            open.get(body)?.release();
            open.delete(body);
          }
        for (const admission of open.values()) admission.release();
        expect(mine.held).toEqual({ bytes: 0, ofStrangers: 0, queued: 0 });
        mine.close();
      }),
    );
  });
});
