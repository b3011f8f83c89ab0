/**
 * The evidence bundle: what is known of an incident in one archive, written while it is read, with a SHA-256 for every file and a reference for every event.
 * Taking one is written down before its first byte leaves.
 */
import { createHash, type Hash } from "node:crypto";
import { requirePermission } from "@/lib/access/require-permission";
import { notFound } from "@/lib/errors";
import { type Incident, incidentName } from "@/lib/model/incident";
import type { Context } from "@/lib/model/user";
import { loadCatalog } from "@/lib/rules/catalog";
import { recordAudit } from "@/lib/store/audit";
import { db, inTransaction } from "@/lib/store/db";
import { countScopeEvents, listActivity, listIncidentAlerts, listIncidentEntities, streamScopeEvents } from "@/lib/store/incident-reads";
import { appendActivity, findIncident } from "@/lib/store/incidents";
import { listPins } from "@/lib/store/pins";
import { finishTask, insertTask, saveTaskProgress } from "@/lib/store/tasks";
import { evidencePage, evidenceTimeline } from "./evidence-page";
import { type Scope, scopeOf } from "./whose";
import { type ZipStreamEntry, zipStream } from "@/lib/zip";

const MOST_BYTES = 3 * 1024 ** 3; // a ZIP without extensions ends at 4 GiB; the manifest says when there was more

const file = (name: string, content: string): ZipStreamEntry => ({ name, chunks: [Buffer.from(content, "utf8")] });
const lines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/** What the manifest says of the events, counted while they pass. */
interface Passed {
  events: number;
  bytes: number;
  complete: boolean;
}

/** The bundle of an incident: its name, its bytes as they are made, and the task that tells how far it is. Throws notFound. */
export async function takeEvidence(
  ctx: Context,
  input: { number: number },
): Promise<{ name: string; taskId: string; bytes: AsyncGenerator<Buffer> }> {
  requirePermission(ctx, "incident:read");
  requirePermission(ctx, "event:export");
  const incident = await findIncident(db, input.number);
  const name = incidentName(input.number);
  if (!incident) throw notFound(`There is no incident ${name}.`);
  const scope = scopeOf(incident, await listIncidentEntities(db, incident.id, 10_000));
  const span = { from: incident.firstAt, to: incident.lastAt };
  const total = await countScopeEvents(db, scope.whose, span);
  const taskId = await inTransaction(async (tx) => {
    const by = { ...(ctx.actor.type === "user" ? { actorId: ctx.actor.id } : {}), actorName: ctx.actor.name };
    await appendActivity(tx, [{ incidentId: incident.id, kind: "exported", ...by, details: { events: total } }], ctx.now);
    await recordAudit(tx, ctx, "incident.export", { target: { type: "incident", id: name }, after: { events: total, query: scope.query } });
    return insertTask(tx, {
      kind: taskKind(input.number),
      title: `Evidence of ${name}`,
      total,
      unit: "events",
      by: ctx.actor.name,
      at: ctx.now,
    });
  });
  return {
    name: `${name}-evidence.zip`,
    taskId,
    bytes: watched(zipStream(filesOf(ctx, { incident, scope, taskId, total }), ctx.now), taskId),
  };
}

/** The kind of task under which the bundle of an incident is found. */
export const taskKind = (number: number): string => `evidence:${incidentName(number)}`;

/** Ends the task with the stream, also when whoever asked goes away in the middle. */
async function* watched(bytes: AsyncGenerator<Buffer>, taskId: string): AsyncGenerator<Buffer> {
  let error: string | undefined = "The download was broken off.";
  try {
    for await (const piece of bytes) yield piece;
    error = undefined;
  } finally {
    await finishTask(taskId, { at: new Date(), ...(error === undefined ? {} : { error }) });
  }
}

interface Taking {
  incident: Incident;
  scope: Scope;
  taskId: string;
  total: number;
}

