import { beforeAll, describe, expect, it } from "vitest";
import { recordAlerts } from "@/lib/incidents/record-alerts";
import type { EventDocument } from "@/lib/model/event";
import { LIVE } from "@/lib/store/batches";
import { inTransaction } from "@/lib/store/db";
import { type NewEvent, newEvent } from "@/lib/store/event-rows";
import { appendEvents } from "@/lib/store/events";
import { anAlert } from "@/test/support/alerts";
import { accessibilityFaults, overflow, useProduct } from "@/test/support/product";

const product = useProduct({ workers: true });
const RULE = "0ab66151-6557-5c29-935d-ef9817578a55"; // many failed sign-ins to one account
const MINUTE = 60_000;
const rows = async (text: string) => (await product.database.owner(text)).rows;

/** An hour ago somebody failed to sign in 6 times within a minute, below the rule's limit of 8; and an alert that speaks of these events. */
beforeAll(async () => {
  const at = Date.now() - 60 * MINUTE;
  const events = Array.from({ length: 6 }, (_, n): NewEvent => {
    const occurredAt = at + n * 10_000;
    const document = {
      id: `f${n}`,
      occurred_at: new Date(occurredAt).toISOString(),
      action: "user.login",
      outcome: "failure",
      direction: "inbound",
      service: "shop",
      actor: { id: "ana" },
      source: { ip: "203.0.113.7" },
    };
    const record = { id: document.id, occurredAt, receivedAt: occurredAt, document: document as EventDocument };
    return newEvent(record, { keyId: null, lane: LIVE });
  });
  await appendEvents(events, [{ at, keyId: "", service: "shop", outcome: "accepted", reason: "", items: 6 }]);
  const alert = anAlert("203.0.113.7", { ruleId: RULE, firstAt: at, lastAt: at + MINUTE, evidence: ["f0", "f1", "f2"] });
  await inTransaction((tx) => recordAlerts(tx, [alert], { historical: false, world: "live", now: new Date() }));
});

