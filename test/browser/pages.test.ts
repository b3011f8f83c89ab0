import { beforeAll, describe, expect, it } from "vitest";
import { createApiKey } from "@/lib/access/api-keys";
import { recordAlerts } from "@/lib/incidents/record-alerts";
import type { Role } from "@/lib/model/user";
import type { EventDocument } from "@/lib/model/event";
import { LIVE } from "@/lib/store/batches";
import { inTransaction } from "@/lib/store/db";
import { type NewEvent, newEvent } from "@/lib/store/event-rows";
import { appendEvents } from "@/lib/store/events";
import { recordRefusals } from "@/lib/store/outcomes";
import { anAlert } from "@/test/support/alerts";
import { accessibilityFaults, overflow, useProduct } from "@/test/support/product";

const product = useProduct();
const MINUTE = 60_000;

/** A day with ordinary requests, one attack with markup in what it sends, and one refusal. */
beforeAll(async () => {
  const now = Date.now();
  const event = (n: number, more: object): NewEvent => {
    const occurredAt = now - (n % 1440) * MINUTE;
    const document = {
      id: `e${n}`,
      occurred_at: new Date(occurredAt).toISOString(),
      action: "http.request",
      outcome: "success",
      direction: "inbound",
      service: "orders-api",
      actor: { id: `u${n % 9}` },
      source: { ip: `198.51.100.${n % 40}` },
      http: { method: "GET", route: "/v1/orders/{id}", status: 200 },
      ...more,
    };
    return newEvent(
      { id: document.id, occurredAt, receivedAt: occurredAt + 200, document: document as EventDocument },
      { keyId: null, lane: LIVE },
    );
  };
  const ordinary = Array.from({ length: 600 }, (_, n) => event(n, {}));
  const hostile = Array.from({ length: 60 }, (_, n) =>
    event(5000 + n, {
      action: "user.login",
      outcome: "failure",
      actor: { id: "<img src=x onerror=alert(1)>" },
      source: { ip: "203.0.113.7" },
      service: "\u202e<script>alert(1)</script>",
    }),
  );
  await appendEvents(
    [...ordinary, ...hostile],
    [
      { at: now, keyId: "", service: "orders-api", outcome: "accepted", reason: "", items: 660 },
      { at: now, keyId: "", service: "", outcome: "rejected", reason: "unknown_field", items: 3 },
    ],
  );
  await recordRefusals([
    {
      at: now,
      keyId: null,
      service: "",
      peerIp: "10.0.4.17",
      status: 422,
      reason: "unknown_field",
      detail: "timestamp is not a field; did you mean occurred_at?",
      sample: '{"timestamp":"<b>now</b>"}',
    },
  ]);
  const alert = anAlert("203.0.113.7", {
    firstAt: now - 30 * MINUTE,
    lastAt: now - 10 * MINUTE,
    level: "critical",
    title: "Brute force <script>alert(1)</script>",
  });
  await inTransaction((tx) => recordAlerts(tx, [alert], { historical: false, world: "live", now: new Date() }));
});

const PAGES: { path: string; heading: RegExp; as?: Role }[] = [
  { path: "/", heading: /^One incident needs you\./ },
  { path: "/?last=7d&service=orders-api&direction=outbound", heading: /^One incident needs you\./ },
  { path: "/onboarding", heading: /^Your first event is here/ },
  { path: "/health", heading: /needs? a look|Everything works/ },
  { path: "/rules", heading: /rules on watch/ },
  { path: "/rules/coverage", heading: /risks? (is|are) not looked for|All ten API risks/ },
  { path: "/rules/impossible-travel", heading: /^Impossible travel$/ },
  { path: "/rules/0ab66151-6557-5c29-935d-ef9817578a55", heading: /^Many failed sign-ins to one account$/ },
  { path: "/rules/exceptions", heading: /held back|events back/ },
  { path: "/rules/placeholders", heading: /^No rule waits/ },
  { path: "/rules/import", heading: /^Import Sigma rules/ },
  { path: "/rules/new", heading: /^Write a rule/ },
  { path: "/keys", heading: /in force/ },
  { path: "/incoming-webhooks", heading: /^Let identity providers/ },
  { path: "/own-exits", heading: /of your own|as your own/ },
  { path: "/team", heading: /can see what happens|alone/ },
  { path: "/audit", heading: /^Who did what/ },
  { path: "/account", heading: /^Your account$/ },
  { path: "/incidents", heading: /./ },
  { path: "/incidents/INC-1", heading: /./ },
  { path: "/people", heading: /./ },
  { path: "/sessions", heading: /./ },
  { path: "/failed-attempts", heading: /./ },
  { path: "/traffic", heading: /./ },
  { path: "/third-parties", heading: /./ },
  { path: "/notifications", heading: /./ },
  { path: "/about", heading: /^Vedette \d/ },
];

