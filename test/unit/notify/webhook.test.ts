import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import type { Incident } from "@/lib/model/incident";
import { isPublicAddress, type Lookup, resolvePublic as resolve, signWebhook } from "@/lib/notify/post-webhook";
import { type Telling, webhookCall } from "@/lib/notify/webhook-body";
import { WebhookKind } from "@/lib/store/webhooks";

describe("a signature", () => {
  it("is the one of the specification's own example", () => {
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const message = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1614265330, body: '{"test": 2432232314}' };
    expect(signWebhook(secret, message)).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  });

  it("is accepted by the reference client for any body, and by nobody's other secret", () => {
    const secret = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
    const other = new Webhook(`whsec_${Buffer.alloc(24, 8).toString("base64")}`);
    const timestamp = Math.floor(Date.now() / 1000);
    fc.assert(
      fc.property(fc.json(), fc.integer({ min: 1 }), (body, id) => {
        const headers = {
          "webhook-id": `msg_${id}`,
          "webhook-timestamp": String(timestamp),
          "webhook-signature": signWebhook(secret, { id: `msg_${id}`, timestamp, body }),
        };
        expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
        expect(() => other.verify(body, headers)).toThrow();
        expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow();
      }),
      { numRuns: 50 },
    );
  });
});

const INNER = [
  ["127.0.0.1", "loopback"],
  ["127.255.255.254", "loopback"],
  ["0.0.0.0", "this host"],
  ["10.1.2.3", "private"],
  ["172.16.0.1", "private"],
  ["172.31.255.255", "private"],
  ["192.168.1.1", "private"],
  ["169.254.169.254", "cloud metadata"],
  ["100.64.0.1", "carrier NAT"],
  ["192.0.0.192", "metadata of another cloud"],
  ["198.18.0.1", "benchmarking"],
  ["224.0.0.1", "multicast"],
  ["255.255.255.255", "broadcast"],
  ["240.0.0.1", "reserved"],
  ["::", "unspecified"],
  ["::1", "loopback"],
  ["fe80::1", "link-local"],
  ["fc00::1", "unique local"],
  ["fd00:ec2::254", "metadata over IPv6"],
  ["ff02::1", "multicast"],
  ["::ffff:127.0.0.1", "mapped loopback"],
  ["::ffff:a9fe:a9fe", "mapped metadata"],
  ["::ffff:10.0.0.1", "mapped private"],
  ["::127.0.0.1", "compatible loopback"],
  ["64:ff9b::7f00:1", "NAT64 of loopback"],
  ["64:ff9b:1::a9fe:a9fe", "local NAT64 of metadata"],
  ["2002:7f00:1::", "6to4 of loopback"],
  ["2001:0:4136:e378:8000:63bf:80ff:fffe", "Teredo"],
  ["2001:db8::1", "documentation"],
] as const;

const answers =
  (...lists: string[][]): Lookup =>
  async () =>
    (lists.length > 1 ? (lists.shift() ?? []) : (lists[0] ?? [])).map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));

const resolvePublic = (url: string, lookup?: Lookup) => resolve(url, "", lookup);

