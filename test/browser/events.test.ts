import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import type { EventDocument } from "@/lib/model/event";
import { LIVE } from "@/lib/store/batches";
import { type NewEvent, newEvent } from "@/lib/store/event-rows";
import { appendEvents } from "@/lib/store/events";
import { accessibilityFaults, overflow, useProduct } from "@/test/support/product";

const product = useProduct();
const now = Date.now();

/** One sign-in attempt; `n` minutes back. */
function signIn(n: number, more: { outcome?: string; actor?: string; ip?: string; reason?: string } = {}): NewEvent {
  const { outcome = "failure", actor = `u${n % 5}`, ip = "203.0.113.7", reason = "bad_password" } = more;
  const occurredAt = now - n * 60_000;
  const document = {
    id: `s${n}-${outcome}-${actor}`,
    occurred_at: new Date(occurredAt).toISOString(),
    action: "user.login",
    outcome,
    ...(outcome === "failure" && { reason }),
    direction: "inbound",
    service: "orders-api",
    actor: { id: actor },
    source: { ip, user_agent: '"><script>alert(1)</script>' },
    http: { method: "POST", path: "/v1/login", status: outcome === "failure" ? 401 : 200 },
    metadata: { tenant: "=1+1" },
  };
  return newEvent(
    { id: document.id, occurredAt, receivedAt: occurredAt + 100, document: document as EventDocument },
    { keyId: null, lane: LIVE },
  );
}

beforeAll(async () => {
  const failures = Array.from({ length: 130 }, (_, n) => signIn(n + 5));
  const elsewhere = Array.from({ length: 20 }, (_, n) => signIn(n + 5, { ip: "198.51.100.9", actor: "bob", outcome: "success" }));
  const gotIn = [signIn(9.6, { actor: "u0" }), signIn(9.3, { actor: "u0" }), signIn(9, { actor: "u0", outcome: "success" })];
  await appendEvents([...failures, ...elsewhere, ...gotIn], []);
});

/** The page once it hears keys: what is pressed before that is lost, as anywhere. */
async function openEvents(query: string, look: Parameters<typeof product.open>[1] = { as: "viewer" }): Promise<Page> {
  const page = await product.open(`/events${query}`, look);
  await page.locator("html[data-keys]").waitFor({ state: "attached" });
  return page;
}