describe("the workbench", () => {
  it("shows a fault under its line, sets a threshold by form, runs over the past, and knows the result after a reload", async () => {
    const page = await product.open(`/rules/${RULE}`, { as: "admin" });
    const editor = page.getByRole("textbox", { name: "The rule as YAML" });
    await editor.click();
    await page.keyboard.press("Control+End");
    await page.keyboard.type("\nlevel: loud");
    await page
      .getByText(/^Line \d+, column \d+:/)
      .first()
      .waitFor();
    await page.getByText(/^\d errors?, line/).waitFor();
    expect(await page.getByRole("button", { name: /^Save as version/ }).isDisabled()).toBe(true);
    for (let n = 0; n < "\nlevel: loud".length; n++) await page.keyboard.press("Backspace");
    await page.getByLabel("At least").fill("5");
    await page.getByText("was 8").waitFor();
    await page.getByText("Nothing to mend").waitFor();
    const before = await rows("select count(*)::int as n from alert");
    await page.getByRole("button", { name: "Run over the past" }).click();
    await page.getByText("All read").waitFor();
    await page.getByText("+1 new").click();
    await page.getByText("1 of 1 account reaches 5.").waitFor();
    await page.getByRole("button", { name: "Save as test" }).click();
    await page.getByText("The draft alerts on them, as it should.").waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.reload();
    await page.getByText("All read").waitFor();
    await page.getByText("the text has changed since").waitFor();
    expect(await rows("select count(*)::int as n from alert")).toEqual(before);
  });

  it("makes an exception out of an incident in three steps, says what it hides, and ends it", async () => {
    const page = await product.open("/incidents/INC-1", { as: "responder" });
    await page.locator(`a[href*="${RULE}?except="]`).click(); // other rules may have spoken about the same events
    await page.getByText(/Would have hidden 1 of 1 alert in 30 days, 0 confirmed/).waitFor();
    await page.getByLabel("Why").fill("Ana's old phone");
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Add exception" }).click();
    await page.getByRole("button", { name: /^End the exception/ }).click();
    await page.getByText(/Ana's old phone\. .*ended/).waitFor();
    expect(
      (await rows("select action from audit_entry where action like 'suppression.%' order by id")).map(({ action }) => action),
    ).toEqual(["suppression.create", "suppression.end"]);
  });

  it("looks at rules of others before it takes them in", async () => {
    const page = await product.open("/rules/import", { as: "admin" });
    const rule =
      "title: Trace asked for\nid: imported-trace\nlogsource: {category: webserver}\ndetection: {s: {cs-method: TRACE}, condition: s}\n";
    await page.waitForLoadState("networkidle");
    await page.getByLabel("ZIP or rule files").setInputFiles([
      { name: "trace.yml", mimeType: "application/yaml", buffer: Buffer.from(rule) },
      {
        name: "broken.yml",
        mimeType: "application/yaml",
        buffer: Buffer.from(rule.replace("cs-method", "cs-method|equals").replace("imported-trace", "b")),
      },
    ]);
    await page.getByRole("heading", { name: "1 could not be loaded" }).waitFor();
    expect(await rows("select 1 from rule where id = 'imported-trace'")).toHaveLength(0);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Import 1 rule" }).click();
    await page.getByRole("link", { name: "Trace asked for" }).click();
    await page.getByRole("heading", { level: 1, name: "Trace asked for" }).waitFor();
  });

  it("gives a placeholder of others' rules its values, and others only see them", async () => {
    await product.database.owner(
      `insert into rule (id, source, enabled, yaml, version, updated_at) values ('waits', 'custom', true, $1, 1, now())`,
      [
        "title: Administrator elsewhere\nid: waits\nlogsource: {category: api}\ndetection: {s: {actor.id|expand: '%Admins%'}, condition: s}\n",
      ],
    );
    const page = await product.open("/rules/placeholders", { as: "admin" });
    await page.getByRole("heading", { level: 1, name: "1 rule waits for values." }).waitFor();
    await page.getByRole("button", { name: "Give the values of Admins" }).click();
    await page.getByLabel("Values", { exact: true }).fill("root\nadmin*");
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { level: 1, name: "No rule waits for values." }).waitFor();
    expect(await rows("select count(*)::int as n from audit_entry where action like '%placeholder%'")).toEqual([{ n: 1 }]);

    const viewer = await product.open("/rules/placeholders", { as: "viewer" });
    await viewer.getByText("admin*").waitFor();
    expect(await viewer.getByRole("button", { name: /values|Add a placeholder/ }).count()).toBe(0);
  });

  it("sets a rule to test only, says so, and switches it on from its page", async () => {
    const page = await product.open("/rules?q=sign-in&state=on", { as: "admin" });
    const mode = page.getByLabel("How it runs: Many failed sign-ins from one address");
    await mode.selectOption("test");
    await mode.waitFor({ state: "detached" }); // it is no longer among those that are on
    await page.goto(`${product.url}/rules?state=test`);
    await page.getByRole("link", { name: "Many failed sign-ins from one address" }).click();
    await page.getByText("its alerts stand on this page, open no incident and mail nobody").waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByLabel(/^How it runs/).selectOption("on");
    await page.getByText("its alerts stand on this page").waitFor({ state: "detached" });
    expect(await rows("select test_only from rule where test_only")).toEqual([]);
  });

  it("switches several rules at once", async () => {
    const page = await product.open("/rules?q=sign-in&state=on", { as: "admin" });
    await page.waitForLoadState("networkidle");
    await page
      .getByRole("checkbox", { name: /^Tick Many failed/ })
      .first()
      .check();
    await page.getByRole("group", { name: "With the ticked rules" }).getByRole("button", { name: "Switch off" }).click();
    await page.getByText("1 rule switched").waitFor();
    expect(await rows("select count(*)::int as n from audit_entry where action = 'rule.disable'")).toEqual([{ n: 1 }]);
  });

  it("shows a newer built-in text beside an edited one, and keeps mine", async () => {
    const text = "title: Mine\nid: mine\nlogsource: {category: api}\ndetection: {s: {action: x}, condition: s}\n";
    await product.database.owner(
      `insert into rule (id, source, enabled, yaml, version, built_in, updated_at) values ('${RULE}', 'edited', true, $1, 2, 'title: older', now())
       on conflict (id) do update set source = 'edited', yaml = excluded.yaml, version = 2, built_in = excluded.built_in, updated_at = now()`,
      [text],
    );
    const page = await product.open(`/rules/${RULE}`, { as: "admin", theme: "dark" });
    await page.getByRole("heading", { name: "Vedette brings another text for this rule" }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Keep mine" }).click();
    await page.getByRole("heading", { name: "Vedette brings another text for this rule" }).waitFor({ state: "detached" });
    expect(await rows("select version, yaml from rule where source = 'edited'")).toEqual([{ version: 2, yaml: text }]);
  });

  it("fits a phone", async () => {
    const page = await product.open(`/rules/${RULE}`, { as: "viewer", width: 375 });
    await page.getByRole("textbox", { name: "The rule as YAML" }).waitFor();
    expect(await overflow(page)).toBeLessThanOrEqual(0);
  });
});

describe("roles at the workbench", () => {
  it.each([
    ["viewer", { save: 0, except: 0 }],
    ["auditor", { save: 0, except: 0 }],
    ["responder", { save: 0, except: 1 }],
  ] as const)("a %s may do what the role allows", async (as, { save, except }) => {
    const page = await product.open(`/rules/${RULE}`, { as });
    await page.getByRole("textbox", { name: "The rule as YAML" }).waitFor();
    expect(await page.getByRole("button", { name: /^Save as|^Switch o/ }).count()).toBe(save);
    expect(await page.getByRole("button", { name: "Add", exact: true }).count()).toBe(except);
    await page.goto(`${product.url}/rules/import`);
    await page.getByText("Your role does not let you import rules.").waitFor();
  });
});
