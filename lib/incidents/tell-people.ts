/**
 * Tells the people concerned of sign-ins that are unfamiliar for them, when an administrator has decided so: called in the transaction that stores the
 * alerts, for live events only. Writes to the outbox; what leaves is paced there.
 */
import type { Alert } from "@/lib/model/alert";
import type { EventRecord } from "@/lib/model/event";
import type { Tx } from "@/lib/store/db";
import { appendOutbox, type OutboxMessage } from "@/lib/store/outbox";
import { listEvidence, listToldSince, readPersonMailSetting } from "@/lib/store/person-mails";
import { listStops } from "@/lib/store/routes";
import { concernsPerson, noticeFor } from "@/lib/detection/person-notice";

/** The kind of stop that a person's "no more of these" leaves. */
export const PERSON_STOP = "sign-ins";

const DAY_MS = 86_400_000;
const LATEST = 10; // of an alert's evidence: what happened last is what is told

/** Writes the mails that these alerts call for; how many are new. */
export async function tellPeople(tx: Tx, alerts: readonly Alert[], now: Date): Promise<number> {
  const concerning = alerts.filter(concernsPerson);
  if (concerning.length === 0) return 0;
  const setting = await readPersonMailSetting();
  if (!setting.enabled) return 0;
  const events = await evidenceOf(tx, concerning);
  const found = concerning.flatMap((alert) => {
    const each = noticeFor(alert, events, { setting, now });
    return each ? [{ ...each, alert, recipient: `address:${each.address}` }] : [];
  });
  if (found.length === 0) return 0;
  const stopped = new Set((await listStops(tx, now)).filter(({ kind }) => kind === PERSON_STOP).map(({ recipient }) => recipient));
  const since = new Date(now.getTime() - setting.everyDays * DAY_MS);
  const recipients = [...new Set(found.map(({ recipient }) => recipient))];
  const told = new Set((await listToldSince(tx, recipients, since)).map(({ recipient, context }) => `${recipient} ${context}`));
  const messages: OutboxMessage[] = [];
  for (const { alert, recipient, notice } of found) {
    const what = `${recipient} ${notice.context}`;
    if (stopped.has(recipient) || told.has(what)) continue;
    told.add(what);
    messages.push({
      dedupeKey: `person:${alert.key}:${what}`.slice(0, 1000),
      kind: "person",
      channel: "mail",
      recipient,
      reason: "unfamiliar",
      payload: { ...notice },
      dueAt: now,
    });
  }
  return appendOutbox(tx, messages, now);
}

async function evidenceOf(tx: Tx, alerts: readonly Alert[]): Promise<EventRecord[]> {
  return listEvidence(tx, {
    ids: alerts.flatMap(({ evidence }) => evidence.slice(-LATEST)),
    ips: [...new Set(alerts.flatMap(({ sourceIps }) => sourceIps))],
    from: new Date(Math.min(...alerts.map(({ firstAt }) => firstAt)) - DAY_MS),
    to: new Date(Math.max(...alerts.map(({ lastAt }) => lastAt))),
  });
}
