import { beforeEach, describe, expect, it } from "vitest";
import { readOwnExits, removeOwnExit, writeOwnExit } from "@/lib/access/own-exits";
import type { Context, Role } from "@/lib/model/user";
import { addPerson } from "@/test/support/alerts";
import { useDatabase } from "@/test/support/database";
import { eventAt, NOON } from "@/test/support/detection";
import { storeEvents } from "@/test/support/stored-events";
import { detectEvents } from "@/workers/detect-events";

const database = useDatabase();
const rows = async (text: string) => (await database.owner(text)).rows;
let ana: string;
let tick = 0;
const by = (role: Role = "admin"): Context => ({ actor: { type: "user", id: ana, name: "Ana", role }, now: new Date(NOON + tick++) });
const add = (name: string, network: string) => writeOwnExit(by(), { id: null, name, network });

beforeEach(async () => {
  await database.owner(
    `truncate incident, alert, incident_entity, incident_activity, outbox, event, batch, detection_state, detection_world, setting, audit_entry, "user" restart identity cascade`,
  );
  ana = await addPerson(database, { email: "ana@example.com", name: "Ana" });
});

describe("exits of the organisation", () => {
  it("are added, changed and removed by an administrator, each on record, and by nobody else", async () => {
    await add("VPN Frankfurt", "198.51.100.7");
    const [exit] = await readOwnExits(by("viewer"));
    expect(exit).toMatchObject({ name: "VPN Frankfurt", network: "198.51.100.7/32", addedBy: "Ana" });
    const id = exit?.id ?? "";
    await writeOwnExit(by(), { id, name: "VPN Frankfurt", network: "198.51.100.0/24" });
    expect(await readOwnExits(by())).toHaveLength(1);
    for (const role of ["viewer", "responder", "auditor"] as const) {
      await expect(writeOwnExit(by(role), { id: null, name: "x", network: "192.0.2.1" })).rejects.toMatchObject({ code: "forbidden" });
      await expect(removeOwnExit(by(role), { id })).rejects.toMatchObject({ code: "forbidden" });
    }
    await removeOwnExit(by(), { id });
    await expect(removeOwnExit(by(), { id })).rejects.toMatchObject({ code: "not_found" });
    expect(await readOwnExits(by())).toEqual([]);
    expect(await rows("select action, before ->> 'network' as before, after ->> 'network' as after from audit_entry order by id")).toEqual([
      { action: "own_exit.create", before: null, after: "198.51.100.7/32" },
      { action: "own_exit.update", before: "198.51.100.7/32", after: "198.51.100.0/24" },
      { action: "own_exit.remove", before: "198.51.100.0/24", after: null },
    ]);
  });

  it("that cannot be read, or lie in one another, are refused by field", async () => {
    await expect(add(" ", "10.0.0.1")).rejects.toMatchObject({
      details: { problems: [{ pointer: "/name" }, { pointer: "/network", detail: expect.stringMatching(/not a public address/) }] },
    });
    await add("Office", "198.51.100.0/24");
    await expect(add("VPN", "198.51.100.7")).rejects.toThrow("198.51.100.7/32 is inside Office (198.51.100.0/24) already.");
    await expect(add("All", "198.51.0.0/16")).rejects.toThrow("takes in Office");
    expect(await rows("select count(*)::int as n from audit_entry")).toEqual([{ n: 1 }]);
  });

  it("are known to a worker that runs already, from its next turn on", async () => {
    let batch = 0;
    const office = async () => {
      const start = batch++ * 7200;
      const failures = Array.from({ length: 12 }, (_, i) =>
        eventAt(
          start + i * 5,
          { action: "user.login", outcome: "failure", service: "auth", source: { ip: "198.51.100.7" }, actor: { id: `u${i}` } },
          `o${batch}-${i}`,
        ),
      );
      await storeEvents(
        database,
        failures.map(({ document }) => document as never),
      );
      await detectEvents(new Date(NOON + (start + 600) * 1000));
    };
    const stuffing = () => rows("select key from alert where family = 'credential_stuffing' order by key");
    await office();
    const before = await stuffing();
    expect(before.length).toBeGreaterThan(0);
    await add("Office", "198.51.100.0/24");
    await office();
    expect(await stuffing()).toEqual(before);
    await removeOwnExit(by(), { id: (await readOwnExits(by()))[0]?.id ?? "" });
    await office();
    expect((await stuffing()).length).toBeGreaterThan(before.length);
  });
});
