import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { recordAlerts } from "@/lib/incidents/record-alerts";
import { closeMail } from "@/lib/mail/smtp";
import type { Alert } from "@/lib/model/alert";
import type { EventRecord } from "@/lib/model/event";
import type { Context } from "@/lib/model/user";
import { testRoute, writeRoute } from "@/lib/notify/manage";
import { deleteGroup, writeGroup } from "@/lib/notify/manage-groups";
import { planDigests } from "@/lib/notify/plan-digests";
import { previewRoute } from "@/lib/notify/preview";
import { createSender, type Sender } from "@/lib/notify/sender";
import { LIVE } from "@/lib/store/batches";
import { inTransaction } from "@/lib/store/db";
import { newEvent } from "@/lib/store/event-rows";
import { appendEvents } from "@/lib/store/events";
import { addPerson, anAlert, NOON } from "@/test/support/alerts";
import { useDatabase } from "@/test/support/database";
import { type MailServer, parseMail, startMailServer } from "@/test/support/mail-server";

const database = useDatabase();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const at = (ms: number) => new Date(NOON + ms);
const rows = async (text: string) => (await database.owner(text)).rows;
const record = (alerts: Alert[], ms: number) =>
  inTransaction((tx) => recordAlerts(tx, alerts, { historical: false, world: "live", now: at(ms) }));
const alertAt = (n: number, ms: number, more: Partial<Alert> = {}) =>
  anAlert(`11.0.${n}.1`, { ruleId: `rule-${n}`, related: [], firstAt: NOON + ms, ...more });

let server: MailServer;
let sender: Sender;
let ctx: Context;
let ada: string;
beforeAll(async () => {
  server = await startMailServer();
  process.env.SMTP_URL = server.url;
});
beforeEach(async () => {
  await database.owner(
    `truncate incident, alert, incident_entity, incident_activity, outbox, delivery, notification_route, recipient_group, mail_stop, "user" restart identity cascade`,
  );
  ada = await addPerson(database, { email: "ada@example.com", name: "Ada" });
  ctx = { actor: { type: "user", id: ada, name: "Ada", role: "admin" }, now: at(-DAY) };
  server.arrived.length = 0;
  sender = createSender();
});
afterEach(() => closeMail());
afterAll(() => server.close());

const TO_ADA = [{ type: "address", address: "ada@example.com" }];
const add = (options: object, more: object = {}) =>
  writeRoute(ctx, { id: null, route: { name: "Mine", condition: { level: "low" }, recipients: TO_ADA, options, ...more } });
const subjects = () => server.arrived.map(({ subject }) => subject);

