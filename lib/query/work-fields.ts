/** The public names of alerts and incidents, over the documents that the read API returns. */
import { Family, Level } from "@/lib/model/alert";
import { IncidentState, Verdict } from "@/lib/model/incident";
import type { Field, FieldTable } from "./fields";

const field =
  (kind: Field["kind"], group: string) =>
  (name: string, label: string, paths: string, example: string, more: Partial<Field> = {}): Field => ({
    name,
    kind,
    label,
    group,
    example,
    paths: paths.split(" ").map((path) => path.split(".")),
    ...more,
  });

const what = field("keyword", "What");
const who = field("keyword", "Who");
const shared: Field[] = [
  what("level", "Level", "level", "high", { values: Level.options, ordered: true, aliases: ["severity"] }),
  field("text", "What")("title", "Title", "title", "sign-in"),
  field("number", "What")("events", "Events", "event_count", ">100"),
  field("boolean", "What")("sample", "Sample data", "sample", "no"),
  field("boolean", "What")("historical", "About the past", "historical", "no"),
  field("time", "When")("first_at", "First event", "first_at", "2026-11-23"),
  field("time", "When")("last_at", "Last event", "last_at", "2026-11-23"),
];

/** What alerts can be asked. */
export const ALERT_FIELDS: FieldTable = {
  records: "alerts",
  fields: [
    what("family", "Family", "family", "brute_force", { values: Family.options }),
    what("rule", "Rule", "rule_id", "brute-force-source", { exact: true }),
    who("entity", "About", "entity.value", "203.0.113.7"),
    who("entity.type", "Kind", "entity.type", "ip"),
    field("number", "What")("incident", "Incident", "incident", "42", { prefix: "INC-" }),
    ...shared,
  ],
  text: ["title", "rule", "entity"],
  addresses: [],
  open: [],
};

/** What incidents can be asked. */
export const INCIDENT_FIELDS: FieldTable = {
  records: "incidents",
  fields: [
    what("state", "State", "state", "open", { values: IncidentState.options, aliases: ["status"] }),
    field("number", "What")("number", "Number", "number", "42", { prefix: "INC-" }),
    what("verdict", "Verdict", "verdict", "true", { values: Verdict.options }),
    what("family", "Family", "families", "brute_force", { values: Family.options }),
    what("rule", "Rule", "rules", "brute-force-source", { exact: true }),
    what("service", "Service", "services", "orders-api"),
    field("boolean", "What")("regressed", "Came back", "regressed", "yes"),
    who("assignee", "Assigned to", "assignee.id assignee.name", "ana"),
    who("entity", "About", "entities.*.value", "203.0.113.7"),
    who("entity.type", "Kind", "entities.*.type", "ip"),
    field("time", "When")("opened_at", "Opened", "opened_at", "2026-11-23"),
    ...shared,
  ],
  text: ["title", "entity"],
  addresses: [],
  open: [],
};
