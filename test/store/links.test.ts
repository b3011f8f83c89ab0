import { beforeEach, describe, expect, it } from "vitest";
import { actOnLink, openLink } from "@/lib/incidents/act-on-link";
import { type LinkAction, makeLink } from "@/lib/incidents/links";
import { recordAlerts } from "@/lib/incidents/record-alerts";
import { inTransaction } from "@/lib/store/db";
import { addPerson, anAlert, NOON } from "@/test/support/alerts";
import { useDatabase } from "@/test/support/database";

const database = useDatabase();
const rows = async (text: string) => (await database.owner(text)).rows;
const key = "k".repeat(40);
const now = new Date(NOON);
const actions: LinkAction[] = ["acknowledge", "not_a_threat", "mute", "stop"];
const everything = () =>
  rows(`select (select json_agg(i) from incident i) as i, (select json_agg(a) from incident_activity a) as a, (select json_agg(o) from outbox o) as o,
          (select json_agg(s) from mail_stop s) as s, (select count(*) from audit_entry) as n`);

beforeEach(async () => {
  await database.owner(
    `truncate incident, alert, incident_entity, incident_activity, outbox, audit_entry, mail_stop, "user" restart identity cascade`,
  );
  await addPerson(database, { email: "ada@example.com", name: "Ada" });
  await inTransaction((tx) => recordAlerts(tx, [anAlert("203.0.113.7")], { historical: false, world: "live", now }));
});

describe("a link in a mail", () => {
  it("changes nothing when it is opened, however often", async () => {
    const before = await everything();
    for (const action of actions)
      for (let times = 0; times < 3; times++) expect((await openLink(makeLink(action, 1, { now, key }), { now, key })).refusal).toBeNull();
    expect(await everything()).toEqual(before);
  });

  it("does its one thing after a click, as the person it was sent to", async () => {
    await actOnLink(makeLink("acknowledge", 1, { now, key }), {}, { now, key });
    expect(await rows('select state, u.name from incident i join "user" u on u.id = i.assignee_id')).toEqual([
      { state: "acknowledged", name: "Ada" },
    ]);
    await actOnLink(makeLink("not_a_threat", 1, { now, key }), { verdict: "benign", reason: "load test" }, { now, key });
    expect(await rows("select state, verdict, verdict_reason from incident")).toEqual([
      { state: "resolved", verdict: "benign", verdict_reason: "load test" },
    ]);
  });

  it("works neither altered nor late, nor for a person who may only look or is locked out", async () => {
    const link = makeLink("acknowledge", 1, { now, key });
    for (const bad of [
      link.replace("a.", "n."),
      link.replace(".1.", ".2."),
      `${link}x`,
      link.slice(0, -1),
      makeLink("acknowledge", 1, { now, key: "other".repeat(9) }),
      "",
      "../x",
    ])
      await expect(actOnLink(bad, {}, { now, key })).rejects.toMatchObject({ code: "not_found" });
    await expect(actOnLink(link, {}, { now: new Date(NOON + 8 * 86_400_000), key })).rejects.toMatchObject({ code: "conflict" });
    await database.owner(`update "user" set role = 'viewer'`);
    await expect(actOnLink(link, {}, { now, key })).rejects.toMatchObject({ code: "forbidden" });
    await database.owner(`update "user" set role = 'admin', disabled_at = now()`);
    await expect(actOnLink(link, {}, { now, key })).rejects.toMatchObject({ code: "forbidden" });
    expect(await rows("select state from incident")).toEqual([{ state: "open" }]);
  });

  it("that stops the last one's mails warns the administrators", async () => {
    await actOnLink(makeLink("stop", 1, { now, key }), {}, { now, key });
    expect(await rows("select kind from mail_stop")).toEqual([{ kind: "alerts" }]);
    expect(await rows("select kind, dedupe_key ~ '^note:nobody:' as nobody from outbox where kind = 'note'")).toEqual([
      { kind: "note", nobody: true },
    ]);
  });
});
