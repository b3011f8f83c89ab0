/** Which values of fields are things with a page of their own. */

/** The kinds of thing that have a page. */
export const ENTITY_TYPES = ["actor", "ip", "key", "session", "asn", "service"] as const;
export type EntityType = (typeof ENTITY_TYPES)[number];

const OF_FIELD = new Map<string, EntityType>([
  ["actor", "actor"],
  ["actor.id", "actor"],
  ["actor.email", "actor"],
  ["ip", "ip"],
  ["key", "key"],
  ["session", "session"],
  ["asn", "asn"],
  ["service", "service"],
]);

/** The address of the page about a value of a field; undefined when such values have none. */
export function entityHref(field: string, value: string): string | undefined {
  const type = OF_FIELD.get(field);
  return type && value !== "" ? `/entities/${type}/${encodeURIComponent(value)}` : undefined;
}
