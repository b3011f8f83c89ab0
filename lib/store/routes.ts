/** Routes: who hears of what. And who does not want to. */
import { z } from "zod";
import { expandGroups, Group, type GroupInput, Route, type RouteInput } from "@/lib/model/route";
import { asJson, type Executor, execute, query, queryOne, raw, sql, type Tx } from "./db";

const columns = raw(
  `id, name, enabled, condition, recipients, how, options, created_at as "createdAt", updated_at as "updatedAt", updated_by as "updatedBy"`,
);

/** All routes as people wrote them, oldest first. */
export function listWrittenRoutes(on: Executor): Promise<Route[]> {
  return query(on, sql`select ${columns} from notification_route order by created_at, id`, Route);
}

/** All routes with their groups replaced by the members, oldest first. */
export async function listRoutes(on: Executor): Promise<Route[]> {
  return expandGroups(await listWrittenRoutes(on), await listGroups(on));
}

/** All groups by name. */
export function listGroups(on: Executor): Promise<Group[]> {
  return query(on, sql`select id, name, members from recipient_group order by name limit 500`, Group);
}

/** Writes a group, new or known; false when another one has the name. */
export async function saveGroup(tx: Tx, id: string, group: GroupInput, by: { name: string; now: Date }): Promise<boolean> {
  const written = await execute(
    tx,
    sql`insert into recipient_group (id, name, members, updated_at, updated_by)
        select ${id}, ${group.name}, ${asJson(group.members)}, ${by.now}, ${by.name}
        where not exists (select 1 from recipient_group where name = ${group.name} and id <> ${id}) -- no-op if the name is taken
        on conflict (id) do update set name = excluded.name, members = excluded.members, updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
  );
  return written > 0;
}

/** Removes a group; false when it was not there. */
export async function removeGroup(tx: Tx, id: string): Promise<boolean> {
  return (await execute(tx, sql`delete from recipient_group where id = ${id}`)) > 0;
}

/** One route, or null. */
export function findRoute(on: Executor, id: string): Promise<Route | null> {
  return queryOne(on, sql`select ${columns} from notification_route where id = ${id}`, Route);
}

/** Writes a route, new or known. */
export async function saveRoute(tx: Tx, id: string, route: RouteInput, by: { name: string; now: Date }): Promise<void> {
  await execute(
    tx,
    sql`insert into notification_route (id, name, enabled, condition, recipients, how, options, created_at, updated_at, updated_by)
        values (${id}, ${route.name}, ${route.enabled}, ${asJson(route.condition)}, ${asJson(route.recipients)}, ${route.how}, ${asJson(route.options)}, ${by.now}, ${by.now}, ${by.name})
        on conflict (id) do update set name = excluded.name, enabled = excluded.enabled, condition = excluded.condition, recipients = excluded.recipients,
          how = excluded.how, options = excluded.options, updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
  );
}

/** Removes a route; false when it was not there. */
export async function removeRoute(tx: Tx, id: string): Promise<boolean> {
  return (await execute(tx, sql`delete from notification_route where id = ${id}`)) > 0;
}

const Person = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  role: z.string(),
  timeZone: z.string(),
  preferences: z.record(z.string(), z.unknown()),
  createdAt: z.date(),
});
export type Person = z.infer<typeof Person>;

/** People who can be written to: not disabled. */
export function listPeople(on: Executor): Promise<Person[]> {
  return query(
    on,
    sql`select id, email, name, role, time_zone as "timeZone", preferences, created_at as "createdAt" from "user" where disabled_at is null order by created_at, id limit 5000`,
    Person,
  );
}

const Stop = z.object({ recipient: z.string(), kind: z.string(), until: z.date().nullable() });

/** What recipients do not want at this time. */
export function listStops(on: Executor, now: Date) {
  return query(on, sql`select recipient, kind, until from mail_stop where until is null or until > ${now}`, Stop);
}

/** Notes that a recipient does not want a kind of mail, for good or until a time. */
export async function saveStop(on: Executor, stop: { recipient: string; kind: string; until: Date | null }, now: Date): Promise<void> {
  await execute(
    on,
    sql`insert into mail_stop (recipient, kind, at, until) values (${stop.recipient}, ${stop.kind}, ${now}, ${stop.until})
        on conflict (recipient, kind) do update set at = excluded.at, until = excluded.until`,
  );
}

/** A recipient wants a kind of mail again. */
export async function removeStop(on: Executor, stop: { recipient: string; kind: string }): Promise<void> {
  await execute(on, sql`delete from mail_stop where recipient = ${stop.recipient} and kind = ${stop.kind}`);
}
