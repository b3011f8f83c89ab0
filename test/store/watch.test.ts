import { beforeEach, describe, expect, it } from "vitest";
import { createWatch } from "@/lib/notify/watch";
import { addPerson, NOON } from "@/test/support/alerts";
import { useDatabase } from "@/test/support/database";

const database = useDatabase();
const at = (seconds: number): Date => new Date(NOON + seconds * 1000);
const beat = (role: string, seconds: number) =>
  database.owner(
    `insert into heartbeat (process, role, host, version, started_at, seen_at, details)
     values ('${role}@a:1', '${role}', 'a', 'v20', '${at(0).toISOString()}', '${at(seconds).toISOString()}', '{}')
     on conflict (process) do update set seen_at = excluded.seen_at`,
  );
const notes = async () =>
  (await database.owner("select payload->>'title' as title from outbox order by id")).rows.map(({ title }) => title);

describe.each(["worker", "web"] as const)("a watch over the %s processes", (role) => {
  beforeEach(async () => {
    await database.owner(`truncate outbox, heartbeat, "user" restart identity cascade`);
    await addPerson(database, { email: "ada@example.com" });
  });

  it("tells the administrators once when they stopped, and again when they stop again", async () => {
    const watch = createWatch(role);
    await beat(role, 0);
    expect(await watch.turn(at(30))).toBe(false);
    expect(await watch.turn(at(70))).toBe(false);
    expect(await watch.turn(at(100))).toBe(true);
    expect(await watch.turn(at(130))).toBe(true);
    expect(await notes()).toEqual([role === "web" ? "Vedette's web server has stopped" : "Vedette's workers have stopped"]);
    await beat(role, 200);
    expect(await watch.turn(at(210))).toBe(false);
    for (const seconds of [300, 330]) await watch.turn(at(seconds));
    expect(await notes()).toHaveLength(2);
  });

  it("does not cry after the machine slept, nor for what was never there", async () => {
    const watch = createWatch(role);
    expect(await watch.turn(at(0))).toBe(false);
    await beat(role, 0);
    expect(await watch.turn(at(3600))).toBe(false);
    await beat(role, 3601);
    expect(await watch.turn(at(3630))).toBe(false);
    expect(await notes()).toEqual([]);
  });
});