describe("the events page", () => {
  it("answers a typed question, and a click on a value narrows it", async () => {
    const page = await openEvents("");
    await page.getByRole("heading", { level: 1, name: "153 sign-ins." }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("outc");
    await page.getByRole("option", { name: /^outcome/ }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.type("fai");
    await page.getByRole("option", { name: /^failure/ }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: /^132 sign-ins failed from one address\./ }).waitFor();
    expect(new URL(page.url()).searchParams.get("q")).toBe("outcome:failure");
    await page.getByRole("row").nth(1).getByRole("button", { name: "u0", exact: true }).click();
    await page.getByRole("menuitem", { name: "Filter for" }).click();
    await page.getByRole("heading", { level: 1, name: /^28 sign-ins failed/ }).waitFor();
    expect(new URL(page.url()).searchParams.get("q")).toBe("outcome:failure actor:u0");
    await page.getByRole("link", { name: "Remove outcome:failure" }).click();
    await page.getByRole("heading", { level: 1, name: /^29 sign-ins/ }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it("says at the character what it cannot read, and mends it", async () => {
    const page = await openEvents("?q=actr:u0");
    await page.getByText("There is no field “actr”.").first().waitFor();
    await page.getByRole("button", { name: "Use actor" }).click();
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByRole("heading", { level: 1, name: /^29 sign-ins/ }).waitFor();
  });

  it("pages by key to the last event and says so", async () => {
    const page = await openEvents("?q=outcome:failure");
    await page.getByRole("button", { name: "Show older events" }).click();
    await page.getByText("That is all: 132 events.").waitFor();
    await expect.poll(() => page.getByRole("row").count()).toBe(133);
  });

  it("opens events by keyboard, shows them as text, and keeps the open one in the address", async () => {
    const page = await openEvents("?q=outcome:failure");
    await page.getByRole("heading", { level: 1, name: /^132/ }).waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("o");
    const drawer = page.getByRole("complementary", { name: "Event" });
    await drawer.getByRole("heading", { name: /failed to sign in to orders-api from 203\.0\.113\.7: wrong password/ }).waitFor();
    await drawer.getByText("2 of 132").waitFor();
    await drawer.getByText('"><script>alert(1)</script>').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await drawer.getByRole("tab", { name: "JSON" }).click();
    await drawer.getByRole("button", { name: '"=1+1"' }).click();
    await page.getByRole("menuitem", { name: "Filter out" }).waitFor();
    await page.keyboard.press("Escape");
    await drawer.getByRole("tab", { name: "Around" }).click();
    await drawer.getByText("this event").waitFor();
    const again = await product.open(new URL(page.url()).pathname + new URL(page.url()).search, { as: "viewer" });
    await again
      .getByRole("complementary", { name: "Event" })
      .getByRole("heading", { name: /failed to sign in/ })
      .waitFor();
    await page.getByRole("heading", { level: 1 }).click();
    await page.keyboard.press("Escape");
    await drawer.waitFor({ state: "detached" });
  });

  it("does not let a filter hide who got in", async () => {
    const page = await openEvents("?q=outcome:failure+ip:203.0.113.0/24");
    await page.getByText("Not in your filter.").waitFor();
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await page.getByRole("heading", { name: /^u0 signed in/ }).waitFor();
  });

  it("shows what arrives while it is live, by the page's own filter", async () => {
    const page = await openEvents("?q=actor:late&last=1h");
    await page.getByText(/0 of \d+ events match/).waitFor();
    const connected = page.waitForResponse((response) => response.url().includes("/events/live"));
    await page.getByRole("button", { name: "Go live" }).click();
    await connected;
    await appendEvents([signIn(0, { actor: "late", outcome: "success" }), signIn(0, { actor: "other", outcome: "success" })], []);
    await page.getByRole("button", { name: "late", exact: true }).waitFor();
    expect(await page.getByRole("row").count()).toBe(2);
  });

  it("zooms by dragging and by its fields alike", async () => {
    const page = await openEvents("?last=6h");
    const chart = page.getByRole("group", { name: /^Events over time/ });
    const box = await chart.boundingBox();
    if (!box) throw new Error("the chart has no place");
    await page.mouse.move(box.x + box.width * 0.8, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.9, box.y + 40, { steps: 5 });
    await page.mouse.up();
    await page.getByRole("button", { name: "Zoom in" }).first().click();
    await page.waitForURL(/from=/);
    const { searchParams } = new URL(page.url());
    const span = Date.parse(searchParams.get("to") ?? "") - Date.parse(searchParams.get("from") ?? "");
    expect(span).toBeGreaterThan(0.05 * 6 * 3_600_000);
    expect(span).toBeLessThan(0.2 * 6 * 3_600_000);
    await page.getByRole("button", { name: "Zoom out" }).click();
    await page.waitForURL((address) => address.searchParams.get("from") !== searchParams.get("from"));
  });

  it("exports for those who may, with a trace in the audit trail, and not for others", async () => {
    const viewer = await openEvents("");
    expect(await viewer.getByRole("button", { name: "Export" }).isDisabled()).toBe(true);
    const refused = await viewer.request.get(`${product.url}/api/dashboard/events/export?format=csv`);
    expect(refused.status()).toBe(403);
    const auditor = await openEvents("?q=outcome:failure", { as: "auditor" });
    const answer = await auditor.request.get(`${product.url}/api/dashboard/events/export?format=csv&q=outcome:failure`);
    const lines = (await answer.text()).trim().split("\r\n");
    expect(lines).toHaveLength(133);
    expect(lines[0]).toMatch(/^occurred_at,id,/);
    const { rows } = await product.database.owner("select after from audit_entry where action = 'event.export'");
    expect(rows).toMatchObject([{ after: { query: "outcome:failure", format: "csv" } }]);
    const task = await product.database.owner("select kind ~ '^export:' as export, state, done::int from task");
    expect(task.rows).toEqual([{ export: true, state: "done", done: 132 }]);
    await auditor.getByRole("button", { name: /^Export 132/ }).click();
    await auditor.getByRole("menuitem", { name: /^NDJSON/ }).waitFor();
  });

  it("reads on a phone in the dark, and the entity pages too", async () => {
    const page = await openEvents("?q=outcome:failure", { as: "viewer", width: 375, theme: "dark" });
    await page.getByRole("heading", { level: 1, name: /^132/ }).waitFor();
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole("button", { name: /^Filters/ }).click();
    await page.getByRole("dialog").getByRole("link", { name: "u0", exact: true }).first().waitFor();
    for (const path of ["/entities/ip/203.0.113.7", "/entities/actor/u0", "/entities/service/orders-api", "/entities/asn/64500"]) {
      const entity = await product.open(path, { as: "viewer", width: 375 });
      await entity.getByRole("heading", { level: 1 }).waitFor();
      await expect.poll(() => overflow(entity), { message: path, timeout: 10_000 }).toBeLessThanOrEqual(0); // charts find their width after the first paint
      expect(await accessibilityFaults(entity), path).toEqual([]);
    }
  });

  it("tells strangers nothing", async () => {
    const page = await product.open("/events?q=secret");
    await page.waitForURL(/\/sign-in\?next=/);
    for (const path of ["page", "item?id=s5", "around?at=1&span=1000", "values?field=ip", "export", "live"]) {
      expect((await page.request.get(`${product.url}/api/dashboard/events/${path}`)).status(), path).toBe(401);
    }
  });
});

describe("the reference", () => {
  it("is readable without signing in", async () => {
    const page = await product.open("/docs");
    await page.getByRole("heading", { level: 1, name: /^Send what happens/ }).waitFor();
    await page.getByText("GET", { exact: true }).first().waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    const narrow = await product.open("/docs", { width: 375, theme: "dark" });
    expect(await overflow(narrow)).toBeLessThanOrEqual(0);
  });
});
