#!/usr/bin/env node
/**
 * The schema engine of Prisma's command line, without its downloaded binary: the same JSON-RPC over standard input and output, answered by the
 * WebAssembly build of the engine on top of the PostgreSQL adapter. For developers (`prisma migrate diff`, `migrate dev`); the product itself
 * migrates with lib/store/migrate.ts.
 */
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import readline from "node:readline";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from "@prisma/driver-adapter-utils";
import pg from "pg";

const CHAR = 18; // type oid of the catalog's internal "char", which the adapter does not know
const BPCHAR = 1042;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: { datamodels: { type: "string", multiple: true, short: "d" }, datasource: { type: "string" }, version: { type: "boolean" } },
});
const url = values.datasource ? JSON.parse(values.datasource).url : undefined;

if (values.version) process.stdout.write("schema-engine-cli of Vedette\n");
else if (positionals[0] === "cli") await checkConnection(positionals[1]);
else await serve();

/** `cli can-connect-to-database` and `cli create-database`. */
async function checkConnection(command) {
  const target = new URL(url);
  const name = decodeURIComponent(target.pathname.slice(1));
  try {
    if (command === "create-database") {
      target.pathname = "/postgres";
      await runOnce({ connectionString: target.href }, `create database ${pg.escapeIdentifier(name)}`);
    } else await runOnce({ connectionString: url }, "select 1");
  } catch (error) {
    complain(error.message, { error_code: error.code === "3D000" ? "P1003" : "P1001" });
    process.exitCode = 1;
  }
}

async function runOnce(settings, statement) {
  const client = new pg.Client(settings);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function complain(message, fields = {}) {
  process.stderr.write(
    `${JSON.stringify({ timestamp: new Date().toISOString(), level: "ERROR", fields: { message, ...fields }, target: "schema_engine::logger" })}\n`,
  );
}

/** Answers one request a line, in order. */
async function serve() {
  let engine;
  const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { id, method, params } = JSON.parse(line);
    if (!method) continue;
    try {
      engine ??= await openEngine();
      const answer = await engine[method === "getDatabaseVersion" ? "version" : method](params ?? {});
      // the binary prints a diff through a call of its own
      if (method === "diff" && typeof answer?.stdout === "string")
        send({ id: 1_000_000 + id, method: "print", params: { content: answer.stdout } });
      send({ id, result: answer ?? {} });
    } catch (error) {
      const { message = String(error), code = error.error_code, meta = null } = error;
      send({ id, error: { code: 4466, message, data: { is_panic: false, message, error_code: code, meta } } });
    }
  }
}

async function openEngine() {
  const folder = path.dirname(createRequire(import.meta.url).resolve("@prisma/schema-engine-wasm"));
  globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: complain };
  const bindings = await import(pathToFileURL(path.join(folder, "schema_engine_bg.js")).href);
  const { instance } = await WebAssembly.instantiate(fs.readFileSync(path.join(folder, "schema_engine_bg.wasm")), {
    "./schema_engine_bg.js": bindings,
  });
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  const models = values.datamodels?.map((file) => [file, fs.readFileSync(file, "utf8")]);
  return bindings.SchemaEngine.new({ datamodels: models }, () => {}, bindMigrationAwareSqlAdapterFactory(adapterFactory()));
}

/** Separate fields and never a connection string: with one, node-pg ignores `database`, and the shadow database would be the main one. */
function connectionFields() {
  const { hostname, port, username, password, pathname } = new URL(url);
  const database = decodeURIComponent(pathname.slice(1));
  return {
    host: hostname,
    port: Number(port || 5432),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database,
  };
}

function adapterFactory() {
  const fields = connectionFields();
  const factory = new PrismaPg(fields);
  const connect = factory.connect.bind(factory);
  factory.connect = async () => knowingChar(await connect());
  factory.connectToShadowDb = async () => {
    const database = `prisma_migrate_shadow_db_${randomUUID()}`;
    await runOnce(fields, `create database "${database}"`);
    const adapter = knowingChar(await new PrismaPg({ ...fields, database }).connect());
    const dispose = adapter.dispose.bind(adapter);
    // the adapter itself would drop the database while its pool is still open
    adapter.dispose = async () => {
      await dispose();
      await runOnce(fields, `drop database "${database}" with (force)`);
    };
    return adapter;
  };
  return factory;
}

/** Reports the catalog's "char" columns as characters, which the adapter has no mapping for. */
function knowingChar(adapter) {
  const performIO = adapter.performIO.bind(adapter);
  const queryRaw = adapter.queryRaw.bind(adapter);
  let columns = [];
  adapter.performIO = async (statement) => {
    const result = await performIO(statement);
    columns = (result.fields ?? []).flatMap((field, i) => (field.dataTypeID === CHAR ? [i] : []));
    for (const i of columns) result.fields[i].dataTypeID = BPCHAR;
    return result;
  };
  adapter.queryRaw = async (statement) => {
    const result = await queryRaw(statement);
    for (const i of columns) result.columnTypes[i] = ColumnTypeEnum.Character;
    return result;
  };
  const begin = adapter.startTransaction?.bind(adapter);
  if (begin) adapter.startTransaction = async (...options) => knowingChar(await begin(...options));
  return adapter;
}
