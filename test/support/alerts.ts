/** Alerts and people as tests need them. */
import type { Alert } from "@/lib/model/alert";
import type { TestDatabase } from "./database";

/** A Monday noon; all tests count event time from here. */
export const NOON = Date.UTC(2026, 10, 23, 12);

/** A brute-force alert about an address, with anything changed. */
export function anAlert(ip: string, more: Partial<Alert> = {}): Alert {
  const ruleId = more.ruleId ?? "brute-force-source";
  const firstAt = more.firstAt ?? NOON;
  const entity = more.entity ?? { type: "ip" as const, value: ip };
  const eventCount = more.eventCount ?? 12;
  return {
    key: `${ruleId}|${entity.type}|${entity.value}|${firstAt}`,
    ruleId,
    ruleVersion: 1,
    family: "brute_force",
    level: "high",
    title: `${eventCount} failed sign-ins from ${ip}`,
    entity,
    related: [{ type: "actor", value: "ana@example.com", role: "victim", events: eventCount }],
    firstAt,
    lastAt: firstAt + 60_000,
    eventCount,
    evidence: ["e1", "e2"],
    sourceIps: [ip],
    services: ["orders-api"],
    techniques: ["T1110"],
    owasp: ["API2"],
    explanation: { sentence: `${eventCount} sign-ins from ${ip} failed within a minute.`, factors: [], matches: [] },
    ...more,
  };
}

/** Adds a person to the installation; their id. */
export async function addPerson(
  database: TestDatabase,
  person: { email: string; role?: string; zone?: string; name?: string },
): Promise<string> {
  const { rows } = await database.owner(
    `insert into "user" (id, email, name, role, time_zone, created_at) values (gen_random_uuid(), $1, $2, $3, $4, now()) returning id`,
    [person.email, person.name ?? person.email.split("@")[0], person.role ?? "admin", person.zone ?? "Europe/Berlin"],
  );
  return rows[0].id;
}