describe.each(PAGES)("$path", ({ path, heading, as = "admin" }) => {
  it.each(["light", "dark"] as const)("says its answer and has no fault of accessibility (%s)", async (theme) => {
    const page = await product.open(path, { as, theme });
    await page.getByRole("heading", { level: 1, name: heading }).waitFor();
    await page.waitForLoadState("networkidle");
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it("fits a phone, and nothing an attacker wrote runs", async () => {
    const page = await product.open(path, { as, width: 375 });
    await page.getByRole("heading", { level: 1, name: heading }).waitFor();
    await page.waitForLoadState("networkidle");
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    expect(await page.locator("img[src=x]").count()).toBe(0);
    expect(await accessibilityFaults(page)).toEqual([]);
  });
});

it.each(["/", "/health", "/traffic"])("a chart of %s that has not found its width yet widens no page", async (path) => {
  const page = await product.open(path, { as: "admin", width: 375 });
  const pictures = page.locator(".recharts-wrapper");
  await pictures.first().waitFor();
  await pictures.evaluateAll((all) => {
    for (const picture of all) picture.setAttribute("style", "width: 1100px; height: 200px");
  });
  expect(await overflow(page)).toBeLessThanOrEqual(0);
});

describe("roles", () => {
  it.each([
    ["viewer", "/team", "Your role does not let you see the team."],
    ["viewer", "/audit", "Your role does not let you read the audit trail."],
    ["responder", "/audit", "Your role does not let you read the audit trail."],
    ["viewer", "/onboarding", "An administrator makes the key"],
  ] as const)("a %s at %s is told so, and who can help", async (as, path, text) => {
    const page = await product.open(path, { as });
    await page.getByText(text).waitFor();
    await expect(
      page
        .getByRole("navigation", { name: "Pages" })
        .getByRole("link", { name: /Team|Audit|Add a service/ })
        .count(),
    ).resolves.toBe(0);
  });

  it("an auditor sees the team and cannot change it", async () => {
    const page = await product.open("/team", { as: "auditor" });
    await page.getByRole("heading", { name: /can see what happens/ }).waitFor();
    expect(await page.getByRole("button", { name: /Invite|Actions for/ }).count()).toBe(0);
  });

  it("an administrator invites a person, gives another role, and locks out, each in the audit trail", async () => {
    const page = await product.open("/team", { as: "admin" });
    await page.getByRole("button", { name: "Invite" }).click();
    await page.getByLabel("Name").fill("Sam Ortiz");
    await page.getByLabel("E-mail").fill("sam@example.com");
    await page.getByRole("radio", { name: /^Responder/ }).check();
    await page.getByRole("dialog").getByRole("button", { name: "Invite" }).click();
    await page.getByText("It is not shown again.").waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "I passed it on" }).click();
    await page.getByRole("button", { name: "Actions for Sam Ortiz" }).click();
    await page.getByRole("menuitemcheckbox", { name: "Auditor" }).click();
    await page.getByText("Sam Ortiz is now auditor.").first().waitFor();
    await page.getByRole("button", { name: "Actions for Sam Ortiz" }).click();
    await page.getByRole("menuitem", { name: "Lock out" }).click();
    await page.getByRole("button", { name: "Lock out" }).click();
    await page.getByText("Locked out").first().waitFor();
    await page.goto(`${product.url}/audit?kind=user`);
    await page.getByText("locked a person out").waitFor();
    await page.getByText("changed a role").waitFor();
    await page.getByText("added a person").first().waitFor();
  });
});

describe("exits of the organisation", () => {
  it("are named by an administrator, refused with the reason, shown at the address, and only looked at by others", async () => {
    const page = await product.open("/own-exits", { as: "admin" });
    await page.getByRole("button", { name: "Add an exit" }).click();
    await page.getByLabel("Name").fill("VPN Frankfurt");
    await page.getByLabel("Address or network").fill("198.51.100.7/24");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Do you mean 198.51.100.0/24, or the one address 198.51.100.7?").waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByLabel("Address or network").fill("198.51.100.0/24");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { level: 1, name: "1 exit of your own." }).waitFor();
    await page.goto(`${product.url}/entities/ip/198.51.100.9`);
    await page.getByText("Your own exit: VPN Frankfurt.").waitFor();
    await page.goto(`${product.url}/audit?kind=own_exit`);
    await page.getByText("named an exit of your own").first().waitFor();
    const viewer = await product.open("/own-exits", { as: "viewer", width: 375 });
    await viewer.getByText("VPN Frankfurt").waitFor();
    expect(await viewer.getByRole("button", { name: /Add an exit|Change…|Remove/ }).count()).toBe(0);
    expect(await overflow(viewer)).toBeLessThanOrEqual(0);
  });
});

