import { fork } from "node:child_process";
import { createHash, generateKeyPairSync, type KeyObject, verify } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { config } from "@/lib/config";
import { recordAlerts } from "@/lib/incidents/record-alerts";
import { closeMail } from "@/lib/mail/smtp";
import type { Alert } from "@/lib/model/alert";
import { createSender, type Sender } from "@/lib/notify/sender";
import { db, inTransaction } from "@/lib/store/db";
import { judgeHealth } from "@/lib/model/health";
import { listMailHours, listMailRefusals } from "@/lib/store/deliveries";
import { readHealthFacts } from "@/lib/store/health-reads";
import { addPerson, anAlert, NOON } from "@/test/support/alerts";
import { makeCertificate } from "@/test/support/certificate";
import { useDatabase } from "@/test/support/database";
import { type MailServer, parseMail, startMailServer } from "@/test/support/mail-server";
import { until } from "@/test/support/until";

const database = useDatabase();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const at = (ms: number) => new Date(NOON + ms);
const record = (alerts: Alert[], now: Date) => inTransaction((tx) => recordAlerts(tx, alerts, { historical: false, world: "live", now }));
const rows = async (text: string) => (await database.owner(text)).rows;

/** Verifies a DKIM signature (RFC 6376, relaxed/relaxed, RSA-SHA256) as a receiver does, apart from the look-up of the key. */
function dkimHolds(raw: string, key: KeyObject): boolean {
  const [head = "", ...rest] = raw.split("\r\n\r\n");
  const headers = head.split(/\r\n(?![ \t])/);
  const relaxed = (header: string) => {
    const colon = header.indexOf(":");
    return `${header.slice(0, colon).toLowerCase().trim()}:${header
      .slice(colon + 1)
      .replace(/\s+/g, " ")
      .trim()}`;
  };
  const signature = headers.find((header) => /^DKIM-Signature:/i.test(header)) ?? "";
  const tags = new Map(
    signature
      .slice(signature.indexOf(":") + 1)
      .split(";")
      .map((tag): [string, string] => [tag.split("=")[0]?.trim() ?? "", tag.slice(tag.indexOf("=") + 1).replace(/\s+/g, "")]),
  );
  const body = rest
    .join("\r\n\r\n")
    .split("\r\n")
    .map((line) => line.replace(/[ \t]+/g, " ").trimEnd())
    .join("\r\n")
    .replace(/(\r\n)*$/, "\r\n");
  if (createHash("sha256").update(body).digest("base64") !== tags.get("bh")) return false;
  const named = (tags.get("h") ?? "")
    .split(":")
    .flatMap((name) => headers.findLast((each) => each.toLowerCase().startsWith(`${name.toLowerCase()}:`)) ?? []);
  const signed = [...named.map(relaxed), relaxed(signature.replace(/([;\s]b=)[^;]*/, "$1"))].join("\r\n");
  return verify("sha256", Buffer.from(signed), key, Buffer.from(tags.get("b") ?? "", "base64"));
}

let server: MailServer;
let sender: Sender;

/** Ticks every `stepMs` of written time, as the worker's clock would. */
async function tick(from: number, to: number, stepMs: number): Promise<void> {
  for (let ms = from; ms <= to; ms += stepMs) await sender.turn(at(ms));
}

beforeAll(async () => {
  server = await startMailServer();
  process.env.SMTP_URL = server.url;
});
beforeEach(async () => {
  await database.owner(`truncate incident, alert, incident_entity, incident_activity, outbox, delivery, "user" restart identity cascade`);
  await database.owner(`update notification_route set recipients = '[{"type":"role","role":"admin"}]'`);
  await addPerson(database, { email: "ada@example.com", name: "Ada" });
  server.arrived.length = 0;
  server.mood = "accept";
  sender = createSender();
});
afterEach(() => closeMail());
afterAll(() => server.close());

