import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { config } from "@/lib/config";
import { recordAlerts } from "@/lib/incidents/record-alerts";
import type { Context } from "@/lib/model/user";
import { callWebhooks } from "@/lib/notify/call-webhooks";
import { changeWebhook } from "@/lib/notify/manage";
import { deleteGroup, writeGroup } from "@/lib/notify/manage-groups";
import { postTo } from "@/lib/notify/post-webhook";
import { createSender } from "@/lib/notify/sender";
import { db, inTransaction } from "@/lib/store/db";
import { insertWebhook, type WebhookKind } from "@/lib/store/webhooks";
import { addPerson, anAlert } from "@/test/support/alerts";
import { useDatabase } from "@/test/support/database";
import { type HttpListener, startHttpListener } from "@/test/support/http-listener";

const database = useDatabase();
const rows = async (text: string) => (await database.owner(text)).rows;
const HOUR = 3_600_000;
const ID = "01939c1e-0000-7000-8000-000000000001";
const SECRET = `whsec_${Buffer.alloc(24, 9).toString("base64")}`;
const start = Date.now(); // the reference client refuses old timestamps
const at = (ms: number) => new Date(start + ms);
const record = (ip: string, more = {}) =>
  inTransaction((tx) => recordAlerts(tx, [anAlert(ip, { firstAt: start, ...more })], { historical: false, world: "live", now: at(0) }));
const admin: Context = { actor: { type: "user", id: "01939c1e-0000-7000-8000-000000000002", name: "Ada", role: "admin" }, now: at(0) };
const hook = (kind: WebhookKind, url: string, secret = SECRET) => insertWebhook(db, { id: ID, name: "Bridge", kind, url, secret }, at(0));

let listener: HttpListener;
beforeAll(async () => {
  listener = await startHttpListener();
  Object.assign(config(), { WEBHOOK_HOSTS: `127.0.0.1:${listener.port}` });
});
beforeEach(async () => {
  await database.owner(
    `truncate incident, alert, incident_entity, incident_activity, outbox, delivery, webhook, "user" restart identity cascade`,
  );
  await database.owner(`update notification_route set recipients = '[{"type":"webhook","id":"${ID}"}]'`);
  Object.assign(listener, { answer: 200, location: undefined });
  listener.calls.length = 0;
});
afterAll(() => listener.close());