describe("keys", () => {
  it("are made with their secret shown once, hold at once, and are refused once revoked", async () => {
    const page = await product.open("/keys", { as: "admin" });
    await page.getByRole("button", { name: "Make a key" }).click();
    await page.getByLabel("Name").fill("reporting");
    await page.getByLabel("Only from these addresses").fill("not an address");
    await page.getByRole("button", { name: "Make the key" }).click();
    await page.getByText("Write an address or a network").waitFor();
    await page.getByLabel("Only from these addresses").fill("");
    await page.getByRole("button", { name: "Make the key" }).click();
    await page.getByRole("heading", { name: "Keep this key now" }).waitFor();
    const secret = (await page.getByRole("dialog").locator("code").first().textContent()) ?? "";
    const send = () =>
      fetch(`${product.url}/api/v1/events`, {
        method: "POST",
        headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
        body: '{"action":"report.run"}',
      });
    expect((await send()).status).toBe(201);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "I kept it" }).click();
    await page.getByRole("button", { name: "Revoke reporting" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await page.getByText("reporting is revoked.").first().waitFor();
    await expect.poll(async () => (await send()).status, { timeout: 10_000 }).toBe(401);
    expect(await page.content()).not.toContain(secret);
  });

  it("are rotated: both secrets work, the new one is shown once, and every limit can be set", async () => {
    const page = await product.open("/keys", { as: "admin" });
    await page.getByRole("button", { name: "Make a key" }).click();
    await page.getByLabel("Name").fill("gateway");
    await page.getByText("More limits").click();
    await page.getByLabel("Events a day").fill("2");
    await page.getByLabel("Only with this TLS client certificate").fill("12:34");
    await page.getByRole("button", { name: "Make the key" }).click();
    await page.getByText("A SHA-256 fingerprint has 64 hexadecimal digits.").waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByLabel("Only with this TLS client certificate").fill("");
    await page.getByRole("button", { name: "Make the key" }).click();
    const shown = async () => (await page.getByRole("dialog").locator("code").first().textContent()) ?? "";
    const old = await shown();
    await page.getByRole("button", { name: "I kept it" }).click();
    await page.getByText("at most 2 a day").waitFor();
    await page.getByRole("button", { name: "Rotate gateway" }).click();
    await page.getByLabel("The old secret ends").selectOption({ label: "in an hour" });
    await page.getByRole("button", { name: "Make a new secret" }).click();
    await page.getByText("The old secret ends in an hour.").waitFor();
    const fresh = await shown();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "I kept it" }).click();
    await page.getByText("its old secret until").waitFor();
    const send = async (secret: string) => {
      const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
      return (await fetch(`${product.url}/api/v1/events`, { method: "POST", headers, body: '{"action":"x"}' })).status;
    };
    expect([await send(old), await send(fresh), await send(fresh)]).toEqual([201, 201, 429]);
  });

  it("are not for a viewer to see, nor for a responder to change", async () => {
    const viewer = await product.open("/keys", { as: "viewer" });
    await viewer.getByText("Your role does not let you see the API keys.").waitFor();
    const responder = await product.open("/keys", { as: "responder" });
    await responder.getByRole("heading", { level: 1 }).waitFor();
    expect(await responder.getByRole("button", { name: /Make a key|Revoke|Change|Rotate/ }).count()).toBe(0);
  });
});

describe("health", () => {
  it("counts what became of each sender's items, with the reason, and narrows to one", async () => {
    const page = await product.open("/health", { as: "admin" });
    const senders = page.getByRole("table", { name: "Senders" });
    await senders.getByRole("row", { name: /no key none named 0 0 \d+ \w+/ }).waitFor();
    await senders.getByRole("link", { name: "no key" }).first().click();
    await page.waitForURL(/\/health\?key=&service=/);
    await page.getByText("Show all senders").waitFor();
    await page.getByText("timestamp is not a field; did you mean occurred_at?").waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
  });
});