describe("a mail", () => {
  it("says what happened, to whom, in the reader's zone, with links that only open pages", async () => {
    await record([anAlert("203.0.113.7")], at(MINUTE));
    expect(await sender.turn(at(MINUTE))).toMatchObject({ sent: 1, failed: 0 });
    const [mail] = server.arrived;
    expect(mail).toMatchObject({ to: "ada@example.com", subject: "[High] 12 failed sign-ins from 203.0.113.7 on orders-api - INC-1" });
    const parsed = await parseMail(mail!);
    expect(parsed.text).toContain("Mon 23 Nov 2026, 13:00:00 to 13:01:00 UTC+1");
    expect(parsed.text).toMatch(/Acknowledge \(asks you to confirm\):\nhttp:\/\/localhost:4600\/act\/a\./);
    expect(String(parsed.html)).toContain("12 failed sign-ins from");
    expect(parsed.headers.get("auto-submitted")).toBe("auto-generated");
    expect(mail?.raw).toMatch(/^List-Unsubscribe: <http/m);
    expect(mail?.raw).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click/m);
  });

  it("comes once however often the bell rings, and again only when it is worse, with the thread kept", async () => {
    await record([anAlert("203.0.113.7")], at(0));
    await Promise.all([sender.turn(at(0)), createSender().turn(at(0)), createSender().turn(at(0))]);
    await record([anAlert("203.0.113.7", { eventCount: 50 })], at(MINUTE));
    await sender.turn(at(2 * MINUTE));
    expect(server.arrived).toHaveLength(1);
    await record([anAlert("203.0.113.7", { eventCount: 60, level: "critical" })], at(3 * MINUTE));
    await sender.turn(at(3 * MINUTE));
    expect(server.arrived.map(({ subject }) => subject.slice(0, 10))).toEqual(["[High] 12 ", "[Critical]"]);
    expect(server.arrived[1]?.raw).toContain(`In-Reply-To: ${server.arrived[0]?.messageId}`);
  });

  it("comes again after 30, 90 and 330 minutes while it grows and nobody takes it, and no more once somebody did", async () => {
    await record([anAlert("203.0.113.7")], at(0));
    await sender.turn(at(0));
    for (let minute = 1; minute <= 340; minute++) {
      await record([anAlert("203.0.113.7", { eventCount: 12 + minute })], at(minute * MINUTE));
      await sender.turn(at(minute * MINUTE + 1));
    }
    expect(server.arrived).toHaveLength(4);
    expect((await parseMail(server.arrived[1]!)).text).toMatch(/^30 more events since the last mail 30 min ago\.$/m);
    await database.owner("update incident set state = 'acknowledged'");
    await record([anAlert("203.0.113.7", { eventCount: 5000 })], at(400 * MINUTE));
    await tick(401 * MINUTE, 900 * MINUTE, 10 * MINUTE);
    expect(server.arrived).toHaveLength(4);
  });

  it("does not say again what the first one said: neither worse when it left late, nor an update when nothing was added", async () => {
    await record([anAlert("203.0.113.7", { level: "low" })], at(0));
    await record([anAlert("203.0.113.7", { ruleId: "faster", level: "medium" })], at(1000));
    await record([anAlert("203.0.113.7", { ruleId: "slow", level: "high" })], at(2000));
    await sender.turn(at(3000));
    await record([anAlert("203.0.113.7", { ruleId: "another", eventCount: 5 })], at(4000));
    await tick(30 * MINUTE, 400 * MINUTE, 10 * MINUTE);
    expect(server.arrived.map(({ subject }) => subject.slice(0, 6))).toEqual(["[High]"]);
    // two loops send side by side: "worse" may be looked at just before or just after the first mail has left
    const skipped = (await rows("select reason, last_error from outbox where state = 'skipped' order by id")).map(
      ({ reason, last_error: why }) => [reason, why],
    );
    expect(skipped.map(([reason]) => reason)).toEqual(["worse:medium", "worse:high", "update:1"]);
    for (const [, why] of skipped)
      expect(["The first mail says it all.", "The last mail said so already.", "Nothing has happened since the last mail."]).toContain(why);
  });

  it("is signed by DKIM when a key is configured, so that the receiver can prove who sent it", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "vedette-dkim-")), "key.pem");
    fs.writeFileSync(file, privateKey.export({ type: "pkcs8", format: "pem" }));
    const before = { DKIM_DOMAIN: undefined, DKIM_SELECTOR: undefined, DKIM_KEY_FILE: undefined };
    Object.assign(config(), { DKIM_DOMAIN: "example.com", DKIM_SELECTOR: "v1", DKIM_KEY_FILE: file });
    try {
      closeMail();
      await record([anAlert("203.0.113.7")], at(0));
      await sender.turn(at(0));
    } finally {
      Object.assign(config(), before);
    }
    const raw = server.arrived[0]?.raw ?? "";
    expect(dkimHolds(raw, publicKey)).toBe(true);
    expect(dkimHolds(raw.replace("failed sign-ins", "failed sign-in"), publicKey)).toBe(false);
  });

  it("stays here, readable, while no mail server is configured", async () => {
    const { readConfig } = await import("@/lib/config");
    expect(readConfig({ ...process.env, SMTP_URL: "" }).SMTP_URL).toBeUndefined();
    const url = config().SMTP_URL;
    Object.assign(config(), { SMTP_URL: undefined });
    try {
      await record([anAlert("203.0.113.7")], at(0));
      expect(await sender.turn(at(0))).toMatchObject({ sent: 1 });
    } finally {
      Object.assign(config(), { SMTP_URL: url });
    }
    expect(server.arrived).toHaveLength(0);
    const [kept] = await rows(
      "select result, recipient, subject, length(html) > 1000 as html, text like '%The facts%' as text from delivery",
    );
    expect(kept).toMatchObject({ result: "local", recipient: "ada@example.com", html: true, text: true });
  });
});

