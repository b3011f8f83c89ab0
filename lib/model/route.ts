/** A route: who hears of which incidents, and how. Read aloud it is a sentence: "medium and worse on api-gateway: mail the administrators at once". */
import { z } from "zod";
import { Family, Level } from "./alert";
import { Role } from "./user";

/** Which incidents it speaks of: all parts that are given must hold. */
export const RouteCondition = z.object({
  /** This level and worse. */
  level: Level.default("medium"),
  families: z.array(Family).max(30).optional(),
  services: z.array(z.string().min(1).max(256)).max(50).optional(),
  /** Anything else, in the query language over incidents. */
  query: z.string().max(2000).optional(),
});
export type RouteCondition = z.infer<typeof RouteCondition>;

export const RouteRecipient = z.discriminatedUnion("type", [
  z.object({ type: z.literal("role"), role: Role }),
  z.object({ type: z.literal("user"), id: z.uuid() }),
  z.object({ type: z.literal("address"), address: z.email().max(320) }),
  z.object({ type: z.literal("webhook"), id: z.uuid() }),
]);
export type RouteRecipient = z.infer<typeof RouteRecipient>;

/** What people write of a route. */
export const RouteInput = z.object({
  name: z.string().trim().min(1, "give it a name").max(80),
  enabled: z.boolean().default(true),
  condition: RouteCondition,
  recipients: z.array(RouteRecipient).min(1, "name at least one recipient").max(50),
  how: z.enum(["at_once", "digest"]).default("at_once"),
});
export type RouteInput = z.infer<typeof RouteInput>;

export const Route = RouteInput.extend({
  id: z.string(),
  createdAt: z.date(),
  updatedAt: z.date(),
  updatedBy: z.string().nullable(),
});
export type Route = z.infer<typeof Route>;
