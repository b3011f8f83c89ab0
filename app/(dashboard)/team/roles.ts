import type { Role } from "@/lib/model/user";

/** The roles in words, weakest first. What holds is the permission table in lib/model/user.ts. */
export const ROLES: Record<Role, { name: string; text: string }> = {
  viewer: { name: "Viewer", text: "Looks at events, incidents and rules." },
  responder: { name: "Responder", text: "Works on incidents, ends sessions, makes exceptions, exports." },
  auditor: { name: "Auditor", text: "Looks at everything, people and audit included, and exports. Changes nothing." },
  admin: { name: "Administrator", text: "Everything, keys, rules and people included." },
};
