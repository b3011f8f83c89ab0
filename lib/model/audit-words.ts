/** What entries of the audit log say in words. Pure. */

/** The parts of an entry that words are made of. */
interface Said {
  action: string;
  result: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

const verbs: Record<string, string> = {
  "session.sign_in": "signed in",
  "session.sign_out": "signed out",
  "session.end": "ended sessions",
  "user.create": "added a person",
  "user.update": "changed a profile",
  "user.change_password": "chose a new password",
  "event.export": "exported events",
  "view.share": "shared a view",
  "view.remove": "removed a shared view",
  "user.reset_password": "reset a password",
  "user.change_role": "changed a role",
  "user.disable": "locked a person out",
  "user.enable": "let a person in again",
  "webhook_mapping.save": "saved a webhook mapping",
  "webhook_mapping.remove": "removed a webhook mapping",
  "api_key.show_webhook_secret": "looked at a webhook secret",
  "api_key.create": "made a key",
  "api_key.update": "changed a key",
  "api_key.revoke": "revoked a key",
  "api_key.rotate": "gave a key a new secret",
  "rule.create": "wrote a rule",
  "rule.update": "changed a rule",
  "rule.enable": "switched a rule on",
  "rule.disable": "switched a rule off",
  "rule.test": "set a rule to test only",
  "detector.tune": "taught a detector by a verdict",
  "detector.reset": "made a detector forget its lessons",
  "own_exit.create": "named an exit of your own",
  "own_exit.update": "changed an exit of your own",
  "own_exit.remove": "removed an exit of your own",
  "person_mail.update": "decided about mails to people concerned",
  "rule.reset": "took a rule back to the built-in one",
  "rule.import": "imported rules",
  "rule.keep": "kept a rule's own text",
  "rule.upgrade": "came with other rules",
  "placeholder.set": "gave a placeholder of rules its values",
  "placeholder.remove": "took the values of a placeholder away",
  "suppression.create": "made an exception",
  "suppression.end": "ended an exception",
  "api_session.end": "ended a session of the API",
  "api_session.end_all": "ended all sessions of an account",
  "api_session.take_back": "took the end of a session back",
  "sample_data.load": "loaded the sample data",
  "sample_data.remove": "removed the sample data",
  "route.create": "wrote a route",
  "route.update": "changed a route",
  "route.delete": "removed a route",
  "route.test": "tested a route",
  "route.stop": "stopped mails",
  "route.group_create": "made a group",
  "route.group_update": "changed a group",
  "route.group_delete": "removed a group",
  "webhook.create": "added a webhook",
  "webhook.enable": "switched a webhook on",
  "webhook.delete": "removed a webhook",
  "test_attack.send": "sent a test attack",
};

/** What an entry says, after the actor's name. Actions without words of their own are taken apart: `rule.update` is "update rule". */
export function sayAction(entry: Pick<Said, "action" | "result">): string {
  if (entry.action === "session.sign_in" && entry.result === "failure") return "failed to sign in";
  const known = verbs[entry.action];
  if (known) return known;
  const [thing = "", verb = ""] = entry.action.split(".");
  if (verb.endsWith("ed")) return `${thing.replaceAll("_", " ")} ${verb.replaceAll("_", " ")}`; // "incident merged"
  return `${verb.replaceAll("_", " ")} ${thing.replaceAll("_", " ")}`.trim();
}

/** The changed parts as text, before and after; names only on both sides where something changed. */
export function sayChanges({
  before,
  after,
}: Pick<Said, "before" | "after">): { name: string; before: string | null; after: string | null }[] {
  const text = (value: unknown): string | null => {
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return null;
    if (Array.isArray(value)) return value.map(String).join(", ");
    return typeof value === "string" ? value : JSON.stringify(value);
  };
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return names
    .map((name) => ({ name, before: text(before?.[name]), after: text(after?.[name]) }))
    .filter((change) => change.before !== change.after);
}
