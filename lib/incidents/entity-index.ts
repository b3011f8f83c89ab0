/** Finds incidents by what they share, without looking at all of them. Pure. */
import { asks, linkBy, type SharedEntity } from "./grouping";

const rank = ({ type, value }: SharedEntity): string => `${type}|${value}`;
const roles = ["context", "victim", "attacker"];

/** The stronger of two sayings about one entity of one incident. */
const stronger = (a: SharedEntity, b: SharedEntity): SharedEntity => ({
  ...a,
  role: roles.indexOf(a.role) >= roles.indexOf(b.role) ? a.role : b.role,
  subject: a.subject || b.subject,
  firstAt: Math.min(a.firstAt, b.firstAt),
  lastAt: Math.max(a.lastAt, b.lastAt),
});

/** What incidents share, kept while a turn adds and unites them. */
export interface EntityIndex {
  add(id: number, entities: readonly SharedEntity[]): void;
  /** Incidents with what each shares with these entities. */
  sharing(entities: readonly SharedEntity[]): Map<number, SharedEntity[]>;
  /** Other incidents that one entity or more says are the same as this one, with the reason. */
  linked(id: number): Map<number, string>;
  /** Everything of one incident is the other's now. */
  unite(from: number, into: number): void;
}

export function entityIndex(stored: ReadonlyMap<number, readonly SharedEntity[]>): EntityIndex {
  const byEntity = new Map<string, Map<number, SharedEntity>>();
  const byIncident = new Map<number, Map<string, SharedEntity>>();
  const index: EntityIndex = {
    add(id, entities) {
      const own = byIncident.get(id) ?? new Map<string, SharedEntity>();
      byIncident.set(id, own);
      for (const entity of entities) {
        if (!asks(entity)) continue;
        const key = rank(entity);
        const known = own.get(key);
        const kept = known ? stronger(known, entity) : entity;
        own.set(key, kept);
        byEntity.set(key, (byEntity.get(key) ?? new Map<number, SharedEntity>()).set(id, kept));
      }
    },
    sharing(entities) {
      const found = new Map<number, SharedEntity[]>();
      for (const entity of entities) {
        if (!asks(entity)) continue;
        for (const [id, theirs] of byEntity.get(rank(entity)) ?? []) found.set(id, [...(found.get(id) ?? []), theirs]);
      }
      return found;
    },
    linked(id) {
      const found = new Map<number, string>();
      for (const [key, mine] of byIncident.get(id) ?? []) {
        for (const [other, theirs] of byEntity.get(key) ?? []) {
          const reason = other === id || found.has(other) ? null : linkBy(mine, theirs);
          if (reason) found.set(other, reason);
        }
      }
      return found;
    },
    unite(from, into) {
      const moving = byIncident.get(from);
      byIncident.delete(from);
      for (const key of moving?.keys() ?? []) byEntity.get(key)?.delete(from);
      index.add(into, [...(moving?.values() ?? [])]);
    },
  };
  for (const [id, entities] of stored) index.add(id, entities);
  return index;
}
