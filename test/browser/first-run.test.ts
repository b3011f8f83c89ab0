import { describe, expect, it } from "vitest";
import { ensureFirstAdministrator } from "@/lib/access/first-administrator";
import { accessibilityFaults, addMember, enter, PASSWORD, useProduct } from "@/test/support/product";

const product = useProduct({ workers: true });

describe("a new installation", () => {
  it("leads from the one-time password to a first event that is good enough, and to a test attack with its incident", async () => {
    const first = await ensureFirstAdministrator(new Date());
    if (!first) throw new Error("an empty installation must make an administrator");
    const page = await product.open("/");
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await enter(page, first.email, "not the password");
    await page.getByRole("alert").filter({ hasText: "Address or password are not right." }).waitFor();
    await enter(page, first.email, first.password);

    await page.getByRole("heading", { name: "Make this account yours" }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByLabel("Your name").fill("Ada Kern");
    await page.getByLabel("E-mail").fill("ada@example.com");
    await page.getByLabel("New password").fill("too short");
    await page.getByRole("button", { name: "Save and continue" }).click();
    await page.getByText("Use at least 12 characters.").waitFor();
    await page.getByLabel("New password").fill(PASSWORD);
    await page.getByRole("button", { name: "Save and continue" }).click();

    await page.getByRole("heading", { name: "Send your first event." }).waitFor();
    const beside = await page.context().newPage();
    await beside.goto(`${product.url}/events`);
    await beside.getByText("No event has arrived yet.").waitFor();
    expect(await beside.getByRole("button", { name: "Export" }).count()).toBe(0); // of nothing
    await beside.close();
    await page.getByLabel("Service").fill("orders-api");
    await page.getByRole("button", { name: "Make its key" }).click();
    await page.getByText("Shown only now.").waitFor();
    const key = (await page.locator("code").filter({ hasText: /^vdt_/ }).first().textContent()) ?? "";
    await page.getByText(`Bearer ${key}`).waitFor();
    const send = (body: unknown) =>
      fetch(`${product.url}/api/v1/events`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });

    expect((await send({ action: "user.login", timestamp: 1 })).status).toBe(422);
    await page.getByText("Refused: timestamp: Unknown field.").waitFor();
    expect(
      (await send({ action: "user.login", outcome: "success", actor: { id: "ana" }, source: { ip: "10.0.4.17", user_agent: "Firefox" } }))
        .status,
    ).toBe(201);
    await page.getByText("First event: user.login by ana").waitFor();
    await page.getByText("your proxy?").waitFor();
    await page.getByText("Every event comes from 10.0.4.17.").waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);

    await page.getByRole("button", { name: "Send test attack" }).click();
    await page.getByRole("link", { name: /^Open INC-\d+$/ }).waitFor({ timeout: 30_000 });
    await page.getByText("Mail written").waitFor({ timeout: 30_000 });

    await page.getByRole("button", { name: "Done for now" }).click();
    await page.getByRole("heading", { name: /needs? you\./ }).waitFor();
  });
});

describe("the door", () => {
  it("brings back to the page that was asked for, and never leads elsewhere", async () => {
    await addMember("door@example.com", "viewer");
    const page = await product.open("/health?x=1");
    await page.getByText("You will come back to the page you asked for.").waitFor();
    await enter(page, "door@example.com", PASSWORD);
    await page.waitForURL("**/health?x=1");

    const lured = await product.open("/sign-in?next=//evil.example/x");
    await enter(lured, "door@example.com", PASSWORD);
    await lured.waitForURL((address) => address.pathname !== "/sign-in");
    expect(new URL(lured.url()).origin).toBe(product.url);
  });

  it("closes at sign-out for every copy of the cookie", async () => {
    await addMember("leaver@example.com", "viewer");
    const page = await product.open("/sign-in");
    await enter(page, "leaver@example.com", PASSWORD);
    await page.getByRole("button", { name: /^Account of/ }).click();
    const cookies = await page.context().cookies();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();

    const copy = await product.open("/sign-in");
    await copy.context().addCookies(cookies);
    await copy.goto(`${product.url}/health`);
    await copy.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  it("slows guessing down in words", async () => {
    await addMember("guessed@example.com", "viewer");
    const page = await product.open("/sign-in");
    for (let n = 0; n < 10; n++) {
      await enter(page, "guessed@example.com", `guess ${n}`);
      await page.getByRole("button", { name: "Sign in", disabled: false }).waitFor();
      await page.getByRole("alert").first().waitFor();
    }
    await enter(page, "guessed@example.com", PASSWORD);
    await page.getByText(/Too many tries\. Wait \d+ s/).waitFor();
  });
});
