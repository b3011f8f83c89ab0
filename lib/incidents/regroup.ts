/** Merging incidents that are one, and splitting what does not belong together. */
import { requirePermission } from "@/lib/access/require-permission";
import { conflict, invalid } from "@/lib/errors";
import type { Alert } from "@/lib/model/alert";
import { type Incident, type IncidentEntity, incidentName } from "@/lib/model/incident";
import type { Context } from "@/lib/model/user";
import { ring } from "@/lib/queue/bells";
import { recordAudit } from "@/lib/store/audit";
import { inTransaction, type Tx } from "@/lib/store/db";
import { listIncidentAlerts } from "@/lib/store/incident-reads";
import {
  appendActivity,
  clearIncidentEntities,
  countEntities,
  countIncidentEvents,
  getIncidentForChange,
  insertIncidents,
  keepApart,
  lockGrouping,
  moveAlerts,
  saveIncidentEntities,
  updateIncidents,
} from "@/lib/store/incidents";
import { absorbIncident, tellOfAbsorbed } from "./absorb";
import { entitiesOf } from "./grouping";
import { headlineOf } from "./headline";
import { mergeEntity } from "./plan";
import { addAlert, worse } from "./summary";

const MOST = 20_000; // alerts of one incident that are added up anew; a wave has more only when something is badly wrong

/** Adds up the alerts that are in an incident now. */
async function rebuild(tx: Tx, incident: Incident, { groupedBy, now }: { groupedBy: string; now: Date }): Promise<void> {
  const alerts = await listIncidentAlerts(tx, incident.id, MOST);
  const [first] = alerts;
  if (!first) throw invalid("An incident cannot be left without alerts.");
  const entities = new Map<string, IncidentEntity>();
  for (const entity of alerts.flatMap(entitiesOf)) {
    const key = `${entity.type}|${entity.value}`;
    const known = entities.get(key);
    entities.set(key, known ? mergeEntity(known, entity) : entity);
  }
  await clearIncidentEntities(tx, incident.id);
  await saveIncidentEntities(
    tx,
    [...entities.values()].map((entity) => ({ ...entity, incidentId: incident.id })),
  );
  const [counted] = await countEntities(tx, [incident.id]);
  const empty = {
    leads: [],
    rules: [],
    services: [],
    environments: incident.summary.environments,
    techniques: [],
    owasp: [],
    alerts: 0,
    attackers: counted?.attackers ?? 0,
    victims: counted?.victims ?? 0,
  };
  const summary = alerts.reduce((sum, alert) => addAlert(sum, alert), empty as Incident["summary"]);
  const eventCount = (await countIncidentEvents(tx, [incident.id])).get(incident.id) ?? 0;
  const facts = {
    summary,
    eventCount,
    level: alerts.reduce((level, alert) => worse(level, alert.level), first.level),
    title: headlineOf({ summary, entities: [...entities.values()], eventCount, wave: incident.wave }),
    groupedBy,
    leadRuleId: incident.leadRuleId ?? first.ruleId,
    wave: incident.wave,
    firstAt: new Date(Math.min(...alerts.map(({ firstAt }: Alert) => firstAt))),
    lastAt: new Date(Math.max(...alerts.map(({ lastAt }: Alert) => lastAt))),
  };
  await updateIncidents(
    tx,
    [
      {
        ...facts,
        id: incident.id,
        state: incident.state,
        assigneeId: incident.assigneeId,
        acknowledgedAt: incident.acknowledgedAt,
        regressed: incident.regressed,
        resolvedAt: incident.resolvedAt,
        snoozedUntil: incident.snoozedUntil,
      },
    ],
    now,
  );
}

const by = (ctx: Context) => ({ ...(ctx.actor.type === "user" ? { actorId: ctx.actor.id } : {}), actorName: ctx.actor.name });

/** Puts the alerts of one incident into another; the first is resolved as its duplicate and keeps its number and log. */
export async function mergeIncidents(ctx: Context, input: { number: number; into: number }): Promise<void> {
  requirePermission(ctx, "incident:write");
  if (input.number === input.into) throw invalid("An incident cannot be merged into itself.");
  const told = await inTransaction(async (tx) => {
    await lockGrouping(tx);
    const [low, high] = [Math.min(input.number, input.into), Math.max(input.number, input.into)];
    const pair = [await getIncidentForChange(tx, low), await getIncidentForChange(tx, high)];
    const from = pair.find(({ number }) => number === input.number);
    const into = pair.find(({ number }) => number === input.into);
    if (!from || !into) throw invalid("Name two incidents.");
    if (from.mergedIntoId !== null || into.mergedIntoId !== null) throw conflict("One of them was merged before.");
    if (from.sample !== into.sample || from.historical !== into.historical)
      throw conflict("Live, imported and sample incidents do not mix.");
    await absorbIncident(tx, { from, into, reason: `Merged by ${ctx.actor.name}`, by: by(ctx), now: ctx.now });
    const messages = await tellOfAbsorbed(tx, { gone: [from], into, by: by(ctx), now: ctx.now });
    await rebuild(tx, into, { groupedBy: `Merged by ${ctx.actor.name}`, now: ctx.now });
    const names = { from: incidentName(from.number), into: incidentName(into.number) };
    await recordAudit(tx, ctx, "incident.merged", { target: { type: "incident", id: names.from }, after: names });
    return messages;
  });
  if (told > 0) await ring("notify");
}

/** Takes alerts out into an incident of their own; its number. */
export async function splitIncident(ctx: Context, input: { number: number; alertKeys: readonly string[] }): Promise<number> {
  requirePermission(ctx, "incident:write");
  return inTransaction(async (tx) => {
    await lockGrouping(tx);
    const before = await getIncidentForChange(tx, input.number);
    if (before.mergedIntoId !== null) throw conflict("This incident was merged into another.");
    const alerts = await listIncidentAlerts(tx, before.id, MOST);
    const moving = alerts.filter(({ key }) => input.alertKeys.includes(key));
    if (moving.length === 0 || moving.length === alerts.length) throw invalid("Choose some of the alerts, but not all.");
    const [made] = await insertIncidents(tx, [{ ...before, wave: false, leadRuleId: moving[0]?.ruleId ?? null }], ctx.now);
    if (!made) throw conflict("The incident could not be opened.");
    await moveAlerts(tx, { from: before.id, to: made.id, keys: moving.map(({ key }) => key) });
    await keepApart(tx, made.id);
    const fresh = await getIncidentForChange(tx, made.number);
    await rebuild(tx, fresh, { groupedBy: `Split from ${incidentName(before.number)} by ${ctx.actor.name}`, now: ctx.now });
    await rebuild(tx, before, { groupedBy: before.groupedBy, now: ctx.now });
    const names = { from: incidentName(before.number), into: incidentName(made.number), alerts: moving.length };
    await appendActivity(
      tx,
      [
        { incidentId: before.id, kind: "split", ...by(ctx), details: names },
        { incidentId: made.id, kind: "split", ...by(ctx), details: names },
      ],
      ctx.now,
    );
    await recordAudit(tx, ctx, "incident.split", { target: { type: "incident", id: names.from }, after: names });
    return made.number;
  });
}
