import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { freePort } from "@/bin/launch/postgres.mjs";
import { isAlive } from "@/test/support/alive";
import { until } from "@/test/support/until";

/** A launcher under test: what it said, and how it ended. */
interface Launch {
  child: ChildProcess;
  said(): string;
  ended: Promise<number | null>;
}

let home: string;
let port: number;
const launches: Launch[] = [];

function launch(environment: Record<string, string> = {}): Launch {
  const { PATH = "", HOME = "" } = process.env; // nothing else: the runner's own settings are not a stranger's
  const env = { PATH, HOME, NODE_ENV: "production" as const, VEDETTE_HOME: home, PORT: String(port), NO_COLOR: "1", ...environment };
  const child = spawn(process.execPath, ["bin/start.mjs"], { env, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (text += chunk));
  const made = { child, said: () => text, ended: new Promise<number | null>((resolve) => child.once("exit", resolve)) };
  launches.push(made);
  return made;
}

// the first may build the dashboard, on a machine that does much else
const ready = (started: Launch) =>
  until(() => /Vedette is ready/.test(started.said()) || started.child.exitCode !== null, 300_000).finally(() =>
    expect(started.said()).toContain("Vedette is ready"),
  );
const postmaster = () => Number(fs.readFileSync(path.join(home, "postgres", "postmaster.pid"), "utf8").split("\n")[0]);
const runtime = () => JSON.parse(fs.readFileSync(path.join(home, "runtime.json"), "utf8"));

beforeAll(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), "vedette-home-"));
  fs.chmodSync(home, 0o711);
  port = await freePort();
});

afterAll(async () => {
  for (const { child, ended } of launches) {
    if (child.exitCode === null) child.kill("SIGTERM");
    await ended;
  }
  fs.rmSync(home, { recursive: true, force: true });
});

describe("npm start", () => {
  it("tells the first administrator, and stops everything on Ctrl-C", async () => {
    const first = launch();
    await ready(first);
    expect(first.said()).toMatch(/Password +\S+-\S+/);
    expect((await fetch(`http://localhost:${port}/api/ready`)).status).toBe(200);
    expect(fs.statSync(path.join(home, "secrets.json")).mode & 0o777).toBe(0o600);
    first.child.kill("SIGINT");
    expect(await first.ended).toBe(0);
    expect(fs.existsSync(path.join(home, "postgres", "postmaster.pid"))).toBe(false);
    expect(fs.existsSync(path.join(home, "runtime.json"))).toBe(false);
  });

  it("has nothing left to install, build or migrate at the second start", async () => {
    const second = launch();
    await ready(second);
    expect(second.said()).not.toMatch(/Installing|Building|applied|first start/);
  });

  it("says where it runs when it is started twice", async () => {
    const again = launch();
    expect(await again.ended).toBe(1);
    expect(again.said()).toContain(`already running at http://localhost:${port}`);
  });

  it("takes over after the launcher was killed with -9: children gone, database found", async () => {
    const { pid } = runtime();
    process.kill(pid, "SIGKILL");
    await until(async () => !(await fetch(`http://localhost:${port}/api/health`).catch(() => null)));
    const healed = launch();
    await ready(healed);
    expect(healed.said()).toMatch(/found it running/);
  });

  it("starts a database that died again, and web and worker go on with it", async () => {
    const dead = postmaster();
    process.kill(dead, "SIGKILL");
    await until(async () => (await fetch(`http://localhost:${port}/api/ready`)).status === 503);
    await until(async () => (await fetch(`http://localhost:${port}/api/ready`)).status === 200, 60_000);
    expect(postmaster()).not.toBe(dead);
    await until(() => /PostgreSQL ended; starting it again[^]*runs again/.test(launches.at(-1)?.said() ?? ""));
  });

  it("leaves no child behind that was still loading when the launcher was killed with -9", async () => {
    const slow = "data:text/javascript,await new Promise((go) => setTimeout(go, 1000))";
    const child = ["--import", slow, "--import", path.resolve("bin/launch/with-parent.mjs"), "-e", "setInterval(() => 0, 1000)"];
    const stdio = ["ignore", "ignore", "ignore", "ipc"];
    const parent = `const child = require("node:child_process").spawn(process.execPath, ${JSON.stringify(child)}, { stdio: ${JSON.stringify(stdio)} });
      child.once("spawn", () => { console.log(child.pid); process.kill(process.pid, "SIGKILL"); });`;
    const launcher = spawn(process.execPath, ["-e", parent], { stdio: ["ignore", "pipe", "inherit"] });
    let pid = "";
    launcher.stdout.on("data", (text) => (pid += text));
    await new Promise((resolve) => launcher.once("exit", resolve));
    await until(() => pid !== "" && !isAlive(Number(pid)), 30_000);
  });

  it("recovers a database that was killed with -9, stale postmaster.pid and all", async () => {
    const { pid } = runtime();
    const server = postmaster();
    process.kill(pid, "SIGKILL");
    process.kill(server, "SIGKILL");
    await until(async () => !(await fetch(`http://localhost:${port}/api/health`).catch(() => null)));
    const healed = launch();
    await ready(healed);
    healed.child.kill("SIGINT");
    expect(await healed.ended).toBe(0);
  });

  it("names the busy port and a free one", async () => {
    const other = net.createServer().listen(port, "127.0.0.1");
    await until(() => other.listening);
    const refused = launch();
    expect(await refused.ended).toBe(1);
    expect(refused.said()).toMatch(new RegExp(`Port ${port} is in use by another program. Set PORT to a free one, for example PORT=\\d+`));
    await new Promise((resolve) => other.close(resolve));
  });

  it("refuses data of another PostgreSQL version, and a directory that is not PostgreSQL's", async () => {
    const file = path.join(home, "postgres", "PG_VERSION");
    const version = fs.readFileSync(file, "utf8");
    fs.writeFileSync(file, "17\n");
    const old = launch();
    expect(await old.ended).toBe(1);
    expect(old.said()).toMatch(/was made by PostgreSQL 17; this Vedette brings 18/);
    fs.rmSync(file);
    const foreign = launch();
    expect(await foreign.ended).toBe(1);
    expect(foreign.said()).toMatch(/is not empty and not a PostgreSQL directory/);
    fs.writeFileSync(file, version);
  });

  it("uses the server that DATABASE_URL names, makes its database, and starts none of its own", async () => {
    const url = new URL(inject("ownerUrl"));
    url.pathname = "/elsewhere";
    const elsewhere = launch({ DATABASE_URL: url.href, VEDETTE_HOME: path.join(home, "elsewhere") });
    await ready(elsewhere);
    expect(fs.existsSync(path.join(home, "elsewhere", "postgres"))).toBe(false);
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    const roles = async () => (await client.query("select role from heartbeat order by role")).rows.map(({ role }) => role).join(" ");
    await until(async () => (await roles()) === "web worker"); // the worker may load longer than the web server
    await client.end();
    elsewhere.child.kill("SIGINT");
    expect(await elsewhere.ended).toBe(0);
  });

  it("lists every problem of the configuration at once", async () => {
    const wrong = launch({ SMTP_URL: "mail.example.com", RETENTION_DAYS: "none" });
    expect(await wrong.ended).toBe(1);
    expect(wrong.said()).toMatch(/SMTP_URL: must be an smtp/);
    expect(wrong.said()).toMatch(/RETENTION_DAYS/);
  });
});
