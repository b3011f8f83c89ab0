/** What a filter for failures hides: the sign-ins that succeeded right after them. */
import { z } from "zod";
import { choiceOf, withoutField } from "@/lib/query/edit";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import { db, type Executor, query, sql } from "./db";
import { type EventFilter, eventsWhere } from "./event-reads";

const Row = z.object({ id: z.string(), at: z.date(), actor: z.string(), failures: z.number(), last_failure: z.date() });

/** A sign-in that succeeded within ten minutes of at least three failures of the same account. */
export type HiddenSuccess = z.infer<typeof Row>;

const FAILURES = 3; // fewer is a person who mistyped
const SIGN_IN = "(^|[._-])(log-?_?in|sign-?_?in|authenticate)($|[._-])"; // as isSignInAction says it
const LOOKED_AT = 20_000;

/** Such sign-ins under the filter without its condition on the outcome, newest first, at most five; none when the filter does not ask for failures only. */
export async function listHiddenSuccesses(filter: EventFilter, on: Executor = db): Promise<HiddenSuccess[]> {
  const outcome = choiceOf(filter.query, EVENT_FIELDS, "outcome");
  if (outcome.wanted.join() !== "failure") return [];
  const where = eventsWhere({ ...filter, query: withoutField(filter.query, "outcome") });
  return await query(
    on,
    sql`with tries as materialized (
        select event.id, event.occurred_at as at, event.outcome, coalesce(event.document #>> '{actor,email}', event.actor_id) as actor
        from event where ${where} and event.action ~* ${SIGN_IN} order by event.occurred_at desc limit ${LOOKED_AT}
      ) select entry.id, entry.at, entry.actor, count(*) as failures, max(failed.at) as last_failure
      from tries as entry join tries as failed on failed.actor = entry.actor and failed.outcome = 'failure'
        and failed.at < entry.at and failed.at >= entry.at - interval '10 minutes'
      where entry.outcome = 'success' group by 1, 2, 3 having count(*) >= ${FAILURES} order by entry.at desc limit 5`,
    Row,
  );
}
