import { beforeAll, describe, expect, it } from "vitest";
import { eventAt, NOON } from "@/test/support/detection";
import { accessibilityFaults, overflow, useProduct } from "@/test/support/product";
import { storeEvents } from "@/test/support/stored-events";
import { detectEvents } from "@/workers/detect-events";

const product = useProduct();
const HOUR = 3_600_000;
const NAME = "<img src=x onerror=alert(1)>";
type More = Parameters<typeof eventAt>[1];
let n = 0;
/** An event `minutes` before now. */
const ago = (minutes: number, more: More) => eventAt((Date.now() - NOON) / 1000 - minutes * 60, more, `p${n++}`).document as never;
const place = (ip: string, country: string) => ({
  ip,
  user_agent: "Mozilla/5.0 (Windows NT 10.0) Chrome/143.0",
  geo: { country, asn: 3320, as_org: NAME },
});
const ana = { id: "u1", email: "ana@example.com" };

/** A session that moves, a brute force that gets in, a call to a third party, and a name with markup in it. */
beforeAll(async () => {
  const login = (minutes: number, outcome: "success" | "failure") =>
    ago(minutes, {
      action: "user.login",
      outcome,
      service: "auth",
      actor: { id: "ops", name: NAME },
      session: { id: "s-ops" },
      source: place("203.0.113.7", "NG"),
    });
  await storeEvents(database(), [
    ago(50, { action: "user.login", service: "auth", actor: ana, session: { id: "s-ana" }, source: place("198.51.100.7", "DE") }),
    ...Array.from({ length: 9 }, (_, i) => ago(40 - i, { service: "orders-api", actor: ana, session: { id: "s-ana" }, source: place(i % 2 ? "198.51.100.7" : "203.0.113.9", i % 2 ? "DE" : "NG"), http: { route: "/v1/orders", status: 200, duration_ms: 20 } })), // biome-ignore format: one story
    ...Array.from({ length: 12 }, (_, i) => login(30 - i * 0.1, "failure")),
    login(28, "success"),
    ago(20, { direction: "outbound", service: "billing", destination: { host: "api.example.net" } } as More),
    ago(10, {
      service: "orders-api",
      actor: { id: "robot", type: "service" },
      credential: { type: "api_key", id: "key_1" },
      source: place("192.0.2.9", "DE"),
    }),
  ]);
  for (const doc of await rows("select minute, service, direction, outcome, count(*)::int as n from (select date_trunc('minute', occurred_at) as minute, coalesce(service, '') as service, direction, outcome from event) e group by 1, 2, 3, 4")) // biome-ignore format: one statement
    await database().owner(
      "insert into traffic_minute (minute, service, direction, outcome, status_class, events) values ($1, $2, $3, $4, 2, $5)",
      [doc.minute, doc.service, doc.direction, doc.outcome, doc.n],
    );
  await detectEvents(new Date(Date.now() + HOUR));
});
const database = () => product.database;
const rows = async (text: string) => (await database().owner(text)).rows;

const PAGES = ["/people", "/people?kind=keys", "/entities/session/s-ana", "/entities/actor/ops", "/entities/service/auth", "/failed-attempts?by=actor", "/traffic?by=route", "/third-parties"]; // biome-ignore format: a list

describe.each(PAGES)("%s with a day of events", (path) => {
  it("has no fault of accessibility in both themes, fits a phone, and runs nothing a stranger wrote", async () => {
    for (const look of [{ theme: "light" }, { theme: "dark" }, { width: 375 }] as const) {
      const page = await product.open(path, { as: "responder", ...look });
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForLoadState("networkidle");
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      expect(await page.locator("img[src=x]").count()).toBe(0);
    }
  });
});