describe("an outage of the mail server", () => {
  it("of an hour with 5,000 alerts loses nothing: within 5 minutes after it everything is said, in few mails", async () => {
    await server.close();
    for (let minute = 0; minute < 60; minute++) {
      const alerts = Array.from({ length: 84 }, (_, index) => {
        const n = minute * 84 + index;
        return anAlert(`11.${Math.floor(n / 250)}.${n % 250}.1`, {
          ruleId: `rule-${n % 40}`,
          firstAt: NOON + minute * MINUTE + index,
          related: [],
        });
      });
      await record(alerts.slice(0, minute === 59 ? 44 : 84), at(minute * MINUTE));
      await sender.turn(at(minute * MINUTE));
    }
    expect(await rows("select count(*)::int as n from alert")).toEqual([{ n: 5000 }]);
    const [{ n: incidents }] = await rows("select count(*)::int as n from incident");
    server = await startMailServer(server.port);
    const started = performance.now();
    await tick(HOUR, HOUR + 5 * MINUTE, 2000);
    const seconds = (performance.now() - started) / 1000;
    const [state] = await rows(
      "select count(*) filter (where state = 'waiting' and reason = 'opened')::int as waiting, count(*) filter (where reason = 'opened' and state = 'folded')::int as folded from outbox",
    );
    expect(state).toMatchObject({ waiting: 0 });
    expect(server.arrived.length).toBeLessThanOrEqual(11);
    const storm = server.arrived.find(({ subject }) => subject.includes("Storm"));
    expect(storm?.subject).toMatch(new RegExp(`Storm: ${(incidents - 10).toLocaleString("en-US")} incidents`));
    console.info(`outage: ${incidents} incidents, ${server.arrived.length} mails, ${seconds.toFixed(1)} s of work for 150 ticks`);
  });

  it("hanging or refusing holds up nothing but the mails, and every mail leaves when it is well again", async () => {
    for (const mood of [450, 421] as const) {
      server.mood = mood;
      await record([anAlert(`203.0.113.${mood % 100}`, { firstAt: NOON + mood * HOUR })], at(0));
      expect(await sender.turn(at(0))).toMatchObject({ sent: 0, failed: 1 });
    }
    server.mood = "accept";
    await tick(2 * MINUTE, 10 * MINUTE, MINUTE);
    expect(server.arrived).toHaveLength(2);
    expect(await rows("select count(*)::int as n from outbox where state <> 'sent'")).toEqual([{ n: 0 }]);
  });

  it("that never answers holds up neither detection nor the turn for ever", async () => {
    server.mood = "hang";
    await record([anAlert("203.0.113.7")], at(0));
    const turn = sender.turn(at(0));
    for (let n = 1; n <= 20; n++) await record([anAlert("203.0.113.7", { eventCount: 12 + n })], at(n * 1000));
    expect(await rows("select event_count::int as n from incident")).toEqual([{ n: 32 }]);
    await server.close(); // a hanging server ends the same way when the client's time limit comes
    expect(await turn).toMatchObject({ sent: 0, failed: 1 });
    server = await startMailServer(server.port);
    await tick(MINUTE, 5 * MINUTE, MINUTE);
    expect(server.arrived).toHaveLength(1);
  });

  it("that offers no TLS where TLS is required gets nothing, in clear or otherwise", async () => {
    const url = config().SMTP_URL;
    Object.assign(config(), { SMTP_URL: `${server.url}?tls=required` });
    try {
      await record([anAlert("203.0.113.7")], at(0));
      expect(await sender.turn(at(0))).toMatchObject({ sent: 0, failed: 1 });
    } finally {
      Object.assign(config(), { SMTP_URL: url });
    }
    expect(server.arrived).toHaveLength(0);
    expect((await rows("select state, last_error from outbox"))[0]).toMatchObject({
      state: "waiting",
      last_error: expect.stringMatching(/TLS/),
    });
  });

  it("with a certificate that nobody vouches for gets nothing, and Health says what to do about it", async () => {
    const url = config().SMTP_URL;
    const shady = await startMailServer(0, makeCertificate("mail.example.com"));
    Object.assign(config(), { SMTP_URL: `${shady.url}?tls=required` });
    try {
      await record([anAlert("203.0.113.7")], at(0));
      expect(await sender.turn(at(0))).toMatchObject({ sent: 0, failed: 1 });
      expect(judgeHealth(await readHealthFacts(at(1000))).map(({ text }) => text)).toContainEqual(
        expect.stringMatching(
          /^1 message could not leave yet and is tried again: The mail server's certificate is signed by nobody we know\. Name its/,
        ),
      );
      expect(await listMailRefusals(db, at(-HOUR))).toEqual([
        { reason: expect.stringMatching(/NODE_EXTRA_CA_CERTS, or accept it by \?tls=opportunistic/), messages: 1, last: at(0) },
      ]);
      Object.assign(config(), { SMTP_URL: `${shady.url}?tls=opportunistic` });
      await tick(2 * MINUTE, 4 * MINUTE, MINUTE);
    } finally {
      Object.assign(config(), { SMTP_URL: url });
      await shady.close();
    }
    expect(shady.arrived).toHaveLength(1);
    expect(await listMailHours(db, at(-HOUR))).toEqual([{ at: at(0), delivered: 1, failed: 1 }]);
    expect(judgeHealth(await readHealthFacts(at(5 * MINUTE))).filter(({ text }) => text.includes("message"))).toEqual([]);
  });

  it("is outlasted for 72 hours", async () => {
    server.mood = 451;
    await record([anAlert("203.0.113.7")], at(0));
    await tick(0, 72 * HOUR, 30 * MINUTE);
    server.mood = "accept";
    await tick(72 * HOUR, 73 * HOUR + MINUTE, MINUTE);
    expect(server.arrived).toHaveLength(1);
  });

  it("that refuses a recipient for good makes a dead letter; what it said goes to the administrators, with a note why", async () => {
    await addPerson(database, { email: "bob@example.com" });
    await database.owner(`update notification_route set recipients = '[{"type":"address","address":"gone@example.com"}]'`);
    server.mood = 550;
    await record([anAlert("203.0.113.7")], at(0));
    await sender.turn(at(0));
    await sender.turn(at(15 * MINUTE));
    expect(await rows("select state, attempts, recipient from outbox where recipient like 'address:%'")).toEqual([
      { state: "dead", attempts: 2, recipient: "address:gone@example.com" },
    ]);
    server.mood = "accept";
    await sender.turn(at(30 * MINUTE));
    const got = server.arrived.map(({ to, subject }) => `${to}: ${subject.replace(/^(.{12}).*/, "$1")}`).sort();
    expect(got).toEqual(["ada", "bob"].flatMap((who) => [`${who}@example.com: Messages to `, `${who}@example.com: [High] 12 fa`]));
    expect(server.arrived.find(({ subject }) => subject.startsWith("M"))?.subject).toContain("Messages to gone@example.com do not arrive");
    const instead = await parseMail(server.arrived.find(({ subject }) => subject.startsWith("["))!);
    expect(instead.text?.replace(/\s+/g, " ")).toContain("could not reach gone@example.com, so this came to you.");
  });
});

