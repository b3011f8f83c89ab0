import type { AuditEntry } from "@/lib/store/audit";

const verbs: Record<string, string> = {
  "session.sign_in": "signed in",
  "session.sign_out": "signed out",
  "session.end": "ended sessions",
  "user.create": "added a person",
  "user.update": "changed a profile",
  "user.change_password": "chose a new password",
  "user.reset_password": "reset a password",
  "user.change_role": "changed a role",
  "user.disable": "locked a person out",
  "user.enable": "let a person in again",
  "webhook_mapping.save": "saved a webhook mapping",
  "webhook_mapping.remove": "removed a webhook mapping",
  "api_key.show_webhook_secret": "looked at a webhook secret",
};

/** What an entry says, after the actor's name. Actions without words of their own are taken apart: `rule.update` is "update rule". */
export function sayAction(entry: Pick<AuditEntry, "action" | "result">): string {
  if (entry.action === "session.sign_in" && entry.result === "failure") return "failed to sign in";
  const known = verbs[entry.action];
  if (known) return known;
  const [thing = "", verb = ""] = entry.action.split(".");
  if (/ed$/.test(verb)) return `${thing.replaceAll("_", " ")} ${verb.replaceAll("_", " ")}`; // "incident merged"
  return `${verb.replaceAll("_", " ")} ${thing.replaceAll("_", " ")}`.trim();
}

/** The changed parts as text, before and after; names only on both sides where something changed. */
export function sayChanges({
  before,
  after,
}: Pick<AuditEntry, "before" | "after">): { name: string; before: string | null; after: string | null }[] {
  const text = (value: unknown) =>
    value === undefined || value === null ? null : typeof value === "string" ? value : JSON.stringify(value);
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return names
    .map((name) => ({ name, before: text(before?.[name]), after: text(after?.[name]) }))
    .filter((change) => change.before !== change.after);
}
