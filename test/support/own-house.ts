/** An installation of its own for tests that kill: PostgreSQL, the ingest process and a worker, each killed with SIGKILL and started again. */
import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import { type EmbeddedServer, freePort, startPostgres } from "@/bin/launch/postgres.mjs";
import { hashApiKey, generateApiKey, keyHint } from "@/lib/access/key-format";
import { bells } from "@/lib/queue/bells";
import { migrate } from "@/lib/store/migrate";
import { isAlive } from "@/test/support/alive";
import { until } from "@/test/support/until";

/** `settings` are PostgreSQL's; `environment` goes to the processes; both can carry planted faults. `parent`: where its directory is made. */
export interface HouseOptions {
  parent?: string;
  settings?: Record<string, string>;
  environment?: Record<string, string>;
  worker?: boolean;
}

export class OwnHouse {
  readonly secret = generateApiKey();
  readonly #directory: string;
  #server: EmbeddedServer | undefined;
  #web: ChildProcess | undefined;
  #worker: ChildProcess | undefined;
  #environment: Record<string, string> = {};
  port = 0;

  private constructor(private readonly options: HouseOptions) {
    this.#directory = fs.mkdtempSync(path.join(options.parent ?? os.tmpdir(), "vedette-house-"));
  }

  /** The most memory that the ingest process ever held, bytes; 0 where there is no /proc. */
  get peakMemory(): number {
    const status = `/proc/${this.#web?.pid}/status`;
    return fs.existsSync(status) ? Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(status, "utf8"))?.[1] ?? 0) * 1024 : 0;
  }

  static async open(options: HouseOptions = {}): Promise<OwnHouse> {
    const house = new OwnHouse(options);
    await house.#open().catch(async (error) => {
      await house.close();
      throw error;
    });
    return house;
  }

  async #open(): Promise<void> {
    fs.chmodSync(this.#directory, 0o711); // PostgreSQL runs as another user when the tests run as root
    await this.#startPostgres();
    await this.#asOwner("postgres", (client) => client.query("create database vedette"));
    const ownerUrl = this.#ownerUrl("vedette");
    await migrate({
      ownerUrl,
      directory: path.resolve("prisma/migrations"),
      queueSchema: "bullmq",
      queues: Object.keys(bells),
      appPassword: "app",
    });
    await this.query(
      "insert into api_key (id, name, hash, hint, scopes, created_at) values (gen_random_uuid(), 'test', $1, $2, '{ingest}', now())",
      [hashApiKey(this.secret), keyHint(this.secret)],
    );
    await this.query("checkpoint"); // what a test plants may make everything younger lose-able
    const url = new URL(ownerUrl);
    url.username = "vedette_app";
    url.password = "app";
    this.port = await freePort();
    const secret = randomBytes(32).toString("hex");
    this.#environment = {
      NODE_ENV: "test",
      PATH: process.env.PATH ?? "",
      BASE_URL: "http://localhost:4600",
      DATABASE_URL: url.href,
      AUTH_SECRET: secret,
      HASH_KEY: secret,
      LINK_KEY: secret,
      LOG_LEVEL: process.env.HOUSE_LOG ?? "silent",
      VEDETTE_HOME: this.#directory,
      PORT: String(this.port),
      ...this.options.environment,
    };
    await this.#startWeb();
    if (this.options.worker) this.#startWorker();
  }

  async #startPostgres(): Promise<void> {
    const port = this.#server?.port;
    this.#server = await startPostgres({
      directory: this.#directory,
      password: "owner",
      ...(port === undefined ? {} : { port }),
      overrides: { shared_buffers: "64MB", ...this.options.settings },
    });
    await until(
      () =>
        this.#asOwner("postgres", (client) => client.query("select 1")).then(
          () => true,
          () => false,
        ),
      60_000,
    );
  }

  async #startWeb(): Promise<void> {
    const web = fork("test/support/ingest-process.ts", [], {
      execArgv: ["--import", "tsx"],
      env: { ...this.#environment, NODE_ENV: "test" },
      stdio: ["ignore", process.env.HOUSE_LOG ? "inherit" : "ignore", "inherit", "ipc"],
    });
    this.#web = web;
    const died = once(web, "exit").then(() => Promise.reject(new Error("the ingest process died by itself")));
    await Promise.race([once(web, "message"), died]);
    died.catch(() => undefined); // from now on it is killed on purpose
  }

  #startWorker(): void {
    const worker = fork("workers/main.ts", [], {
      execArgv: ["--import", "tsx"],
      env: { ...this.#environment, NODE_ENV: "test" },
      stdio: ["ignore", process.env.HOUSE_LOG ? "inherit" : "ignore", "inherit", "ipc"],
    });
    this.#worker = worker;
    worker.once("exit", () => {
      if (worker === this.#worker && worker.signalCode === null) this.#startWorker(); // ended by itself: the launcher starts it again
    });
  }

  async killWeb(): Promise<void> {
    await kill(this.#web);
    await this.#startWeb();
  }

  async killWorker(): Promise<void> {
    await kill(this.#worker);
    this.#startWorker();
  }

  async killPostgres(): Promise<void> {
    const pid = this.#server?.pid;
    if (pid === undefined) return;
    process.kill(pid, "SIGKILL");
    await until(() => !isAlive(pid));
    await this.#startPostgres();
  }

  /** Runs SQL as the owner of the tables. */
  query(text: string, values: unknown[] = []): Promise<pg.QueryResult> {
    return this.#asOwner("vedette", (client) => client.query(text, values));
  }

  #ownerUrl(database: string): string {
    if (!this.#server) throw new Error("the server is not started");
    return this.#server.ownerUrl(database);
  }

  async #asOwner<Result>(database: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
    const client = new pg.Client({ connectionString: this.#ownerUrl(database) });
    client.on("error", () => undefined); // killed with its server
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  async close(): Promise<void> {
    const [web, worker] = [this.#web, this.#worker];
    this.#web = this.#worker = undefined;
    await kill(web);
    await kill(worker);
    await this.#server?.stop();
    fs.rmSync(this.#directory, { recursive: true, force: true });
  }
}

async function kill(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
