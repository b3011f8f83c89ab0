/** By which names events know their accounts, the pure part. */
import type { EventRecord } from "@/lib/model/event";

/** An account and another name for it, as written. */
export interface AccountName {
  id: string;
  name: string;
}

/** Each pair of an account's id and a name that the events give it (mail address, name, the id itself), once. */
export function accountNames(events: readonly EventRecord[]): AccountName[] {
  const found = new Map<string, AccountName>();
  for (const {
    document: { actor },
  } of events) {
    if (actor?.id === undefined) continue;
    for (const name of [actor.id, actor.email, actor.name])
      if (name !== undefined && name !== "") found.set(`${actor.id}\n${name}`, { id: actor.id, name });
  }
  return [...found.values()];
}
