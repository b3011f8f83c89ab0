/** People of the dashboard, what each role may do, and the context that every verb receives. */
import { z } from "zod";

/** viewer: looks. responder: works on incidents. admin: everything. auditor: looks at everything and exports, changes nothing. */
export const Role = z.enum(["viewer", "responder", "admin", "auditor"]);
export type Role = z.infer<typeof Role>;

/** What can be permitted. Read rights are per area; a write right implies nothing about other areas. */
export const Permission = z.enum([
  "event:read",
  "event:export",
  "event:import",
  "incident:read",
  "incident:write",
  "rule:read",
  "rule:write",
  "suppression:write",
  "session:end",
  "key:read",
  "key:write",
  "notification:read",
  "notification:write",
  "user:read",
  "user:write",
  "audit:read",
  "health:read",
  "settings:write",
  "sample:write",
]);
export type Permission = z.infer<typeof Permission>;

const reading: Permission[] = ["event:read", "incident:read", "rule:read", "health:read", "notification:read"];

/** The one permission table: deny unless named here. */
export const permissionsOf: Record<Role, readonly Permission[]> = {
  viewer: reading,
  responder: [...reading, "event:export", "incident:write", "suppression:write", "session:end", "key:read"],
  auditor: [...reading, "event:export", "key:read", "user:read", "audit:read"],
  admin: Permission.options,
};

/** A person of the dashboard. The password is no part of it. */
export interface User {
  id: string;
  email: string;
  name: string;
  role: Role;
  /** Signed in with a password that somebody else has seen: nothing but choosing a new one is allowed. */
  mustChangePassword: boolean;
  timeZone: string;
  preferences: Record<string, unknown>;
  createdAt: Date;
  disabledAt: Date | null;
  lastSeenAt: Date | null;
}

/** Who acts: a signed-in person, an API key, or the product itself. */
export type Actor =
  | { type: "user"; id: string; name: string; role: Role; ip?: string }
  | { type: "key"; id: string; name: string; scopes: readonly string[]; ip?: string }
  | { type: "system"; name: string };

/** What a verb knows of its caller. `now` is an argument everywhere: nothing in lib reads the clock. */
export interface Context {
  actor: Actor;
  now: Date;
}
