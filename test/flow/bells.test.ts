import { afterEach, describe, expect, it } from "vitest";
import { answer, closeQueue, countWaiting, ring } from "@/lib/queue/bells";
import { useDatabase } from "@/test/support/database";
import { until } from "@/test/support/until";

const database = useDatabase();
const HOUR = 3_600_000;
let open: { close(): Promise<void> } | undefined;

afterEach(async () => {
  await open?.close();
  open = undefined;
});

describe(`bells on ${process.env.TEST_QUEUE_URL ? "Redis" : "PostgreSQL"}`, () => {
  it("a ring leads to a turn soon, without waiting for the tick", async () => {
    let turns = 0;
    open = answer("detect", async () => void turns++, { everyMs: HOUR });
    await until(() => turns === 1); // the first turn needs no ring
    await ring("detect");
    await until(() => turns === 2);
  });

  it("a ring that comes while a turn runs leads to one more turn", async () => {
    let turns = 0;
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    open = answer("notify", async () => void (turns++ === 0 && (await held)), { everyMs: HOUR });
    await until(() => turns === 1);
    await ring("notify");
    await until(async () => (await countWaiting()).notify === 0); // picked up, and waiting for the running turn
    release();
    await until(() => turns === 2);
  });

  it("a thousand rings at once cost a few turns", async () => {
    let turns = 0;
    open = answer("upkeep", async () => void turns++, { everyMs: HOUR });
    await until(() => turns === 1);
    await Promise.all(Array.from({ length: 1000 }, () => ring("upkeep")));
    await until(() => turns >= 2);
    expect(turns).toBeLessThan(10);
  });

  it("a turn that fails is tried again at the next tick", async () => {
    let turns = 0;
    const failing = async () => {
      turns++;
      if (turns < 3) throw new Error("not yet");
    };
    open = answer("detect", failing, { everyMs: 20 });
    await until(() => turns >= 4);
  });

  it("without any ring at all, the tick finds the work", async () => {
    let turns = 0;
    open = answer("upkeep", async () => void turns++, { everyMs: 20 });
    await until(() => turns > 3);
  });
});

describe("ringing", () => {
  it("never fails, even with the queue out of reach", async () => {
    await closeQueue();
    await database.owner("revoke usage on schema bullmq from vedette_app");
    await expect(ring("detect")).resolves.toBeUndefined();
    await database.owner("grant usage on schema bullmq to vedette_app");
    await closeQueue();
  });
});
