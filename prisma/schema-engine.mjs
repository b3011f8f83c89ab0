#!/usr/bin/env node
// Speaks the Prisma schema-engine JSON-RPC on stdio, backed by @prisma/schema-engine-wasm + @prisma/adapter-pg (no native binary).
import fs from "node:fs";
import readline from "node:readline";
import { parseArgs } from "node:util";
import { ColumnTypeEnum, bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import pg from "pg";
import { PrismaPg } from "@prisma/adapter-pg";
const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  strict: false,
  options: {
    datamodels: { type: "string", multiple: true, short: "d" },
    datasource: { type: "string" },
    "enabled-preview-features": { type: "string" },
    "extension-types": { type: "string" },
  },
});
const ds = values.datasource ? JSON.parse(values.datasource) : {};
if (positionals[0] === "--version" || process.argv.includes("--version")) {
  console.log("schema-engine-cli wasm-shim");
  process.exit(0);
}
const dir = process.env.SEDIR ?? new URL("../node_modules/@prisma/schema-engine-wasm", import.meta.url).pathname;
const log = (level, message, extra = {}) =>
  process.stderr.write(
    JSON.stringify({ timestamp: new Date().toISOString(), level, fields: { message, ...extra }, target: "schema_engine::logger" }) + "\n",
  );
if (positionals[0] === "cli") {
  const u = new URL(ds.url);
  const db = decodeURIComponent(u.pathname.slice(1));
  try {
    if (positionals[1] === "create-database") {
      u.pathname = "/postgres";
      const c = new pg.Client(u.toString());
      await c.connect();
      await c.query(`CREATE DATABASE ${pg.escapeIdentifier(db)}`);
      await c.end();
    } else {
      const c = new pg.Client(ds.url);
      await c.connect();
      await c.end();
    }
    process.exit(0);
  } catch (e) {
    log("ERROR", e.message, { error_code: e.code === "3D000" ? "P1003" : "P1001" });
    process.exit(1);
  }
}
globalThis.PRISMA_WASM_PANIC_REGISTRY = {
  set_message(m) {
    log("ERROR", m);
    if (process.env.DEBUG) console.error("PANIC", m);
  },
};
const bg = await import(dir + "/schema_engine_bg.js");
const { instance } = await WebAssembly.instantiate(fs.readFileSync(dir + "/schema_engine_bg.wasm"), { "./schema_engine_bg.js": bg });
bg.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start();
// adapter-pg has no mapping for pg's internal "char" (oid 18) that catalog queries return: report it as bpchar
const fix = (a) => {
  const io = a.performIO.bind(a);
  let chars = [];
  a.performIO = async (q) => {
    const r = await io(q);
    chars = [];
    (r.fields ?? []).forEach((f, i) => {
      if (f.dataTypeID === 18) {
        f.dataTypeID = 1042;
        chars.push(i);
      }
    });
    return r;
  };
  const qr = a.queryRaw.bind(a);
  a.queryRaw = async (q) => {
    const r = await qr(q);
    for (const i of chars) r.columnTypes[i] = ColumnTypeEnum.Character;
    return r;
  };
  if (a.startTransaction) {
    const st = a.startTransaction.bind(a);
    a.startTransaction = async (...x) => fix(await st(...x));
  }
  return a;
};
// node-pg lets connectionString override `database`, so adapter-pg's connectToShadowDb would hit the MAIN db: pass parsed fields
const fields = (url) => {
  const u = new URL(url);
  return {
    host: u.hostname,
    port: +(u.port || 5432),
    user: decodeURIComponent(u.username),
    password: decodeURIComponent(u.password),
    database: decodeURIComponent(u.pathname.slice(1)),
  };
};
const factory = (url) => {
  const cfg = fields(url),
    f = new PrismaPg(cfg),
    connect = f.connect.bind(f);
  f.connect = async () => fix(await connect());
  f.connectToShadowDb = async () => {
    // adapter-pg drops the database while its own pool is still open: do it in the right order
    const database = `prisma_migrate_shadow_db_${crypto.randomUUID()}`;
    const admin = async (sql) => {
      const c = new pg.Client(cfg);
      await c.connect();
      try {
        await c.query(sql);
      } finally {
        await c.end();
      }
    };
    await admin(`CREATE DATABASE "${database}"`);
    const a = fix(await new PrismaPg({ ...cfg, database }).connect()),
      d = a.dispose.bind(a);
    a.dispose = async () => {
      await d();
      await admin(`DROP DATABASE "${database}" WITH (FORCE)`);
    };
    return a;
  };
  return f;
};
let engine;
const getEngine = () =>
  (engine ??= bg.SchemaEngine.new(
    { datamodels: values.datamodels?.map((f) => [f, fs.readFileSync(f, "utf8")]) },
    (l) => process.env.DEBUG && process.stderr.write(l + "\n"),
    bindMigrationAwareSqlAdapterFactory(factory(ds.url)),
  ));
const send = (o) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...o }) + "\n");
let q = Promise.resolve();
const rl = readline.createInterface({ input: process.stdin });
rl.on("line", (line) => {
  q = q.then(() => handle(JSON.parse(line)));
});
rl.on("close", () => q.then(() => process.exit(0)));
async function handle({ id, method, params, result }) {
  if (!method) return;
  try {
    const e = await getEngine();
    const name = method === "getDatabaseVersion" ? "version" : method;
    let r = await e[name](params ?? {});
    if (method === "diff" && r?.stdout != null) {
      send({ id: 1e6 + id, method: "print", params: { content: r.stdout } });
    }
    send({ id, result: r ?? {} });
  } catch (err) {
    const code = err.code ?? err.error_code;
    send({
      id,
      error: {
        code: 4466,
        message: err.message ?? String(err),
        data: { is_panic: false, message: err.message ?? String(err), error_code: code, meta: err.meta ?? null },
      },
    });
  }
}
