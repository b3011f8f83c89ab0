import { beforeAll, describe, expect, it } from "vitest";
import { recordAlerts } from "@/lib/incidents/record-alerts";
import { LinkAction, makeLink } from "@/lib/incidents/links";
import { inTransaction } from "@/lib/store/db";
import { addPerson, anAlert } from "@/test/support/alerts";
import { accessibilityFaults, overflow, useProduct } from "@/test/support/product";

const product = useProduct();
const rows = async (text: string) => (await product.database.owner(text)).rows;

beforeAll(async () => {
  const now = new Date();
  await addPerson(product.database, { email: "reader@example.com", name: "Reader" });
  const alert = anAlert("203.0.113.7", {
    firstAt: now.getTime() - 60_000,
    lastAt: now.getTime(),
    title: "Brute force <script>alert(1)</script>",
  });
  await inTransaction((tx) => recordAlerts(tx, [alert], { historical: false, world: "live", now }));
});

describe("notifications", () => {
  it("let an administrator make a group and a route, see what it would have sent, change it and send a real one", async () => {
    const page = await product.open("/notifications", { as: "admin" });
    await page.getByRole("heading", { level: 1, name: /critical incident/ }).waitFor();
    await page.getByRole("button", { name: "Add a group" }).click();
    await page.getByLabel("Name").fill("On call");
    await page.getByLabel("Other addresses").fill("not-an-address");
    await page.getByLabel("All administrators").uncheck();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("alert").first().waitFor();
    await page.getByLabel("Other addresses").fill("pager@example.com");
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("pager@example.com.").waitFor();

    await page.getByRole("button", { name: "Add a route" }).click();
    await page.getByLabel("Name").fill("Nights");
    await page.getByLabel("Group On call").check();
    await page.getByLabel("At most one mail in so many minutes").fill("30");
    await page.getByLabel("Quiet hours, in each reader's own zone").check();
    await page.getByText(/In the last 30 days: \d+ first messages? about 1 of 1 incident/).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Save" }).click();
    await page
      .getByText(/When high or worse, tell administrators and On call at once, at most one mail in 30 min, silent between 22:00 and 07:00/)
      .waitFor();

    await page.getByRole("button", { name: "Change…" }).last().waitFor();
    await page.getByRole("listitem").filter({ hasText: "Nights" }).getByRole("button").click();
    await page.getByRole("menuitem", { name: "Send me a real one" }).click();
    await page.getByText("1 message on the way.").first().waitFor();
    await page.getByRole("listitem").filter({ hasText: "pager@example.com" }).getByRole("button", { name: "Remove" }).click();
    await page.getByText("tells this group. Change the route first.").waitFor();
    expect(
      await rows("select count(*)::int as n from audit_entry where action in ('route.create', 'route.group_create', 'route.test')"),
    ).toEqual([{ n: 3 }]);
  });

  it("let an administrator decide that the people concerned are told, with what is wrong by field and an example", async () => {
    await product.database.owner(
      "insert into setting (name, value, updated_at) values ('person-mail', '{\"services\": [\"shop\"]}', now()) on conflict (name) do nothing",
    );
    const page = await product.open("/notifications", { as: "admin" });
    await page.getByText("Nobody is told. Only the dashboard").waitFor();
    await page.getByRole("button", { name: "Decide…" }).click();
    await page.getByLabel("Send these mails").check();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("name at least one domain of the people's addresses").waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByLabel("Only to addresses of these domains").fill("example.com, example.org");
    await page.getByLabel("Whom to tell if it was not them").fill("the help desk");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText(/account at shop is used on an impossible journey .* an address at example\.com or example\.org/).waitFor();
    await page.getByText("What they get").click();
    await page.getByText("3. Tell the help desk, and forward this mail.").waitFor();
    await page.getByRole("button", { name: "Send me an example" }).click();
    await page.getByText("It is on its way to you.").first().waitFor();
    expect(await rows("select action from audit_entry where action like 'person_mail.%'")).toEqual([{ action: "person_mail.update" }]);
    expect(await rows("select reason, recipient like 'user:%' as own from outbox where kind = 'person'")).toEqual([
      { reason: "sample", own: true },
    ]);
  });

  it("fit a phone with the form open, in both themes", async () => {
    for (const theme of ["light", "dark"] as const) {
      const page = await product.open("/notifications", { as: "admin", width: 375, theme });
      await page.getByRole("button", { name: "Add a route" }).click();
      await page.getByLabel("In a digest").check();
      await page.getByLabel("How often").last().selectOption("weekly");
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      expect(await accessibilityFaults(page)).toEqual([]);
    }
  });

  it("show a viewer everything and let them change only their own digest", async () => {
    const page = await product.open("/notifications", { as: "viewer" });
    await page.getByRole("heading", { name: "Routes" }).waitFor();
    expect(await page.getByRole("button", { name: /Add a|Change…|Decide…|Remove|Send again/ }).count()).toBe(0);
    await page.getByLabel("How often").selectOption("weekly");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved.").waitFor();
  });
});

describe("a link in a mail", () => {
  it("asks before it acts: opening it changes nothing, the button does", async () => {
    const [message] = await rows(
      `select o.id from outbox o join "user" u on o.recipient = 'user:' || u.id where u.email = 'reader@example.com' order by o.id limit 1`,
    );
    const { config } = await import("@/lib/config");
    const token = makeLink("acknowledge", Number(message.id), { now: new Date(), key: config().LINK_KEY });
    const page = await product.open(`/act/${token}`, { width: 375 });
    await page.getByRole("heading", { name: "Take this incident?" }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    const everything = () =>
      rows(`select (select json_agg(i) from incident i) as i, (select json_agg(s) from mail_stop s) as s, (select count(*) from suppression) as e,
          (select count(*) from audit_entry) as a, (select count(*) from incident_activity) as n`);
    const before = await everything();
    for (const action of LinkAction.options)
      for (const path of ["act", "api/act"])
        for (const method of ["GET", "HEAD"]) {
          const link = makeLink(action, Number(message.id), { now: new Date(), key: config().LINK_KEY });
          expect((await fetch(`${product.url}/${path}/${link}`, { method, redirect: "manual" })).status).toBeLessThan(400);
        }
    expect(await everything()).toEqual(before);
    expect(await rows("select state from incident")).toEqual([{ state: "open" }]);
    await page.getByRole("button", { name: "Acknowledge" }).click();
    await page.getByRole("heading", { name: "It is yours now." }).waitFor();
    expect(await rows("select state from incident")).toEqual([{ state: "acknowledged" }]);
  });

  it("stops mails in one click for a mail program, without cookies or a page (RFC 8058)", async () => {
    const [message] = await rows(
      `select o.id from outbox o join "user" u on o.recipient = 'user:' || u.id where u.email = 'reader@example.com' order by o.id limit 1`,
    );
    const { config } = await import("@/lib/config");
    const token = makeLink("stop", Number(message.id), { now: new Date(), key: config().LINK_KEY });
    const answer = await fetch(`${product.url}/api/act/${token}`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "List-Unsubscribe=One-Click",
      redirect: "manual",
    });
    expect(answer.status).toBe(200);
    expect(await rows("select kind from mail_stop")).toEqual([{ kind: "alerts" }]);
  });
});
