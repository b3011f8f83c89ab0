/** A note to whoever administers the installation, written in the transaction of what it tells. Every layer that may write to the store may tell. */
import { z } from "zod";
import { query, sql, type Tx } from "./db";
import { appendOutbox } from "./outbox";

/** What administrators must know. Text from events or people is fine: it is shown as text. */
export interface AdministratorNote {
  /** Notes of one key leave once for each administrator: put the day into it to say it daily, a version to say it for each version. */
  subjectKey: string;
  /** The subject and headline: one sentence without a full stop. */
  title: string;
  paragraphs: readonly string[];
  /** Where to go: a path of the dashboard. Default: the notifications page. */
  action?: { text: string; path: string };
  /** Not these recipients (`user:<id>`): those about whom it is. */
  except?: readonly string[];
}

/** Writes one mail for each administrator to the outbox; how many are new. Ring "notify" after the commit to have them leave at once. */
export async function tellAdministrators(tx: Tx, note: AdministratorNote, now: Date): Promise<number> {
  const { subjectKey, title, paragraphs, action, except = [] } = note;
  const found = await query(
    tx,
    sql`select 'user:' || id as recipient from "user" where role = 'admin' and disabled_at is null order by id limit 1000`,
    z.object({ recipient: z.string() }),
  );
  const messages = found
    .filter(({ recipient }) => !except.includes(recipient))
    .map(({ recipient }) => ({
      dedupeKey: `note:${subjectKey}:${recipient}`.slice(0, 1000),
      kind: "note" as const,
      channel: "mail" as const,
      recipient,
      reason: "note",
      payload: { title, paragraphs, ...(action ? { action } : {}) },
      dueAt: now,
    }));
  return appendOutbox(tx, messages, now);
}