describe("a storm", () => {
  it("of 100,000 matches of one rule makes at most 13 mails an hour, with exact counts", async () => {
    const sources = 2000;
    for (let turn = 0; turn < 50; turn++) {
      const alerts = Array.from({ length: sources / 10 }, (_, index) => {
        const n = ((turn % 10) * sources) / 10 + index;
        return anAlert(`11.${Math.floor(n / 250)}.${n % 250}.1`, {
          eventCount: 10 * (Math.floor(turn / 10) + 1),
          related: [],
          firstAt: NOON + n,
        });
      });
      await record(alerts, at(turn * MINUTE));
      await sender.turn(at(turn * MINUTE + 1000));
    }
    await tick(51 * MINUTE, 59 * MINUTE, MINUTE);
    expect(
      await rows(
        "select sum(event_count)::int as events, sum((summary ->> 'alerts')::int)::int as alerts, count(*)::int as incidents from incident",
      ),
    ).toEqual([{ events: 100_000, alerts: 2000, incidents: 11 }]);
    expect(server.arrived.length).toBeLessThanOrEqual(13);
    console.info(`storm: ${server.arrived.length} mails in the hour for 100,000 matches`);
  });

  it("lets one critical mail for each incident through, and folds the rest", async () => {
    const alerts = Array.from({ length: 40 }, (_, index) =>
      anAlert(`11.${index}.0.1`, { ruleId: `rule-${index}`, related: [], firstAt: NOON + index }),
    );
    await record(alerts, at(0));
    await sender.turn(at(1000));
    await tick(5 * MINUTE, 8 * MINUTE, MINUTE);
    expect(server.arrived).toHaveLength(11);
    await record([anAlert("11.200.0.1", { level: "critical", ruleId: "worst" })], at(10 * MINUTE));
    await sender.turn(at(10 * MINUTE));
    expect(server.arrived.at(-1)?.subject).toMatch(/^\[Critical\]/);
    expect(server.arrived).toHaveLength(12);
  });
});

