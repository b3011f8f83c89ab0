/** Our own build, running on the test file's database, and a browser that looks at it. Errors in the browser's console fail the test. */
import { type ChildProcess, fork } from "node:child_process";
import net from "node:net";
import AxeBuilder from "@axe-core/playwright";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { findBrowser } from "@/bin/launch/browser.mjs";
import { changePassword } from "@/lib/access/account";
import { contextOf, signIn, whoIs } from "@/lib/access/sign-in";
import { inviteUser } from "@/lib/access/team";
import type { Role } from "@/lib/model/user";
import { type TestDatabase, useDatabase } from "./database";

export const PASSWORD = "four unrelated words here";

/** How a page is looked at. */
export interface Look {
  theme?: "light" | "dark";
  width?: number;
  as?: Role | undefined;
}

/** The running product and the ways to look at it. */
export interface Product {
  database: TestDatabase;
  url: string;
  /** Opens a path in a fresh browser context; signed in when `as` names a role. */
  open(path: string, look?: Look): Promise<Page>;
}

/** Call at the top of a test file. `workers`: also run detection and mail. */
export function useProduct({ workers = false } = {}): Product {
  const database = useDatabase();
  const product = { database } as Product;
  const contexts: BrowserContext[] = [];
  const faults: string[] = [];
  const children: ChildProcess[] = [];
  const states = new Map<Role, Awaited<ReturnType<BrowserContext["storageState"]>>>();
  const running: { browser?: Browser } = {};

  beforeAll(async () => {
    const port = await freePort();
    product.url = `http://localhost:${port}`;
    const environment = {
      ...process.env,
      ...database.environment,
      NODE_ENV: "production" as const,
      PORT: String(port),
      BASE_URL: product.url,
      AUTH_URL: product.url,
      LOG_LEVEL: "error",
      VEDETTE_HOME: process.cwd(),
    };
    for (const file of ["web/main.ts", ...(workers ? ["workers/main.ts"] : [])])
      children.push(fork(file, [], { execArgv: ["--import", "tsx"], env: environment, stdio: "inherit" }));
    running.browser = await chromium.launch({
      executablePath: process.env.CHROMIUM_PATH || (findBrowser() ?? ""),
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
    await answers(`${product.url}/api/ready`);
  });
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
    expect(faults.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await running.browser?.close();
    await Promise.all(children.map(stop));
  });

  product.open = async (path, { theme = "light", width = 1440, as } = {}) => {
    const { browser } = running;
    if (!browser) throw new Error("the browser is not running");
    if (as && !states.has(as)) states.set(as, await signInAs(browser, product.url, as));
    const context = await browser.newContext({
      viewport: { width, height: width < 500 ? 812 : 900 },
      colorScheme: theme,
      reducedMotion: "reduce",
      timezoneId: "Europe/Berlin",
      storageState: as ? states.get(as) : undefined,
    });
    contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(45_000); // of a machine that does much else
    watch(page, faults);
    const { goto, reload } = page;
    page.goto = async (...asked) => settled(page, await goto.apply(page, asked));
    page.reload = async (...asked) => settled(page, await reload.apply(page, asked));
    await page.goto(product.url + path);
    return page;
  };
  return product;
}

/** What was streamed has moved to its place: until then a text may stand twice. */
async function settled<Answer>(page: Page, answer: Answer): Promise<Answer> {
  await page.waitForFunction(() => document.querySelector("div[hidden][id^='S:']") === null);
  return answer;
}

/** Everything that goes wrong in the browser, as text. A refused sign-in answers with its own status and is no fault. */
function watch(page: Page, faults: string[]): void {
  page.on("pageerror", (error) => faults.push(`${page.url()}: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`${page.url()}: ${message.text()} ${message.location().url}`);
  });
}

/** Makes a person with that role and signs them in through the page. */
async function signInAs(browser: Browser, url: string, role: Role) {
  const email = `${role}@example.com`;
  await addMember(email, role);
  const context = await browser.newContext({ timezoneId: "Europe/Berlin" });
  const page = await context.newPage();
  await page.goto(`${url}/sign-in`);
  await enter(page, email, PASSWORD);
  await page.waitForURL((address) => address.pathname !== "/sign-in");
  const state = await context.storageState();
  await context.close();
  return state;
}

/** Fills the form of the sign-in page and sends it. */
export async function enter(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Adds a person who has already chosen PASSWORD. */
export async function addMember(email: string, role: Role): Promise<string> {
  const now = new Date();
  const ctx = { actor: { type: "system", name: "test" }, now } as const;
  const { password, userId } = await inviteUser(ctx, { email, name: `${role[0]?.toUpperCase()}${role.slice(1)} Person`, role });
  const entered = await signIn({ email, password, address: "192.0.2.1" }, now);
  const found = entered && (await whoIs(entered.sessionId, now));
  if (!found) throw new Error(`${email} could not sign in`);
  await changePassword(contextOf(found.user, now), { current: password, next: PASSWORD, sessionId: found.session.id });
  return userId;
}

/** Faults of accessibility (axe, WCAG 2.2 AA), each with where it is. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
    .analyze();
  return violations.flatMap((violation) =>
    violation.nodes.map(
      (node) => `${violation.id}: ${node.target.join(" ")} ${node.failureSummary?.split("\n").slice(1, 2).join("") ?? ""}`,
    ),
  );
}

/** How far the page is wider than its window, px. */
export const overflow = (page: Page): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(url: string): Promise<void> {
  const end = performance.now() + 90_000;
  while (performance.now() < end) {
    if ((await fetch(url).catch(() => null))?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${url} did not answer`);
}

function stop(child: ChildProcess): Promise<unknown> {
  if (child.exitCode !== null) return Promise.resolve();
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  return gone;
}
