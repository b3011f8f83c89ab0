import { describe, expect, test } from "vitest";
import { enrichEvent, type Finders, judgeClock } from "@/lib/ingest/enrich-event";
import { readAgent } from "@/lib/ingest/read-agent";
import { remember } from "@/lib/ingest/remember";

const now = Date.UTC(2026, 10, 23, 12);
const at = (ms: number) => new Date(now + ms).toISOString();
const finders: Finders = {
  placeOf: (ip) => (ip === "192.0.2.1" ? { country: "DE", asn: 1, as_org: "One", city: "Bonn", lat: 1, lon: 2, radius_km: 5 } : undefined),
  agentOf: readAgent,
};
const HOUR = 3_600_000;

describe("the clock policy", () => {
  test.each([
    [undefined, false, { at: now }],
    [at(-9 * 60_000), false, { at: now - 9 * 60_000 }],
    [at(30_000), false, { at: now + 30_000 }],
    [at(-HOUR), false, { at: now - HOUR, mark: "late" }],
    [at(HOUR), false, { at: now, mark: "future" }],
    [at(-40 * 24 * HOUR), true, { at: now - 40 * 24 * HOUR }],
  ])("%s, may import %s", (occurred, mayImport, judged) => {
    expect(judgeClock(occurred, { receivedAt: now, mayImport })).toEqual(judged);
  });

  test.each([
    [at(-31 * 24 * HOUR), false],
    [at(25 * HOUR), false],
    [at(25 * HOUR), true],
    ["1999-12-31T00:00:00Z", true],
  ])("%s is outside the accepted range", (occurred, mayImport) => {
    expect(judgeClock(occurred, { receivedAt: now, mayImport }).problem?.pointer).toBe("/occurred_at");
  });
});

describe("enrichment", () => {
  const enrich = (event: Parameters<typeof enrichEvent>[0]) =>
    enrichEvent(event, { id: "new", occurredAt: now, receivedAt: now, marks: [] }, finders).document;

  test("defaults: an id, the time of receipt, the outcome that the status tells", () => {
    expect(enrich({ action: "a" })).toEqual({ action: "a", id: "new", occurred_at: at(0), outcome: "unknown", direction: "inbound" });
    expect(enrich({ action: "a", http: { status: 204 } }).outcome).toBe("success");
    expect(enrich({ action: "a", http: { status: 403 } }).outcome).toBe("failure");
    expect(enrich({ action: "a", http: { status: 403 }, outcome: "success" }).outcome).toBe("success");
  });

  test("the client's own place wins, and is never mixed with a point of ours elsewhere", () => {
    const geo = (theirs: object) => enrich({ action: "a", source: { ip: "192.0.2.1", geo: theirs } }).source?.geo;
    expect(geo({})).toMatchObject({ country: "DE", city: "Bonn", lat: 1 });
    expect(geo({ country: "FR" })).toEqual({ country: "FR", asn: 1, as_org: "One" });
    expect(geo({ lat: 9, lon: 9 })).toEqual({ country: "DE", asn: 1, as_org: "One", city: "Bonn", lat: 9, lon: 9 });
  });

  test.each([
    ["curl/8.5.0", { family: "curl", version: "8.5.0", device: "program" }],
    ["python-requests/2.31.0", { family: "Python requests", version: "2.31.0", device: "program" }],
    ["Go-http-client/1.1", { family: "Go http client", version: "1.1", device: "program" }],
    ["Java/17.0.2", { family: "Java", version: "17.0.2", device: "program" }],
    [
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
      { family: "Chrome", os: "Windows 10", device: "desktop" },
    ],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
      { family: "Safari", os: "iOS 17.5", device: "mobile" },
    ],
  ])("%s", (text, agent) => {
    expect(readAgent(text)).toMatchObject(agent);
  });

  test("a memory answers like the look-up itself and stays bounded", () => {
    let looks = 0;
    const twice = remember(10, (key) => (looks++, key === "u" ? undefined : key + key));
    for (let round = 0; round < 3; round++) expect([twice("a"), twice("u")]).toEqual(["aa", undefined]);
    expect(looks).toBe(2);
    for (let key = 0; key < 100; key++) twice(String(key));
    expect(twice("a")).toBe("aa");
    expect(looks).toBe(103);
  });
});
