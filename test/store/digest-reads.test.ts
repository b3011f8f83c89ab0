import { expect, it } from "vitest";
import { recordAlerts } from "@/lib/incidents/record-alerts";
import { assignIncident, resolveIncident } from "@/lib/incidents/decide";
import type { Context } from "@/lib/model/user";
import { composeDigest } from "@/lib/notify/compose-digest";
import { setRuleMode } from "@/lib/rules/change-rule";
import { chooseDigest, deleteRoute } from "@/lib/notify/manage";
import { inviteUser } from "@/lib/access/team";
import { inTransaction } from "@/lib/store/db";
import type { OutboxRow } from "@/lib/store/outbox";
import { addPerson, anAlert, NOON } from "@/test/support/alerts";
import { useDatabase } from "@/test/support/database";

const database = useDatabase();
const HOUR = 3_600_000;
const now = new Date(NOON);

it("a digest says in words what was changed, to what by name, and who settled an incident, even somebody else's", async () => {
  const [ada, ben] = [
    await addPerson(database, { email: "ada@example.com", name: "Ada Klein" }),
    await addPerson(database, { email: "ben@example.com", name: "Ben Okafor" }),
  ];
  const ctx = { actor: { type: "user", id: ada, name: "Ada Klein", role: "admin" }, now } as Context;
  await inTransaction((tx) => recordAlerts(tx, [anAlert("203.0.113.7")], { historical: false, world: "live", now }));
  await assignIncident(ctx, { number: 1, assigneeId: ben });
  await resolveIncident(ctx, { number: 1, verdict: "benign", reason: "Our own test of the week" });
  await inviteUser(ctx, { email: "vera@example.com", name: "Vera Lind", role: "viewer" });
  await setRuleMode(ctx, { id: "4a023101-1002-57a6-83a4-e95d618e740a", mode: "off" });
  await deleteRoute(ctx, { id: "00000000-0000-7000-8000-000000000001" });
  await chooseDigest(ctx, { kind: "daily", hour: 7, weekday: 1 });

  const row = {
    id: 1,
    recipient: `user:${ada}`,
    payload: { kind: "daily", from: NOON - 23 * HOUR, to: NOON + HOUR },
  } as unknown as OutboxRow;
  const reader = { recipient: `user:${ada}`, address: "ada@example.com", name: "Ada Klein", zone: "UTC" };
  const composed = await composeDigest({ row, reader, now: new Date(NOON + HOUR) });
  const text = "mail" in composed ? composed.mail.text.replace(/\s+/g, " ") : "";
  for (const said of [
    "Added a person: Vera Lind, by Ada Klein",
    "Switched a rule off: One address tries many accounts, by Ada Klein",
    "Removed a route: Administrators, by Ada Klein",
    "by Ada Klein. Our own test of the week",
  ])
    expect(text).toContain(said);
  expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/);
});