describe("a database that dies between the server's 250 and our commit", () => {
  it("costs no second mail: the sender remembers what the server took", async () => {
    await record([anAlert("203.0.113.7")], at(0));
    server.afterAccept = () => {
      server.afterAccept = undefined;
      void database.owner(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'vedette' and state = 'idle in transaction'",
      );
    };
    await until(async () => {
      await sender.turn(at(0)).catch(() => undefined);
      return (await rows("select count(*)::int as n from outbox where state = 'sent'"))[0].n === 1;
    });
    expect(server.arrived).toHaveLength(1);
  });
});

describe("a worker that dies between the server's 250 and its commit", () => {
  it("loses no mail over 20 kills, and repeats at most the one it died with, under the same Message-ID", async () => {
    const alerts = Array.from({ length: 400 }, (_, index) =>
      anAlert(`11.${index}.0.1`.replace("11.2", "12.2"), { ruleId: `rule-${index}`, related: [], firstAt: NOON + index }),
    );
    for (let index = 0; index < 200; index++) await addPerson(database, { email: `reader${index}@example.com` });
    await record(alerts.slice(0, 10), at(0));
    const expected = 201 * 10;
    let kills = 0;
    while (kills < 20) {
      const child = fork("test/support/send-once.ts", [], {
        execArgv: ["--import", "tsx"],
        env: { ...process.env, ...database.environment, SMTP_URL: server.url },
        stdio: "ignore",
      });
      const dieAt = server.arrived.length + 20 + ((kills * 7) % 40);
      server.afterAccept = () => {
        if (server.arrived.length === dieAt) child.kill("SIGKILL");
      };
      const signal = await new Promise<string | null>((resolve) => child.on("exit", (_, how) => resolve(how)));
      if (signal === null) break;
      kills++;
    }
    server.afterAccept = undefined;
    await tick(0, 10 * MINUTE, MINUTE);
    const ids = server.arrived.map(({ messageId, to }) => `${to} ${messageId}`);
    const missing = expected - new Set(ids).size;
    const repeated = ids.length - new Set(ids).size;
    console.info(
      `kills: ${kills}, mails ${ids.length}, missing ${missing}, repeated ${repeated} (${((100 * repeated) / expected).toFixed(2)} %)`,
    );
    expect(kills).toBe(20);
    expect(missing).toBe(0);
    // every kill is aimed at that moment, in which only one mail can be
    expect(repeated).toBeLessThanOrEqual(kills);
    expect(repeated / expected).toBeLessThanOrEqual(0.01);
  });
});