describe("a webhook", () => {
  it("gets each thing once, signed as the reference client verifies it, and the same id when it is sent again", async () => {
    await hook("standard", `${listener.url}/in`);
    await record("203.0.113.7");
    listener.answer = 500;
    expect(await callWebhooks(at(0))).toMatchObject({ failed: 1, sent: 0 });
    listener.answer = 204;
    await Promise.all([callWebhooks(at(120_000)), callWebhooks(at(120_000))]);
    await callWebhooks(at(240_000));
    const [first, second] = listener.calls;
    expect(listener.calls).toHaveLength(2);
    expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
    const said = new Webhook(SECRET).verify(second?.body ?? "", second?.headers ?? {});
    expect(said).toMatchObject({ type: "incident.opened", data: { name: "INC-1", level: "high", event_count: 12 } });
    expect(await rows("select state, attempts from outbox")).toEqual([{ state: "sent", attempts: 2 }]);
  });

  it("of each other kind gets the shape that kind takes", async () => {
    const addresses = { slack: "203.0.113.7", teams: "198.51.100.7", pagerduty: "192.0.2.7", opsgenie: "11.0.0.7" };
    for (const [kind, needle] of [
      ["slack", /"blocks":\[/],
      ["teams", /"AdaptiveCard"/],
      ["pagerduty", /"event_action":"trigger"/],
      ["opsgenie", /"alias":"vedette-INC-/],
    ] as const) {
      await database.owner("delete from webhook");
      await hook(kind, `${listener.url}/${kind}`, "the-key");
      await record(addresses[kind], { ruleId: kind, related: [] });
      await callWebhooks(at(0));
      const call = listener.calls.at(-1);
      expect(call).toMatchObject({ method: "POST", path: `/${kind}` });
      expect(call?.body).toMatch(needle);
      if (kind === "opsgenie") expect(call?.headers.authorization).toBe("GenieKey the-key");
      else expect(call?.headers.authorization).toBeUndefined();
    }
  });

  it("that redirects is not followed: the secret inner address behind it is never called", async () => {
    const inner = await startHttpListener();
    await hook("slack", `${listener.url}/r`);
    await record("203.0.113.7");
    Object.assign(listener, { answer: 307, location: `${inner.url}/latest/meta-data` });
    expect(await callWebhooks(at(0))).toMatchObject({ failed: 1 });
    expect(inner.calls).toHaveLength(0);
    await inner.close();
  });

  it("on an inner host that is not listed is never called", async () => {
    const inner = await startHttpListener();
    await hook("slack", inner.url.replace("http:", "https:"));
    await record("203.0.113.7");
    expect(await callWebhooks(at(0))).toMatchObject({ failed: 1 });
    expect(inner.calls).toHaveLength(0);
    expect((await rows("select response from delivery"))[0].response).toMatch(/private network/);
    await inner.close();
  });

  it("is called at the address that was checked, whatever its name means by then", async () => {
    const url = new URL(`http://rebound.invalid:${listener.port}/pinned`);
    expect(await postTo({ url, address: "127.0.0.1", family: 4 }, "{}", {})).toMatchObject({ status: 200 });
    expect(listener.calls[0]).toMatchObject({ path: "/pinned", headers: { host: `rebound.invalid:${listener.port}` } });
  });

  it("is tried over three days ever more slowly, then switched off, and the incident goes to the administrators", async () => {
    await addPerson(database, { email: "ada@example.com" });
    await hook("standard", `${listener.url}/in`);
    await record("203.0.113.7");
    listener.answer = 503;
    for (let hour = 0; hour <= 80; hour += 0.5) await callWebhooks(at(hour * HOUR));
    expect(listener.calls.length).toBeGreaterThan(20);
    expect(listener.calls.length).toBeLessThan(160);
    expect(await rows("select disabled_reason from webhook")).toEqual([
      { disabled_reason: expect.stringMatching(/^It failed for three days/) },
    ]);
    expect(await rows("select kind, channel, reason, state from outbox order by id")).toEqual([
      { kind: "incident", channel: "webhook", reason: "opened", state: "dead" },
      { kind: "note", channel: "mail", reason: "note", state: "waiting" },
      { kind: "incident", channel: "mail", reason: "opened", state: "waiting" },
    ]);
    expect(await createSender().turn(at(81 * HOUR))).toMatchObject({ sent: 2 });
    const [mail] = await rows("select text from delivery where subject like '%INC-1'");
    expect(mail.text).toMatch(/could\s+not\s+reach\s+the\s+webhook\s+Bridge/);
  });

  it("that says 410 Gone is switched off at once, and what comes later goes to the administrators", async () => {
    await addPerson(database, { email: "ada@example.com" });
    await hook("standard", `${listener.url}/in`);
    await record("203.0.113.7");
    listener.answer = 410;
    await callWebhooks(at(0));
    await record("198.51.100.1", { ruleId: "other", related: [] });
    await callWebhooks(at(1000));
    expect(listener.calls).toHaveLength(1);
    expect(await rows("select count(*)::int as n from outbox where channel = 'mail' and kind = 'incident'")).toEqual([{ n: 2 }]);
  });

  it("cannot go while a route or a group names it", async () => {
    await hook("standard", `${listener.url}/in`);
    await expect(changeWebhook(admin, { id: ID, to: "removed" })).rejects.toThrow(/^The route .+ tells this webhook/);
    await database.owner(`update notification_route set recipients = '[{"type":"role","role":"admin"}]'`);
    const group = await writeGroup(admin, { id: null, group: { name: "Bridges", members: [{ type: "webhook", id: ID }] } });
    await expect(changeWebhook(admin, { id: ID, to: "removed" })).rejects.toThrow(/^The group .Bridges. names this webhook/);
    await deleteGroup(admin, { id: group });
    await changeWebhook(admin, { id: ID, to: "removed" });
    expect(await rows("select id from webhook")).toEqual([]);
    expect(await rows("select action from audit_entry where action like 'webhook%'")).toEqual([{ action: "webhook.delete" }]);
  });

  it("that hangs holds up no mail", async () => {
    await addPerson(database, { email: "ada@example.com" });
    await hook("slack", `${listener.url}/slow`);
    await database.owner(`update notification_route set recipients = '[{"type":"webhook","id":"${ID}"},{"type":"role","role":"admin"}]'`);
    listener.answer = "hang";
    await record("203.0.113.7");
    const calling = callWebhooks(at(0));
    expect(await createSender().turn(at(0))).toMatchObject({ sent: 1 });
    expect(await rows("select channel from outbox where state = 'sent'")).toEqual([{ channel: "mail" }]);
    listener.hangUp();
    expect(await calling).toMatchObject({ failed: 1 });
  });
});
