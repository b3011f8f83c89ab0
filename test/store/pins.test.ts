import { beforeEach, describe, expect, it } from "vitest";
import { pinEvent, unpinEvent } from "@/lib/incidents/pins";
import { recordAlerts } from "@/lib/incidents/record-alerts";
import type { Context, Role } from "@/lib/model/user";
import { db, inTransaction } from "@/lib/store/db";
import { listPins } from "@/lib/store/pins";
import { dropOldEvents } from "@/lib/store/retention";
import { addPerson, anAlert, NOON } from "@/test/support/alerts";
import { useDatabase } from "@/test/support/database";
import { storeEvents } from "@/test/support/stored-events";

const database = useDatabase();
const rows = async (text: string) => (await database.owner(text)).rows;
const DAY = 86_400_000;
const THEN = NOON - 60 * DAY; // days that are not over are never dropped
let ada: string;
const as = (role: Role = "responder"): Context => ({ actor: { type: "user", id: ada, name: "Ada", role }, now: new Date(NOON + 60_000) });
const login = (id: string, more: object = {}) => ({
  id,
  occurred_at: new Date(THEN).toISOString(),
  action: "user.login",
  outcome: "failure",
  direction: "inbound",
  actor: { id: "ana@example.com" },
  source: { ip: "203.0.113.7" },
  ...more,
});

beforeEach(async () => {
  await database.owner(
    `truncate event, batch, incident, alert, incident_entity, incident_activity, pinned_event, audit_entry, "user" restart identity cascade`,
  );
  ada = await addPerson(database, { email: "ada@example.com" });
  await storeEvents(database, [login("e1"), login("e2"), login("e3")]);
  await inTransaction((tx) =>
    recordAlerts(tx, [anAlert("203.0.113.7", { firstAt: THEN, evidence: ["e1", "e2"] })], {
      historical: false,
      world: "live",
      now: new Date(NOON),
    }),
  );
});

describe("pinning an event", () => {
  it("keeps it with a note, in the log and in the audit trail, and again only changes the note", async () => {
    await pinEvent(as(), { number: 1, eventId: "e3", at: THEN, note: " the first that worked " });
    await pinEvent(as(), { number: 1, eventId: "e3", note: "the second" });
    expect(await listPins(db, 1)).toMatchObject([
      { incident: 1, id: "e3", at: THEN, note: "the second", by: "Ada", document: { action: "user.login" } },
    ]);
    expect(await rows("select kind, details ->> 'note' as note from incident_activity where kind = 'pinned' order by id")).toEqual([
      { kind: "pinned", note: "the first that worked" },
      { kind: "pinned", note: "the second" },
    ]);
    expect(await rows("select action, target_id from audit_entry limit 1")).toEqual([{ action: "incident.pinned", target_id: "INC-1" }]);
    await unpinEvent(as(), { number: 1, eventId: "e3" });
    expect(await listPins(db, 1)).toEqual([]);
    await expect(unpinEvent(as(), { number: 1, eventId: "e3" })).rejects.toMatchObject({ code: "not_found" });
    await expect(pinEvent(as(), { number: 1, eventId: "none" })).rejects.toMatchObject({ code: "not_found" });
  });

  it("is refused to those who only look, and leaves no trace", async () => {
    for (const role of ["viewer", "auditor"] as const) {
      await expect(pinEvent(as(role), { number: 1, eventId: "e3" })).rejects.toMatchObject({ code: "forbidden" });
      await expect(unpinEvent(as(role), { number: 1, eventId: "e3" })).rejects.toMatchObject({ code: "forbidden" });
    }
    expect(await rows("select 1 from audit_entry")).toHaveLength(0);
  });
});

describe("retention", () => {
  it("drops the day and keeps what was pinned, and the evidence of what is open or was real", async () => {
    await pinEvent(as(), { number: 1, eventId: "e3", note: "mine" });
    expect(await dropOldEvents(new Date(NOON), 30)).toEqual(["20260924"]);
    expect(await rows("select count(*)::int as n from event")).toEqual([{ n: 0 }]);
    expect((await listPins(db, 1)).map(({ id, by, document }) => [id, by, document.action])).toEqual([
      ["e1", "Vedette", "user.login"],
      ["e2", "Vedette", "user.login"],
      ["e3", "Ada", "user.login"],
    ]);
    await pinEvent(as(), { number: 1, eventId: "e1", note: "from the copy" });
    expect((await listPins(db, 1))[0]).toMatchObject({ id: "e1", by: "Ada", note: "from the copy" });
  });

  it("keeps nothing of its own accord for a false alarm", async () => {
    await database.owner("update incident set state = 'resolved', verdict = 'false'");
    await dropOldEvents(new Date(NOON), 30);
    expect(await listPins(db, 1)).toEqual([]);
  });
});
