import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noticeFor } from "@/lib/detection/person-notice";
import type { EventDocument } from "@/lib/model/event";
import { allowedAddress, NO_PERSON_MAIL, PersonMailSetting } from "@/lib/model/person-mail";
import { personMail } from "@/lib/notify/person-mail";
import { anAlert, NOON } from "@/test/support/alerts";
import { eventAt } from "@/test/support/detection";

const now = new Date(NOON);
const setting = PersonMailSetting.parse({ enabled: true, services: ["shop"], domains: ["example.com"], contact: "it@example.com" });
const LAPTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/143.0.0.0 Safari/537.36";
const event = (id: string, more: Partial<EventDocument> = {}, minutes = 0) => {
  const document = {
    action: "user.login",
    service: "shop",
    actor: { id: "u1", email: "Ana@Example.com" },
    source: { ip: "192.0.2.9", user_agent: LAPTOP, geo: { country: "PE", city: "Lima" } },
    ...more,
  };
  const record = eventAt(0, document as never, id);
  return { ...record, occurredAt: NOON - 60_000 + minutes * 60_000 };
};
const alert = anAlert("192.0.2.9", { ruleId: "new-context", entity: { type: "actor", value: "u1" }, evidence: ["a", "b"] });
const tell = (events: ReturnType<typeof event>[], more: Partial<typeof alert> = {}, decided = setting) =>
  noticeFor({ ...alert, ...more }, events, { setting: decided, now });

describe("the person concerned", () => {
  it("is told of place, device, time and service of what happened last", () => {
    expect(tell([event("a", {}, -30), event("b")])).toEqual({
      address: "ana@example.com",
      notice: {
        place: "Lima, Peru",
        device: "Chrome on Windows",
        service: "shop",
        at: NOON - 60_000,
        context: " and Lima, Peru|Chrome on Windows",
      },
    });
  });

  it("hears of both places of an impossible journey, and there and back again is one context", () => {
    const berlin = { source: { ip: "203.0.113.7", user_agent: LAPTOP, geo: { country: "DE", city: "Berlin" } } };
    const there = tell([event("a", berlin, -30), event("b")], { ruleId: "impossible-travel" });
    const back = tell([event("a", {}, -30), event("b", berlin)], { ruleId: "impossible-travel" });
    expect(there?.notice.before).toEqual({ place: "Berlin, Germany", at: NOON - 31 * 60_000 });
    expect(back?.notice.before?.place).toBe("Lima, Peru");
    expect(back?.notice.context).toBe(there?.notice.context);
  });

  it.each([
    ["nobody has switched it on", [event("b")], {}, { ...setting, enabled: false }],
    ["the service is not chosen", [event("b", { service: "other" })], {}, setting],
    ["no service is named", [event("b", { service: undefined })], {}, setting],
    ["the event carries no address", [event("b", { actor: { id: "u1" } })], {}, setting],
    ["the domain is a stranger's", [event("b", { actor: { id: "u1", email: "ana@example.org" } })], {}, setting],
    ["the domain only ends alike", [event("b", { actor: { id: "u1", email: "ana@evil-example.com" } })], {}, setting],
    ["the domain is a subdomain", [event("b", { actor: { id: "u1", email: "ana@x.example.com" } })], {}, setting],
    ["the events are of somebody else", [event("b", { actor: { id: "u2", email: "ben@example.com" } })], {}, setting],
    ["the event is no evidence", [event("z")], {}, setting],
    ["it happened two days ago", [event("b", {}, -2 * 1440)], {}, setting],
    ["the alert is about a key", [event("b")], { entity: { type: "key" as const, value: "u1" } }, setting],
    ["another detector speaks", [event("b")], { ruleId: "session-hijack" }, setting],
  ])("is not told when %s", (_, events, more, decided) => {
    expect(tell(events, more, decided)).toBeNull();
  });

  it("is off until somebody decides it, and then needs services and domains", () => {
    expect(tell([event("b")], {}, NO_PERSON_MAIL)).toBeNull();
    const problems = PersonMailSetting.safeParse({ enabled: true }).error?.issues.map(({ path }) => path[0]);
    expect(problems).toEqual(["services", "domains"]);
    for (const wrong of ["*.example.com", "@example.com", "example", "exa mple.com", "", "-a.com"])
      expect(PersonMailSetting.safeParse({ domains: [wrong] }).success).toBe(false);
  });
});

describe("the address", () => {
  it("is never one outside the configured domains, whatever an event says", () => {
    const piece = fc.constantFrom("a", "@", "example.com", "evil.com", ".", " ", ",", "<", ">", "\n", '"', "+", "\u202e", ";");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const found = allowedAddress(pieces.join(""), ["example.com"]);
        if (found !== null) expect(found).toMatch(/^[a-z0-9+.]+@example\.com$/);
      }),
      { numRuns: 500 },
    );
  });
});

describe("the mail", () => {
  const stop = "https://vedette.example.com/act/u.1";
  const mailOf = (more: Partial<EventDocument>) => {
    const notice = tell([event("b", more)])?.notice;
    if (!notice) throw new Error("nobody is told");
    return personMail({
      notice,
      baseUrl: "https://vedette.example.com",
      installation: "vedette.example.com",
      contact: setting.contact,
      everyDays: 7,
      unsubscribe: stop.replace("/act/", "/api/act/"),
      stop,
    });
  };

  it("asks in its subject, says the facts and what to do in both parts, and can be stopped", () => {
    const { subject, text, html, headers } = mailOf({});
    expect(subject).toBe("New sign-in from Lima, Peru: was this you?");
    for (const part of [text.replace(/\s+/g, " "), html])
      for (const words of ["Lima, Peru", "Chrome on Windows", "Mon 23 Nov 2026, 11:59 UTC", "change your password", "it@example.com", stop])
        expect(part).toContain(words);
    expect(headers).toMatchObject({
      "Auto-Submitted": "auto-generated",
      "List-Unsubscribe": "<https://vedette.example.com/api/act/u.1>",
      "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
      "X-Vedette-Reason": "person",
    });
    expect(text.split("\n").every((line) => line.length <= 72)).toBe(true);
  });

  it("has no link but the one that stops it, and names no address, account or rule", () => {
    const { text, html } = mailOf({});
    expect([...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href)).toEqual([stop]);
    expect(text.match(/https?:\S+/g)).toEqual([stop]);
    for (const internal of ["192.0.2.9", "u1", "new-context", "INC-", "/incidents", "/notifications"])
      expect(html + text).not.toContain(internal);
  });

  it.each([
    ["city", { source: { ip: "192.0.2.9", geo: { country: "PE", city: "call evil.com now" } } }],
    ["markup as city", { source: { ip: "192.0.2.9", geo: { country: "PE", city: "<b>evil.com</b>" } } }],
    ["country", { source: { ip: "192.0.2.9", geo: { country: "evil.com" } } }],
    ["program", { source: { ip: "192.0.2.9", user_agent: "evil.com/1 call us", geo: { country: "PE" } } }],
    ["enriched program", { source: { ip: "192.0.2.9", agent: { family: "evil.com", os: "evil.com" }, geo: { country: "PE" } } }],
    ["name", { actor: { id: "u1", name: "evil.com", email: "ana@example.com" } }],
  ])("carries nothing that an attacker wrote as %s", (_, more) => {
    const { subject, text, html } = mailOf(more as never);
    expect(subject + text + html).not.toContain("evil");
  });
});
