import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { recordAlerts } from "@/lib/incidents/record-alerts";
import type { EventDocument } from "@/lib/model/event";
import { LIVE } from "@/lib/store/batches";
import { inTransaction } from "@/lib/store/db";
import { type NewEvent, newEvent } from "@/lib/store/event-rows";
import { appendEvents } from "@/lib/store/events";
import { anAlert } from "@/test/support/alerts";
import { accessibilityFaults, useProduct } from "@/test/support/product";

const product = useProduct();
const START = Date.now() - 30 * 60_000;

/** Forty failures of one address, kept as events. */
beforeAll(async () => {
  const events = Array.from({ length: 40 }, (_, n): NewEvent => {
    const occurredAt = START + n * 1000;
    const document = {
      id: `e${n}`,
      occurred_at: new Date(occurredAt).toISOString(),
      action: "user.login",
      outcome: "failure",
      direction: "inbound",
      service: "orders-api",
      actor: { id: "ana@example.com" },
      source: { ip: "203.0.113.7" },
    };
    return newEvent(
      { id: document.id, occurredAt, receivedAt: occurredAt, document: document as EventDocument },
      { keyId: null, lane: LIVE },
    );
  });
  await appendEvents(events, [{ at: START, keyId: "", service: "orders-api", outcome: "accepted", reason: "", items: 40 }]);
});

/** Each test has its own three incidents: of an address that has events, and of two others. */
beforeEach(async () => {
  await product.database.owner(
    "truncate incident, alert, incident_entity, incident_activity, pinned_event, outbox, task restart identity cascade",
  );
  const at = { firstAt: START, lastAt: START + 40_000, evidence: ["e0", "e39"] };
  const alerts = [
    anAlert("203.0.113.7", { ...at, eventCount: 40 }),
    anAlert("198.51.100.1", { ...at, ruleId: "scan", family: "scanning", level: "medium", evidence: [], related: [] }),
    anAlert("192.0.2.9", { ...at, ruleId: "probe", family: "scanning", level: "medium", evidence: [], related: [] }),
  ];
  await inTransaction((tx) => recordAlerts(tx, alerts, { historical: false, world: "live", now: new Date() }));
});

const rows = async (text: string) => (await product.database.owner(text)).rows;
const named = async (ip: string): Promise<string> =>
  `INC-${(await rows(`select number from incident i join incident_entity e on e.incident_id = i.id where entity_value = '${ip}'`))[0].number}`;

/** Counts what a person does on the page: clicks, and keys outside of it. */
function counting(page: Page) {
  let done = 0;
  return {
    click: async (role: "button" | "radio" | "link", name: RegExp) => {
      done++;
      await page.getByRole(role, { name }).first().click();
    },
    opened: () => void done++,
    total: () => done,
  };
}

describe("an incident", () => {
  it("goes from the mail's link to a verdict in three interactions", async () => {
    const name = await named("203.0.113.7");
    const page = await product.open(`/incidents/${name}`, { as: "responder" });
    const person = counting(page);
    person.opened(); // the link in the mail
    await page.getByRole("heading", { name: "Is it real?" }).waitFor();
    await person.click("radio", /^True/);
    await person.click("button", /^Resolve as true$/);
    await page.getByText(`${name} is resolved`).first().waitFor();
    expect(person.total()).toBeLessThanOrEqual(3);
    expect(await rows(`select state, verdict from incident where 'INC-' || number = '${name}'`)).toEqual([
      { state: "resolved", verdict: "true" },
    ]);
  });

  it("is taken from the overview, where the riskiest comes first", async () => {
    const page = await product.open("/", { as: "responder" });
    const name = await named("203.0.113.7");
    const first = page.getByRole("main").getByRole("listitem").first();
    await first.getByText("203.0.113.7").first().waitFor();
    await first.getByRole("button", { name: `Take ${name}` }).click();
    await page.getByText(`${name} is yours.`).first().waitFor();
    expect(await rows(`select state from incident where 'INC-' || number = '${name}'`)).toEqual([{ state: "acknowledged" }]);
    await page.getByRole("heading", { name: "Highest risk" }).waitFor();
  });

  it("keeps a pinned event with its note in the timeline, until it is unpinned", async () => {
    const name = await named("203.0.113.7");
    const page = await product.open(`/incidents/${name}`, { as: "responder" });
    await page.getByRole("button", { name: "Pin this event" }).first().click();
    await page.getByLabel(/^Why it matters/).fill("where it began");
    await page.getByRole("button", { name: "Pin it" }).click();
    await page.getByText("where it began").first().waitFor();
    await page.getByRole("button", { name: /^Pinned 1$/ }).click();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page
      .getByRole("button", { name: `Unpin from ${name}` })
      .first()
      .click();
    await expect.poll(async () => (await rows("select 1 from pinned_event")).length).toBe(0);
  });

  it("is only looked at by a viewer", async () => {
    const page = await product.open(`/incidents/${await named("203.0.113.7")}`, { as: "viewer" });
    await page.getByText("Your role lets you look, not decide.").waitFor();
    expect(await page.getByRole("button", { name: /Acknowledge|Pin|Snooze|Assign/ }).count()).toBe(0);
    const overview = await product.open("/", { as: "viewer" });
    await overview.getByRole("heading", { name: "Highest risk" }).waitFor();
    expect(await overview.getByRole("button", { name: /^Take / }).count()).toBe(0);
  });
});

describe("the list", () => {
  it("decides about the chosen ones, and moves with the keys j and k", async () => {
    const page = await product.open("/incidents", { as: "responder" });
    await page.getByRole("heading", { name: /incidents wait/ }).waitFor();
    await page.locator("html[data-keys]").waitFor({ state: "attached" });
    await page.keyboard.press("j");
    expect(await page.evaluate(() => document.activeElement?.hasAttribute("data-incident"))).toBe(true);
    await page.getByRole("checkbox", { name: "Choose all on this page" }).check();
    await page.getByRole("button", { name: "Acknowledge" }).click();
    await page
      .getByText(/3 incidents decided/)
      .first()
      .waitFor();
    expect(await rows("select distinct state from incident")).toEqual([{ state: "acknowledged" }]);
  });

  it("keeps its filter under a name, and the address stays the state", async () => {
    const page = await product.open("/incidents?level=medium", { as: "responder" });
    await page.locator("html[data-keys]").waitFor({ state: "attached" });
    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("menuitem", { name: "Save this view…" }).click();
    await page.getByLabel("Name").fill("Only medium");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("button", { name: "Only medium" }).waitFor();
    await page.goto(`${product.url}/incidents`);
    await page.locator("html[data-keys]").waitFor({ state: "attached" });
    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("menuitem", { name: "Only medium" }).click();
    await page.waitForURL(/[?]level=medium$/);
    await page.getByRole("button", { name: "Only medium" }).waitFor();
  });
});
