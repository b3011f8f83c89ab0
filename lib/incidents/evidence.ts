/** The evidence bundle: what is known of an incident in one archive, with a SHA-256 for every file. Taking one is written down. */
import { createHash } from "node:crypto";
import { requirePermission } from "@/lib/access/require-permission";
import { notFound } from "@/lib/errors";
import { incidentName } from "@/lib/model/incident";
import type { Context } from "@/lib/model/user";
import { loadCatalog } from "@/lib/rules/catalog";
import { recordAudit } from "@/lib/store/audit";
import { db, inTransaction } from "@/lib/store/db";
import { listActivity, listIncidentAlerts, listIncidentEntities, listScopeEvents } from "@/lib/store/incident-reads";
import { appendActivity, findIncident } from "@/lib/store/incidents";
import { scopeOf } from "./whose";
import { type ZipEntry, zip } from "@/lib/zip";

const MOST_EVENTS = 50_000; // about 100 MB; the manifest says when there were more

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const text = (value: unknown): string => String(value).replace(/[&<>"]/g, (character) => escapes[character] ?? "");
const file = (name: string, content: string): ZipEntry => ({ name, data: Buffer.from(content, "utf8") });
const lines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/** Builds the bundle of an incident: its name and bytes. Throws notFound. */
export async function takeEvidence(ctx: Context, input: { number: number }): Promise<{ name: string; bytes: Buffer }> {
  requirePermission(ctx, "incident:read");
  requirePermission(ctx, "event:export");
  const incident = await findIncident(db, input.number);
  const name = incidentName(input.number);
  if (!incident) throw notFound(`There is no incident ${name}.`);
  const entities = await listIncidentEntities(db, incident.id, 10_000);
  const alerts = await listIncidentAlerts(db, incident.id, 10_000);
  const activity = await listActivity(db, incident.id, 10_000);
  const scope = scopeOf(incident, entities);
  const events = await listScopeEvents(db, scope.whose, { from: incident.firstAt, to: incident.lastAt }, MOST_EVENTS);
  const ids = new Set(incident.summary.rules.map(({ id }) => id));
  const { rules } = await loadCatalog();
  const files = [
    file("incident.html", page(name, { incident, alerts, activity })),
    file("timeline.md", timeline(name, activity)),
    file("incident.json", `${JSON.stringify({ ...incident, entities }, null, 2)}\n`),
    file("alerts.ndjson", lines(alerts)),
    file("events.ndjson", lines(events.map(({ document }) => document))),
    ...rules
      .filter(({ id }) => ids.has(id))
      .map(({ id, version, yaml }) => file(`rules/${id.replace(/[^\w.-]/g, "_")}.v${version}.yml`, yaml)),
  ];
  const manifest = {
    incident: name,
    made_at: ctx.now.toISOString(),
    made_by: ctx.actor.name,
    query: scope.query,
    from: incident.firstAt.toISOString(),
    to: incident.lastAt.toISOString(),
    events: events.length,
    complete: events.length < MOST_EVENTS,
    files: files.map(({ name: path, data }) => ({ path, bytes: data.length, sha256: createHash("sha256").update(data).digest("hex") })),
  };
  await inTransaction(async (tx) => {
    const by = { ...(ctx.actor.type === "user" ? { actorId: ctx.actor.id } : {}), actorName: ctx.actor.name };
    await appendActivity(tx, [{ incidentId: incident.id, kind: "exported", ...by, details: { events: events.length } }], ctx.now);
    await recordAudit(tx, ctx, "incident.export", {
      target: { type: "incident", id: name },
      after: { events: events.length, files: files.length },
    });
  });
  return { name: `${name}-evidence.zip`, bytes: zip([...files, file("manifest.json", `${JSON.stringify(manifest, null, 2)}\n`)], ctx.now) };
}

type Told = { at: Date; kind: string; actorName: string; details: Record<string, unknown> };

function timeline(name: string, activity: readonly Told[]): string {
  const row = ({ at, kind, actorName, details }: Told) =>
    `- ${at.toISOString()} **${kind}** by ${actorName}: ${String(details.title ?? details.text ?? details.reason ?? "").replace(/\s+/g, " ")}`;
  return `# ${name}\n\n${activity.map(row).join("\n")}\n`;
}

function page(
  name: string,
  {
    incident,
    alerts,
    activity,
  }: {
    incident: { title: string; level: string; state: string; firstAt: Date; lastAt: Date; eventCount: number };
    alerts: readonly { title: string; level: string; explanation: { sentence: string } }[];
    activity: readonly Told[];
  },
): string {
  const facts = [
    ["Level", incident.level],
    ["State", incident.state],
    ["From", incident.firstAt.toISOString()],
    ["To", incident.lastAt.toISOString()],
    ["Events", incident.eventCount],
  ];
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${name}</title><style>body{font:15px/1.5 system-ui,sans-serif;max-width:820px;margin:40px auto;padding:0 16px}td{padding:4px 16px 4px 0;vertical-align:top}</style><h1>${name}: ${text(incident.title)}</h1><table>${facts.map(([label, value]) => `<tr><td>${label}<td>${text(value)}`).join("")}</table><h2>Alerts</h2><ol>${alerts.map((alert) => `<li><b>${text(alert.title)}</b> (${text(alert.level)})<br>${text(alert.explanation.sentence)}`).join("")}</ol><h2>What happened</h2><ol>${activity.map(({ at, kind, actorName, details }) => `<li>${at.toISOString()} ${text(kind)} by ${text(actorName)}: ${text(details.title ?? details.text ?? details.reason ?? "")}`).join("")}</ol></html>\n`;
}
