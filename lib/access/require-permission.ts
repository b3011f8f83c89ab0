/** Who may do what. Every verb of the house begins here. */
import { forbidden } from "@/lib/errors";
import { type Context, type Permission, permissionsOf } from "@/lib/model/user";

/** What a key with a scope may do through the API: a read key reads, and only what an API shows; a rules key changes rules and exceptions. */
const ofScope = new Map<string, readonly Permission[]>([
  ["read", ["event:read", "incident:read", "rule:read", "health:read"]],
  ["rules", ["rule:read", "rule:write", "suppression:write"]],
]);

/** True when the actor may do it. The product itself may do everything; an unknown scope allows nothing. */
export function may(ctx: Context, permission: Permission): boolean {
  const { actor } = ctx;
  if (actor.type === "system") return true;
  if (actor.type === "user") return permissionsOf[actor.role].includes(permission);
  return actor.scopes.some((scope) => ofScope.get(scope)?.includes(permission));
}

/** Throws `forbidden`, naming the permission, unless the actor may do it. */
export function requirePermission(ctx: Context, permission: Permission): void {
  if (!may(ctx, permission)) throw forbidden(`This needs the permission ${permission}, which ${ctx.actor.name} does not have.`);
}