describe("an address that a webhook may call", () => {
  it.each(INNER)("is not %s (%s), neither written out nor by name", async (address) => {
    expect(isPublicAddress(address)).toBe(false);
    const written = address.includes(":") ? `[${address}]` : address;
    await expect(resolvePublic(`https://${written}/`)).rejects.toThrow(/private network/);
    await expect(resolvePublic("https://hooks.example.com/", answers([address]))).rejects.toThrow(/private network/);
  });

  it.each(["https://2130706433/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/", "https://①②⑦.0.0.1/"])(
    "is not loopback in disguise (%s)",
    async (url) => {
      await expect(resolvePublic(url)).rejects.toThrow(/private network/);
    },
  );

  it("is public in every answer: one inner address among public ones is enough to refuse", async () => {
    await expect(resolvePublic("https://hooks.example.com/", answers(["93.184.216.34", "10.0.0.1"]))).rejects.toThrow(/private network/);
    await expect(resolvePublic("https://hooks.example.com/", answers([]))).rejects.toThrow(/no address/);
  });

  it("is the one that was checked, however the name answers the second time", async () => {
    const rebinding = answers(["93.184.216.34"], ["127.0.0.1"]);
    const checked = await resolvePublic("https://hooks.example.com/in", rebinding);
    expect(checked).toMatchObject({ address: "93.184.216.34", family: 4 });
    expect(checked.url.hostname).toBe("hooks.example.com");
    await expect(resolvePublic("https://hooks.example.com/in", rebinding)).rejects.toThrow(/private network/);
  });

  it("is https, without credentials, and no other scheme", async () => {
    for (const url of ["http://93.184.216.34/", "ftp://93.184.216.34/", "file:///etc/passwd", "gopher://93.184.216.34/"])
      await expect(resolvePublic(url)).rejects.toThrow(/Only https/);
    await expect(resolvePublic("https://user:pass@93.184.216.34/")).rejects.toThrow(/user name/);
  });

  it("may be an inner one when the administrator listed exactly that host", async () => {
    const resolvePublic = (url: string, lookup?: Lookup) => resolve(url, "chat.corp.example, 10.0.4.7:8080", lookup);
    expect(await resolvePublic("http://chat.corp.example/hook", answers(["10.0.0.9"]))).toMatchObject({ address: "10.0.0.9" });
    expect(await resolvePublic("http://10.0.4.7:8080/hook")).toMatchObject({ address: "10.0.4.7" });
    await expect(resolvePublic("https://10.0.4.7/hook")).rejects.toThrow(/private network/);
    await expect(resolvePublic("https://evil.chat.corp.example/", answers(["10.0.0.9"]))).rejects.toThrow(/private network/);
  });
});

const incident = {
  id: 1,
  number: 42,
  level: "critical",
  state: "open",
  title: "<!channel> *Brute* force [x](http://evil.example) \u202e",
  eventCount: 1204,
  verdict: null,
  firstAt: new Date(0),
  lastAt: new Date(60_000),
  summary: {
    leads: [{ sentence: "<@U1> 1,204 sign-ins & more" }],
    rules: [{ id: "brute-force-source", version: 2, family: "brute_force" }],
    services: ["orders-api"],
    techniques: ["T1110"],
    alerts: 3,
  },
} as unknown as Incident; // cast: what the bodies read of it
const telling: Telling = { reason: "opened", incident, url: "https://v.example/incidents/INC-42", secret: "routing", now: new Date(0) };
const resolved: Telling = { ...telling, reason: "resolved" };

describe("what is sent", () => {
  it("to PagerDuty triggers and resolves one alert for each incident", () => {
    const { body } = webhookCall("pagerduty", telling);
    expect(body).toMatchObject({ routing_key: "routing", event_action: "trigger", dedup_key: "vedette-INC-42" });
    expect(body.payload).toMatchObject({ severity: "critical", source: "orders-api", class: "brute_force" });
    expect(webhookCall("pagerduty", resolved).body).toMatchObject({ event_action: "resolve", dedup_key: "vedette-INC-42" });
  });

  it("to Opsgenie opens by alias, and closes at the address that closing has", () => {
    expect(webhookCall("opsgenie", telling)).toMatchObject({ body: { alias: "vedette-INC-42", priority: "P1" } });
    expect(webhookCall("opsgenie", telling).path).toBeUndefined();
    expect(webhookCall("opsgenie", resolved).path).toBe("/vedette-INC-42/close?identifierType=alias");
  });

  it("to chats keeps an attacker's markup as text", () => {
    const slack = JSON.stringify(webhookCall("slack", telling).body);
    expect(slack).not.toMatch(/<[!@#]/);
    expect(slack).toContain("&lt;!channel&gt;");
    const teams = JSON.stringify(webhookCall("teams", telling).body);
    expect(teams).not.toContain("[x](http");
  });

  it.each(WebhookKind.options)("to %s is bounded and shows every character, whatever an event says", (kind) => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 5000 }), (title) => {
        const wide = { ...incident, title, summary: { ...incident.summary, leads: [{ sentence: title }] } } as Incident; // cast: as above
        const text = JSON.stringify(webhookCall(kind, { ...telling, incident: wide }).body);
        expect(text.length).toBeLessThan(40_000);
        if (kind !== "standard") expect(text).not.toMatch(/\u202e|\\u0000/);
      }),
      { numRuns: 30 },
    );
  });
});