/** The files in their order; each is hashed as it passes, and the manifest comes last. */
async function* filesOf(ctx: Context, taking: Taking): AsyncGenerator<ZipStreamEntry> {
  const { incident, scope } = taking;
  const name = incidentName(incident.number);
  const [entities, alerts, activity, pins] = await Promise.all([
    listIncidentEntities(db, incident.id, 10_000),
    listIncidentAlerts(db, incident.id, 10_000),
    listActivity(db, incident.id, 10_000),
    listPins(db, incident.id),
  ]);
  const ids = new Set(incident.summary.rules.map(({ id }) => id));
  const rules = (await loadCatalog()).rules.filter(({ id }) => ids.has(id));
  const passed: Passed = { events: 0, bytes: 0, complete: true };
  const proofs = { sha256: createHash("sha256"), batches: new Set<number>() };
  const seen: { path: string; hash: Hash; bytes: number }[] = [];
  const hashed = (entry: ZipStreamEntry): ZipStreamEntry => {
    const told = { path: entry.name, hash: createHash("sha256"), bytes: 0 };
    seen.push(told);
    return { name: entry.name, chunks: hashing(entry.chunks, told) };
  };
  yield hashed(file("incident.html", evidencePage(name, { incident, alerts, activity, pins })));
  yield hashed(file("timeline.md", evidenceTimeline(name, { alerts, activity, pins })));
  yield hashed(file("incident.json", `${JSON.stringify({ ...incident, entities }, null, 2)}\n`));
  yield hashed(file("alerts.ndjson", lines(alerts)));
  yield hashed(file("pinned.ndjson", lines(pins.map(({ document, note, by }) => ({ note, pinned_by: by, event: document })))));
  for (const { id, version, yaml } of rules) yield hashed(file(`rules/${id.replace(/[^\w.-]/g, "_")}.v${version}.yml`, yaml));
  yield hashed({ name: "events.ndjson", chunks: eventLines(taking, passed) });
  yield hashed({ name: "proofs.ndjson", chunks: proofLines(taking, passed, proofs.batches) });
  yield file(
    "manifest.json",
    `${JSON.stringify(
      {
        incident: name,
        made_at: ctx.now.toISOString(),
        made_by: ctx.actor.name,
        query: scope.query,
        from: incident.firstAt.toISOString(),
        to: incident.lastAt.toISOString(),
        events: passed.events,
        complete: passed.complete,
        rules: rules.map(({ id, version }) => ({ id, version })),
        proofs: {
          lines: "proofs.ndjson: the SHA-256 of each line of events.ndjson, and the batch that carried it",
          batches: proofs.batches.size,
        },
        files: seen.map(({ path, hash, bytes }) => ({ path, bytes, sha256: hash.digest("hex") })),
      },
      null,
      2,
    )}\n`,
  );
}

async function* hashing(chunks: ZipStreamEntry["chunks"], told: { hash: Hash; bytes: number }): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    told.hash.update(chunk);
    told.bytes += chunk.length;
    yield chunk;
  }
}

/** The documents of the scope, exactly as they are stored, a page at a time. */
async function* eventLines({ incident, scope, taskId, total }: Taking, passed: Passed): AsyncGenerator<Buffer> {
  for await (const page of streamScopeEvents(db, scope.whose, { from: incident.firstAt, to: incident.lastAt })) {
    const chunk = Buffer.from(page.map(({ text }) => `${text}\n`).join(""), "utf8");
    if (passed.bytes + chunk.length > MOST_BYTES) {
      passed.complete = false;
      return;
    }
    passed.events += page.length;
    passed.bytes += chunk.length;
    await saveTaskProgress(taskId, { done: passed.events, total: Math.max(total, passed.events), at: new Date() });
    yield chunk;
  }
}

/** For each event of events.ndjson its batch and the SHA-256 of its line: what an integrity check starts from. */
async function* proofLines({ incident, scope }: Taking, passed: Passed, batches: Set<number>): AsyncGenerator<Buffer> {
  let left = passed.events;
  for await (const page of streamScopeEvents(db, scope.whose, { from: incident.firstAt, to: incident.lastAt })) {
    const rows = page.slice(0, left).map(({ id, batch, text }) => {
      batches.add(batch);
      return { id, batch, sha256: createHash("sha256").update(text, "utf8").digest("hex") };
    });
    left -= rows.length;
    yield Buffer.from(lines(rows), "utf8");
    if (left <= 0) return;
  }
}