describe("a session", () => {
  it("is found in the list, shows where it was used from, and is ended with a reason", async () => {
    const page = await product.open("/sessions", { as: "responder" });
    await page.getByRole("link", { name: /^On the move/ }).click();
    await page.waitForURL("**only=moving*");
    await page.getByRole("link", { name: "s-ana" }).click();
    await page.getByRole("heading", { level: 1, name: "A session of ana@example.com" }).waitFor();
    await page.getByRole("region", { name: "Where it was used from" }).getByRole("button", { name: "Table" }).click();
    await page.getByRole("rowheader", { name: /203\.0\.113\.9/ }).waitFor();
    await page.getByRole("button", { name: "End session" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "End session" }).click();
    await dialog.getByText("Say why").waitFor();
    await dialog.getByLabel("Why").fill("Used from two countries at once");
    await dialog.getByRole("button", { name: "End session" }).click();
    await page.getByText("Ended here").first().waitFor();
    await page.getByText("by Responder Person: Used from two countries at once").waitFor();
    await page.getByText("Not used since.").waitFor();
    expect(await rows("select action, reason from audit_entry where action like 'api_session%'")).toEqual([
      { action: "api_session.end", reason: "Used from two countries at once" },
    ]);
  });

  it("cannot be ended by a viewer, who sees it all the same", async () => {
    const page = await product.open("/entities/session/s-ops", { as: "viewer" });
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.getByText("Proved with").waitFor();
    expect(await page.getByRole("button", { name: /End/ }).count()).toBe(0);
  });
});

describe("an account", () => {
  it("is found by its mail address, under which its other name stands", async () => {
    const page = await product.open("/entities/actor/ANA@example.com", { as: "viewer" });
    await page.getByRole("heading", { level: 1, name: "ana@example.com" }).waitFor();
    await page.getByText("u1", { exact: true }).waitFor();
    await page.getByText(/10 events in the last 7 days/).waitFor();
  });
});

describe("failed attempts", () => {
  it("pin who got in after failures, and show one shape alone", async () => {
    const page = await product.open("/failed-attempts", { as: "responder" });
    await page.getByRole("heading", { level: 1, name: "One account was entered after many failures." }).waitFor();
    await page.getByText(/12 failures in .* then in/).waitFor();
    await page.getByRole("img", { name: /^12 failures, then in/ }).waitFor();
    await page.getByRole("columnheader", { name: "What it did next" }).waitFor();
    await page
      .getByRole("navigation", { name: "Shape" })
      .getByRole("link", { name: /brute force 1/ })
      .click();
    await page.waitForURL("**shape=brute**");
    await page.getByRole("button", { name: "End open session" }).waitFor();
  });
});

describe("traffic", () => {
  it("is read as a table, in another measure, and told apart by route", async () => {
    const page = await product.open("/traffic", { as: "viewer" });
    await page.getByText("Learning: 0 of 3 days.").first().waitFor();
    await page.getByRole("link", { name: "Latency" }).click();
    await page.waitForURL("**metric=latency*");
    const chart = page.getByRole("region", { name: /Incoming, mean time to answer/ });
    await chart.getByRole("button", { name: "Table" }).click();
    await chart.getByRole("columnheader", { name: "expected" }).waitFor();
    await page.getByRole("link", { name: "Route", exact: true }).click();
    await page.getByRole("table", { name: "Traffic by route" }).getByText("/v1/orders").waitFor();
  });
});

describe("people, machines and keys", () => {
  it("are lists that lead to the page of each", async () => {
    const page = await product.open("/people", { as: "viewer" });
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "People and keys" }).waitFor();
    await page.getByRole("navigation", { name: "Of which kind" }).getByRole("link", { name: /^Keys/ }).click();
    await page.getByRole("link", { name: "key_1" }).click();
    await page.waitForURL("**/entities/key/key_1");
    await page.getByRole("heading", { level: 1, name: "key_1" }).waitFor();
  });
});

describe("third parties", () => {
  it("are whom we call and who calls us by key", async () => {
    const page = await product.open("/third-parties", { as: "viewer" });
    await page.getByRole("table", { name: "Hosts that our services call" }).getByText("api.example.net").waitFor();
    await page.getByRole("table", { name: "Keys that call us" }).getByText("key_1").waitFor();
  });
});
