import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AppError } from "@/lib/errors";
import { Capacity } from "@/lib/ingest/capacity";

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
  /** Bodies of one MiB under way, one of them done every `ms`, for two seconds. */
  function work(ms: number): void {
    const held = Array.from({ length: 8 }, () => capacity.admit(MIB));
    for (const end = now + 2000; now < end; ) {
      now += ms;
      held.shift()?.release();
      held.push(capacity.admit(MIB));
    }
    for (const admission of held) admission.release();
  }

  test("what would wait longer than answers may take is refused at once, and admitted again once less is under way", () => {
    work(50); // 20 MiB a second
    const held = Array.from({ length: 10 }, () => capacity.admit(MIB));
    expect(() => held.push(capacity.admit(MIB))).not.toThrow(); // 10 under way: 0.5 s
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
    expect(() => Array.from({ length: 10 }, () => capacity.admit(MIB))).not.toThrow();
  });

  test("memory is bounded even before anything is known about speed, but one body may always come alone", () => {
    const alone = capacity.admit(200 * MIB);
    expect(refusal(() => capacity.admit(1)).code).toBe("unavailable");
    alone.release();
    const admission = capacity.admit(90 * MIB);
    expect(refusal(() => admission.grow(10 * MIB)).code).toBe("unavailable");
  });
});
