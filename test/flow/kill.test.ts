/**
 * "Acknowledged means committed", by killing. KILLS sets how many kills each run has (default 3: one of each process), SEED when they come; 50 kills of each
 * process: `KILLS=150 SEED=1 npx vitest run --project flow test/flow/kill.test.ts`.
 */
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { chanceOf } from "@/lib/simulate/chance";
import { type HouseOptions, OwnHouse } from "@/test/support/own-house";
import { until } from "@/test/support/until";

const KILLS = Number(process.env.KILLS ?? 3);
const SEED = Number(process.env.SEED ?? Date.now() % 100_000);
const PATIENCE_MS = 240_000;

let house: OwnHouse | undefined;
afterEach(async () => {
  await house?.close();
  house = undefined;
});

/** Ordinary requests, and every hundredth from somebody who guesses passwords. Times end at `base`. */
function eventsUntil(base: number, count: number): { id: string }[] {
  const chance = chanceOf(5);
  return Array.from({ length: count }, (_, index) => {
    const occurred_at = new Date(base - 120_000 + Math.floor((index / count) * 120_000)).toISOString();
    const id = `kill-${index}`;
    if (index % 100 === 7) {
      const attacker = Math.floor(index / 100) % 4;
      return {
        id,
        occurred_at,
        action: "user.login",
        outcome: "failure",
        reason: "bad_password",
        service: "auth",
        actor: { id: `victim-${attacker}` },
        source: { ip: `198.51.100.${attacker + 1}` },
      };
    }
    const person = Math.floor(chance.next() * 500);
    return {
      id,
      occurred_at,
      action: "http.request",
      service: "orders",
      actor: { id: `u_${person}` },
      source: { ip: `203.0.113.${person % 200}` },
      http: { method: "GET", path: `/v1/orders/${index}`, status: 200 },
    };
  });
}

interface Load {
  events: readonly { id: string }[];
  batch: number;
  /** Called with the number of acknowledged events after each acknowledgement. */
  onAck?: (acked: number) => void;
}

/** Sends every batch until it is acknowledged, as a well-behaved client does; the acknowledged ids. */
async function sendAll(target: OwnHouse, { events, batch, onAck }: Load): Promise<Set<string>> {
  const batches = Array.from({ length: Math.ceil(events.length / batch) }, (_, index) => events.slice(index * batch, (index + 1) * batch));
  const acked = new Set<string>();
  const sender = async () => {
    for (let next = batches.shift(); next; next = batches.shift()) {
      for (const { id } of await sendUntilAcked(target, next)) acked.add(id);
      onAck?.(acked.size);
    }
  };
  await Promise.all([sender(), sender(), sender(), sender()]);
  return acked;
}

async function sendUntilAcked(target: OwnHouse, events: readonly { id: string }[]): Promise<{ id: string }[]> {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await wait(50)) {
    const response = await fetch(`http://127.0.0.1:${target.port}/api/v1/events`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${target.secret}` },
      body: JSON.stringify(events),
    }).catch(() => undefined); // killed under our hands
    const answer = await response?.json().catch(() => undefined);
    if (response === undefined || answer === undefined || response.status === 503) continue;
    expect(response.status, JSON.stringify(answer).slice(0, 500)).toBe(200);
    expect(answer.rejected, JSON.stringify(answer).slice(0, 500)).toBe(0);
    return answer.results;
  }
  throw new Error("a batch was never acknowledged");
}

/** Kills one process after the other while a load runs, at moments that the seed decides. */
function killer(
  target: OwnHouse,
  total: number,
  kills: readonly (() => Promise<void>)[],
): { onAck: (acked: number) => void; done: () => Promise<void> } {
  const chance = chanceOf(SEED);
  const moments = kills.map((kill, index) => ({ kill, at: ((index + chance.next()) / kills.length) * total * 0.9 }));
  let running: Promise<void> = Promise.resolve();
  return {
    onAck: (acked) => {
      while (moments[0] && acked >= moments[0].at) {
        const { kill } = moments.shift() as (typeof moments)[number]; // just looked at
        running = running.then(kill);
      }
    },
    done: () => running,
  };
}

const storedIds = async (target: OwnHouse): Promise<string[]> => (await target.query("select id from event")).rows.map((row) => row.id);

/** Everything that came is looked at by detection, and nothing moves any more. */
const quiet = (target: OwnHouse) =>
  until(async () => {
    const { rows } = await target
      .query("select count(*)::int as n from batch where detected_at is null")
      .catch(() => ({ rows: [{ n: 1 }] }));
    return rows[0]?.n === 0;
  }, PATIENCE_MS);

/** The alerts, as two runs can be compared by. */
async function alertsOf(target: OwnHouse): Promise<string[]> {
  const { rows } = await target.query("select key, event_count::int as events, level from alert order by key");
  return rows.map(({ key, events, level }) => `${key} ${events} ${level}`).sort();
}

describe(`killed during a load (seed ${SEED}, ${KILLS} kills)`, () => {
  it("every acknowledged event is stored exactly once, nothing else is, and the alerts are those of a quiet run", async () => {
    const count = 20_000;
    house = await OwnHouse.open({ worker: true });
    const events = eventsUntil(Date.now(), count); // the same in both runs: the second comes a few minutes later, inside the lateness bound
    await sendAll(house, { events, batch: 100 });
    await quiet(house);
    const expected = await alertsOf(house);
    expect(expected.length).toBeGreaterThan(0);
    await house.close();

    house = await OwnHouse.open({ worker: true });
    const target = house;
    const ways = [() => target.killWeb(), () => target.killWorker(), () => target.killPostgres()];
    const { onAck, done } = killer(
      target,
      count,
      Array.from({ length: KILLS }, (_, index) => ways[index % 3] as () => Promise<void>),
    ); // of three
    const acked = await sendAll(target, { events, batch: 100, onAck });
    await done();
    await quiet(target);
    const stored = await storedIds(target);
    expect(acked.size).toBe(count);
    expect(stored).toHaveLength(count);
    expect(new Set(stored)).toEqual(acked);
    expect(await alertsOf(target)).toEqual(expected);
    const { rows } = await target.query("select sum(items)::int as items from outcome_minute where outcome = 'accepted'");
    expect(rows[0].items).toBe(count);
  }, 600_000);
});

describe("the harness sees a fault that is planted", () => {
  /** Acknowledged events that are not there after a few kills. */
  async function lossWith(options: HouseOptions, kill: (target: OwnHouse) => Promise<void>): Promise<number> {
    house = await OwnHouse.open(options);
    const target = house;
    const count = 3000;
    const { onAck, done } = killer(
      target,
      count,
      Array.from({ length: 4 }, () => () => kill(target)),
    );
    const acked = await sendAll(target, { events: eventsUntil(Date.now(), count), batch: 25, onAck });
    await done();
    const stored = new Set(await storedIds(target));
    return [...acked].filter((id) => !stored.has(id)).length;
  }

  it("the answer before COMMIT loses events when web is killed", async () => {
    expect(await lossWith({ environment: { ACK: "early" } }, (target) => target.killWeb())).toBeGreaterThan(0);
  }, 300_000);

  it("synchronous_commit=off loses events when PostgreSQL is killed", async () => {
    // the writer's delay only makes the window of loss certain, it does not make it
    const settings = { synchronous_commit: "off", wal_writer_delay: "10s" };
    expect(await lossWith({ settings }, (target) => target.killPostgres())).toBeGreaterThan(0);
  }, 300_000);

  it("and with neither, the same kills lose nothing", async () => {
    expect(await lossWith({}, (target) => target.killPostgres())).toBe(0);
  }, 300_000);
});
