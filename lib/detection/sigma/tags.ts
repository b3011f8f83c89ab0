/** Sigma tags read into what an alert needs: family, MITRE ATT&CK techniques, OWASP API Security Top 10 risks. */
import type { Family } from "@/lib/model/alert";

/** Techniques (`T1110.003`) of a rule, in order, from tags such as `attack.t1110.003`. */
export const techniquesOf = (tags: readonly string[]): string[] =>
  unique(tags.flatMap((tag) => /^attack\.(t\d{4}(?:\.\d{3})?)$/i.exec(tag)?.[1]?.toUpperCase() ?? []));

/** OWASP API 2023 risks (`API2`) from tags such as `owasp.api2`, `owasp.api2-2023` or `owasp.api-2`. */
export const owaspOf = (tags: readonly string[]): string[] =>
  unique(tags.flatMap((tag) => /^owasp\.api-?(10|[1-9])(?:[-.:_]?2023)?$/i.exec(tag)?.[1] ?? []).map((number) => `API${number}`));

const unique = (list: string[]): string[] => [...new Set(list)];

/** The closest family of each technique; a longer prefix wins. */
const byTechnique: Readonly<Record<string, Family>> = {
  "T1110.003": "credential_stuffing",
  "T1110.004": "credential_stuffing",
  T1110: "brute_force",
  T1621: "brute_force",
  "T1078.004": "privilege",
  T1078: "new_context",
  T1098: "privilege",
  T1136: "privilege",
  T1548: "privilege",
  T1068: "privilege",
  T1531: "privilege",
  T1484: "privilege",
  T1556: "privilege",
  T1190: "injection",
  T1059: "injection",
  T1203: "injection",
  T1210: "injection",
  T1505: "injection",
  T1221: "injection",
  T1595: "scanning",
  T1592: "scanning",
  T1589: "enumeration",
  T1046: "scanning",
  T1083: "scanning",
  T1087: "enumeration",
  T1069: "enumeration",
  T1580: "enumeration",
  T1526: "enumeration",
  T1498: "rate_abuse",
  T1499: "rate_abuse",
  T1539: "session_hijack",
  T1550: "session_hijack",
  T1563: "session_hijack",
  T1185: "session_hijack",
  T1528: "key_abuse",
  T1552: "key_abuse",
  T1606: "key_abuse",
  T1567: "data_egress",
  T1530: "data_egress",
  T1048: "data_egress",
  T1041: "data_egress",
  T1537: "data_egress",
  T1020: "data_egress",
  T1071: "outbound",
  T1102: "outbound",
  T1105: "outbound",
  T1090: "outbound",
  T1562: "audit",
  T1070: "audit",
  T1485: "audit",
  T1489: "audit",
};

/** The closest family of each tactic, for rules without techniques. */
const byTactic: Readonly<Record<string, Family>> = {
  "credential-access": "brute_force",
  reconnaissance: "scanning",
  discovery: "enumeration",
  "initial-access": "injection",
  execution: "injection",
  "privilege-escalation": "privilege",
  persistence: "privilege",
  exfiltration: "data_egress",
  collection: "data_egress",
  "command-and-control": "outbound",
  "defense-evasion": "audit",
  stealth: "audit",
  "defense-impairment": "audit",
  "lateral-movement": "session_hijack",
  impact: "rate_abuse",
  "resource-development": "scanning",
};

/** The family of a rule that does not name one: its first known technique, then its first known tactic, else `audit`. */
export function familyOf(tags: readonly string[]): Family {
  for (const technique of techniquesOf(tags)) {
    const family = byTechnique[technique] ?? byTechnique[technique.slice(0, 5)];
    if (family) return family;
  }
  for (const tag of tags) {
    const family = byTactic[tag.replace(/^attack\./, "").replaceAll("_", "-")];
    if (family) return family;
  }
  return "audit";
}
