/**
 * A route: who hears of which incidents, and how. Read aloud it is a sentence: "When medium or worse on api-gateway, tell administrators at once, at most one
 * mail in 30 minutes".
 */
import { z } from "zod";
import { Family, Level } from "./alert";
import { Role } from "./user";

/** Which incidents it speaks of: all parts that are given must hold. */
export const RouteCondition = z.object({
  /** This level and worse. */
  level: Level.default("medium"),
  families: z.array(Family).max(30).optional(),
  services: z.array(z.string().min(1).max(256)).max(50).optional(),
  environments: z.array(z.string().min(1).max(256)).max(50).optional(),
  /** Anything else, in the query language over incidents. */
  query: z.string().max(2000).optional(),
});
export type RouteCondition = z.infer<typeof RouteCondition>;

const member = [
  z.object({ type: z.literal("role"), role: Role }),
  z.object({ type: z.literal("user"), id: z.uuid() }),
  z.object({ type: z.literal("address"), address: z.email().max(320) }),
  z.object({ type: z.literal("webhook"), id: z.uuid() }),
] as const;

/** One who is told, without groups. */
export const GroupMember = z.discriminatedUnion("type", [...member]);
export type GroupMember = z.infer<typeof GroupMember>;

export const RouteRecipient = z.discriminatedUnion("type", [...member, z.object({ type: z.literal("group"), id: z.uuid() })]);
export type RouteRecipient = z.infer<typeof RouteRecipient>;

/** What people write of a group. */
export const GroupInput = z.object({
  name: z.string().trim().min(1, "give it a name").max(80),
  members: z.array(GroupMember).min(1, "name at least one member").max(200),
});
export type GroupInput = z.infer<typeof GroupInput>;

/** A group as it is kept. */
export const Group = GroupInput.extend({ id: z.string() });
export type Group = z.infer<typeof Group>;

const hour = z.number().int().min(0).max(23);

/** Hours of the reader's own day in which mails wait; equal hours mean none. `weekends`: Saturday and Sunday are quiet all day. */
export const QuietHours = z.object({
  from: hour,
  to: hour,
  weekends: z.boolean().default(false),
  exceptCritical: z.boolean().default(true),
});
export type QuietHours = z.infer<typeof QuietHours>;

/** How a route tells. */
export const RouteOptions = z.object({
  /** At most one mail for each recipient in this time; what comes in between is put into the next one. */
  everyMinutes: z.number().int().min(1, "at least a minute").max(1440, "at most a day").optional(),
  quiet: QuietHours.optional(),
  /** `hidden`: for mailboxes that others may read. The mail says that there is an incident and how bad, nothing more. */
  details: z.enum(["full", "hidden"]).default("full"),
  digest: z
    .object({ kind: z.enum(["hourly", "daily", "weekly"]), hour, weekday: z.number().int().min(1).max(7) })
    .default({ kind: "daily", hour: 7, weekday: 1 }),
  /** IANA zone for addresses without an account. */
  zone: z.string().max(60).default("UTC"),
});
export type RouteOptions = z.infer<typeof RouteOptions>;

/** What people write of a route. */
export const RouteInput = z.object({
  name: z.string().trim().min(1, "give it a name").max(80),
  enabled: z.boolean().default(true),
  condition: RouteCondition,
  recipients: z.array(RouteRecipient).min(1, "name at least one recipient").max(50),
  how: z.enum(["at_once", "digest"]).default("at_once"),
  options: RouteOptions.prefault({}),
});
export type RouteInput = z.infer<typeof RouteInput>;

/** What people wrote of a route, without what is kept beside it. */
export const routeInput = ({ name, enabled, condition, recipients, how, options }: RouteInput): RouteInput => ({
  name,
  enabled,
  condition,
  recipients,
  how,
  options,
});

export const Route = RouteInput.extend({
  id: z.string(),
  createdAt: z.date(),
  updatedAt: z.date(),
  updatedBy: z.string().nullable(),
});
export type Route = z.infer<typeof Route>;

/** Routes whose groups are replaced by their members, so that nobody who asks whom a route reaches needs to know of groups. */
export function expandGroups<R extends Pick<RouteInput, "recipients">>(routes: readonly R[], groups: readonly Group[]): R[] {
  const members = new Map(groups.map((group) => [group.id, group.members]));
  return routes.map((route) => ({
    ...route,
    recipients: route.recipients.flatMap((each): RouteRecipient[] => (each.type === "group" ? (members.get(each.id) ?? []) : [each])),
  }));
}
