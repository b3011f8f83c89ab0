/** Counters that slow down guessing at sign-in. */
import { z } from "zod";
import { db, execute, queryOne, sql } from "./db";

/** Tries that are free; the ones after them wait. */
export const FREE_TRIES = 10;
const FIRST_WAIT_S = 30;
const LONGEST_WAIT_S = 15 * 60; // a person who mistyped is back within a coffee; a guesser gets 100 tries a day
const FORGET_S = 60 * 60; // an hour of quiet starts the count anew

/**
 * Counts one try before its password is looked at, so that a thousand tries at once get ten answers and not a thousand. Resolves to null when the try may
 * go on, or to the instant until which this subject must wait.
 */
export async function countTry(subject: string, now: Date): Promise<Date | null> {
  const counted = await queryOne(
    db,
    sql`insert into sign_in_throttle as t (subject, failures, window_start)
        values (${subject}, 1, ${now})
        on conflict (subject) do update
        set failures = case when t.window_start < ${new Date(now.getTime() - FORGET_S * 1000)} then 1 else t.failures + 1 end,
            window_start = ${now},
            locked_until = case
              when t.window_start < ${new Date(now.getTime() - FORGET_S * 1000)} or t.failures + 1 < ${FREE_TRIES} then null
              else ${now}::timestamptz + least(${LONGEST_WAIT_S}, ${FIRST_WAIT_S} * power(2, least(t.failures + 1 - ${FREE_TRIES}, 10))) * interval '1 second'
            end
        where t.locked_until is null or t.locked_until <= ${now} -- no-op if the subject must wait
        returning failures`,
    z.object({ failures: z.number() }),
  );
  if (counted) return null;
  const waiting = await queryOne(
    db,
    sql`select locked_until from sign_in_throttle where subject = ${subject}`,
    z.object({ locked_until: z.date().nullable() }),
  );
  return waiting?.locked_until ?? new Date(now.getTime() + FIRST_WAIT_S * 1000);
}

/** Forgets counts that an hour of quiet has ended: strangers make up as many accounts as they like. */
export const forgetQuietTries = (now: Date): Promise<number> =>
  execute(db, sql`delete from sign_in_throttle where window_start < ${new Date(now.getTime() - FORGET_S * 1000)}`);

/** A try that was right: the account starts anew. */
export const forgetTries = (subject: string): Promise<number> => execute(db, sql`delete from sign_in_throttle where subject = ${subject}`);

/** Takes back one counted try: an address that signs in rightly must not forget what it did wrong elsewhere. */
export const takeBackTry = (subject: string): Promise<number> =>
  execute(
    db,
    sql`update sign_in_throttle set failures = greatest(0, failures - 1), locked_until = case when failures - 1 < ${FREE_TRIES} then null else locked_until end
        where subject = ${subject}`,
  );