describe("a route", () => {
  it("sends at most one mail in its time; what came in between is in the next one, counted, and a critical one does not wait", async () => {
    await add({ everyMinutes: 30 });
    for (let n = 0; n < 5; n++) {
      await record([alertAt(n, n * MINUTE)], n * MINUTE);
      await sender.turn(at(n * MINUTE));
    }
    expect(subjects()).toHaveLength(1);
    await record([alertAt(9, 6 * MINUTE, { level: "critical" })], 6 * MINUTE);
    await sender.turn(at(6 * MINUTE));
    expect(subjects().at(-1)).toMatch(/^\[Critical\]/);
    for (let minute = 7; minute <= 40; minute++) await sender.turn(at(minute * MINUTE));
    expect(subjects()).toHaveLength(3);
    expect(subjects().at(-1)).toMatch(/^\[High\] In the meantime: 4 incidents, 48 events - /);
    expect((await parseMail(server.arrived[2]!)).text).toMatch(/4 messages are in this\s+one/);
  });

  it("is silent in its quiet hours by the reader's clock, and says afterwards what happened", async () => {
    await add({ quiet: { from: 12, to: 15 } }); // Berlin: noon UTC is 13:00
    for (let n = 0; n < 3; n++) await record([alertAt(n, n * MINUTE)], n * MINUTE);
    for (let minute = 0; minute < 60; minute += 5) await sender.turn(at(minute * MINUTE));
    expect(subjects()).toEqual([]);
    await sender.turn(at(HOUR)); // 14:00 in Berlin is still quiet
    expect(subjects()).toEqual([]);
    await sender.turn(at(2 * HOUR));
    expect(subjects()).toEqual([expect.stringMatching(/While it was quiet: 3 incidents, 36 events/)]);
    expect(await rows("select state, count(*)::int as n from outbox where kind = 'incident' group by 1")).toEqual([
      { state: "folded", n: 3 },
    ]);
  });

  it("without details sends nothing that an event, a rule or a person said, in the first mail and in all that follow", async () => {
    await add({ details: "hidden" });
    await record([alertAt(1, 0)], 0);
    await sender.turn(at(0));
    await record([alertAt(1, 0, { eventCount: 99, level: "critical" })], 5 * MINUTE);
    await sender.turn(at(5 * MINUTE));
    await database.owner("update notification_route set options = '{}'");
    await record([alertAt(1, 0, { eventCount: 999, level: "critical" })], 10 * MINUTE);
    await sender.turn(at(31 * MINUTE));
    expect(subjects()).toEqual([
      "[High] An incident needs a look - INC-1",
      "[Critical] An incident needs a look - INC-1",
      expect.stringMatching(/^Re: /),
    ]);
    for (const mail of server.arrived) {
      const { html, text } = await parseMail(mail);
      for (const said of [String(html), text ?? "", mail.raw]) expect(said).not.toMatch(/11\.0\.1\.1|rule-1|orders-api|sign-in|brute/i);
      expect(text).toContain("/incidents/INC-1");
    }
  });

  it("for an environment speaks of what happened there, as the evidence says", async () => {
    await add({}, { condition: { level: "low", environments: ["production"] } });
    const event = (ip: string, environment: string) =>
      newEvent(
        {
          id: environment,
          occurredAt: NOON,
          receivedAt: NOON,
          document: {
            id: environment,
            occurred_at: at(0).toISOString(),
            source: { ip },
            action: "x",
            direction: "inbound",
            outcome: "failure",
            environment,
          },
        } as EventRecord, // cast: what routing reads of an event
        { keyId: null, lane: LIVE },
      );
    await appendEvents([event("11.0.2.1", "production"), event("11.0.1.1", "staging")], []);
    await record([alertAt(1, 0)], 0);
    await sender.turn(at(0));
    expect(subjects()).toEqual([]);
    await record([alertAt(2, 0)], 1000);
    await sender.turn(at(1000));
    expect(subjects()).toEqual([expect.stringMatching(/INC-2$/)]);
  });

  it("to a group tells its members, those of today, and the group cannot go while a route names it", async () => {
    const group = await writeGroup(ctx, {
      id: null,
      group: { name: "On call", members: [{ type: "address", address: "one@example.com" }] },
    });
    await add({}, { recipients: [{ type: "group", id: group }, ...TO_ADA] });
    await expect(writeGroup(ctx, { id: null, group: { name: "On call", members: TO_ADA } })).rejects.toMatchObject({ code: "conflict" });
    await expect(deleteGroup(ctx, { id: group })).rejects.toMatchObject({ code: "conflict" });
    await writeGroup(ctx, { id: group, group: { name: "On call", members: [{ type: "address", address: "two@example.com" }] } });
    await record([alertAt(1, 0)], 0);
    await sender.turn(at(0));
    expect(server.arrived.map(({ to }) => to).sort()).toEqual(["ada@example.com", "two@example.com"]);
    const viewer: Context = { ...ctx, actor: { type: "user", id: ada, name: "Eve", role: "viewer" } };
    await expect(writeGroup(viewer, { id: null, group: { name: "Mine", members: TO_ADA } })).rejects.toMatchObject({ code: "forbidden" });
  });

  it("for a digest collects its incidents for addresses too, once each period, and sends nothing at once", async () => {
    await add(
      { digest: { kind: "daily", hour: 15, weekday: 1 }, zone: "Europe/Berlin" },
      { how: "digest", condition: { level: "high" }, recipients: [{ type: "address", address: "board@example.org" }] },
    );
    for (let n = 0; n < 12; n++) await record([alertAt(n, n * 1000, n === 3 ? { level: "low", title: "quiet one" } : {})], n * 1000);
    await sender.turn(at(HOUR));
    expect(subjects()).toEqual([]);
    for (let minute = 60; minute < 240; minute += 10) {
      await planDigests(at(minute * MINUTE));
      await sender.turn(at(minute * MINUTE));
    }
    const ours = server.arrived.filter(({ to }) => to === "board@example.org");
    expect(ours.map(({ subject }) => subject)).toEqual([expect.stringMatching(/^Daily: Mine: 11 open - /)]);
    const { text, html } = await parseMail(ours[0]!);
    expect(text).toContain("and 1 more on the incidents page");
    expect(`${text}${html}`).not.toContain("quiet one");
    expect(text).not.toMatch(/in numbers|What changed|could not see/);
  });

  it("shows before it is saved what it would have sent, and sends me a real one", async () => {
    const route = { name: "Mine", condition: { level: "low" }, recipients: [...TO_ADA, { type: "address", address: "out@example.com" }] };
    for (let n = 0; n < 4; n++) await record([alertAt(n, n * MINUTE)], n * MINUTE);
    const later: Context = { ...ctx, now: at(HOUR) };
    expect(await previewRoute(later, { route })).toMatchObject({ incidents: 4, looked: 4, messages: 8 });
    expect(await previewRoute(later, { route: { ...route, options: { everyMinutes: 30 } } })).toMatchObject({ messages: 4 });
    expect(await previewRoute(later, { route: { ...route, how: "digest" } })).toMatchObject({ messages: 60 });
    const id = await writeRoute(later, { id: null, route });
    expect(await testRoute(later, { id, to: "me" })).toBe(1);
    await sender.turn(at(HOUR));
    expect(server.arrived.map(({ to }) => to)).toEqual(["ada@example.com"]);
    expect((await parseMail(server.arrived[0]!)).text).toContain("This is a test");
    expect(await testRoute(later, { id, to: "everybody" })).toBe(2);
  });
});