describe("incoming webhooks", () => {
  it("a mapping shows as one types what a pasted sample becomes, is kept, read by the next delivery, and removed", async () => {
    const page = await product.open("/incoming-webhooks", { as: "admin" });
    await page.getByText("would be taken").waitFor();
    await page.getByLabel("What the sender posts (JSON)").fill('{"who":"ana","when":"not a time"}');
    await page.getByLabel("Mapping (YAML)").fill("fields:\n  action: { value: door.opened }\n  actor.id: who\n  occurred_at: when\n");
    await page.getByText("would be refused").waitFor();
    await page.getByText("/occurred_at").waitFor();
    await page.getByLabel("Mapping (YAML)").fill("fields:\n  action: { value: door.opened }\n  no.such: who\n");
    await page.getByText('An event has no field "no.such".').waitFor();
    await page.getByLabel("Mapping (YAML)").fill("fields:\n  action: { value: door.opened }\n  actor.id: who\n");
    await page.getByText("would be taken").waitFor();
    expect(await page.getByText('"id": "ana"').count()).toBeGreaterThan(0);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Use small letters, digits and hyphens").waitFor();
    await page.getByLabel("Name in the address").fill("doors");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Done; it holds for the next delivery.").waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    const { secret } = await createApiKey(
      { actor: { type: "system", name: "test" }, now: new Date() },
      { name: "doors", scopes: ["ingest"] },
    );
    const deliver = async () =>
      (
        await fetch(`${product.url}/api/webhooks/custom/doors`, {
          method: "POST",
          headers: { authorization: secret },
          body: '{"who":"ana"}',
        })
      ).status;
    await expect.poll(deliver, { timeout: 5000 }).toBe(200);
    await page.getByRole("button", { name: "Remove" }).click();
    await expect.poll(deliver, { timeout: 5000 }).toBe(404);
  });

  it("GitHub's secret is shown on request only, to administrators only", async () => {
    const page = await product.open("/incoming-webhooks", { as: "admin" });
    await page.getByRole("button", { name: "Show address and secret" }).click();
    await page.getByText("/api/webhooks/github/").first().waitFor();
    const viewer = await product.open("/incoming-webhooks", { as: "viewer" });
    await viewer.getByText("Your role does not let you see the incoming webhooks.").waitFor();
    const responder = await product.open("/incoming-webhooks", { as: "responder" });
    await responder.getByText("An administrator can show address and secret.").waitFor();
    await responder.getByText("would be taken").waitFor();
    expect(await responder.getByRole("button", { name: /Save|Remove|Show address/ }).count()).toBe(0);
  });
});

describe("how it looks to a person", () => {
  it("the theme holds from the first byte of the next page on", async () => {
    const page = await product.open("/account", { as: "responder" });
    await page.getByLabel("Theme").selectOption("dark");
    await page.getByRole("status").filter({ hasText: "Saving" }).waitFor({ state: "detached" });
    await expect
      .poll(async () => (await page.context().cookies()).some((cookie) => cookie.name === "vedette-theme" && cookie.value === "dark"))
      .toBe(true);
    const html = await (await page.context().request.get(`${product.url}/about`)).text();
    expect(html).toContain('data-theme="dark"');
  });

  it("times are the viewer's, with the distance from UTC beside them", async () => {
    const page = await product.open("/audit", { as: "admin" });
    await page.getByRole("columnheader", { name: /^Time UTC\+[12]$/ }).waitFor();
  });
});

describe("the keyboard alone", () => {
  it("goes from the overview to health through the one field, and skips to the content", async () => {
    const page = await product.open("/", { as: "admin" });
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.waitForLoadState("networkidle");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("content");
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").waitFor();
    await page.keyboard.type("heal");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/health");
    await page.getByRole("heading", { level: 1, name: /look|works/ }).waitFor();
  });

  it("reads the chart as a table", async () => {
    const page = await product.open("/", { as: "admin" });
    await page.getByRole("button", { name: "Table" }).press("Enter");
    await page.getByRole("columnheader", { name: "failure" }).waitFor();
  });

  it("chooses another span, and the address says it", async () => {
    const page = await product.open("/", { as: "admin" });
    await page.getByRole("button", { name: /Last 24 hours/ }).click();
    await page.getByRole("button", { name: "Last 7 days" }).click();
    await page.waitForURL("**/?last=7d");
    await page.getByRole("button", { name: /Last 7 days/ }).waitFor();
  });
});

describe("pages", () => {
  it("send a policy under which only our own scripts run, and are framed by nobody", async () => {
    const answer = await fetch(`${product.url}/sign-in`);
    const policy = answer.headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/script-src 'self' 'nonce-[0-9a-f]{32}' 'strict-dynamic';/);
    expect(policy).toContain("frame-ancestors 'none'");
    const html = await answer.text();
    const scripts = html.match(/<script\b[^>]*>/g) ?? [];
    expect(scripts.length).toBeGreaterThan(0);
    for (const script of scripts) expect(script).toMatch(/nonce="[0-9a-f]{32}"/);
  });

  it("answer in words where there is nothing", async () => {
    const page = await product.open("/account", { as: "admin" });
    const answer = await page.context().request.get(`${product.url}/no-such-page`);
    expect(answer.status()).toBe(404);
    expect(await answer.text()).toContain("There is nothing at this address.");
  });
});
