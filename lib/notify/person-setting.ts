/** What administrators decide about mails to the people concerned, and what such a mail looks like. */
import { randomUUID } from "node:crypto";
import { requirePermission } from "@/lib/access/require-permission";
import { config } from "@/lib/config";
import { invalid } from "@/lib/errors";
import type { Mail } from "@/lib/model/mail";
import { PersonMailSetting, type PersonNotice } from "@/lib/model/person-mail";
import type { Context } from "@/lib/model/user";
import { ring } from "@/lib/queue/bells";
import { recordAudit } from "@/lib/store/audit";
import { inTransaction } from "@/lib/store/db";
import { appendOutbox } from "@/lib/store/outbox";
import { lockPersonMailSetting, readPersonMailSetting, savePersonMailSetting } from "@/lib/store/person-mails";
import { installationName } from "./incident-notice";
import { personMail } from "./person-mail";
import { readInput } from "@/lib/input";

/** What is decided now. */
export function findPersonMailSetting(ctx: Context): Promise<PersonMailSetting> {
  requirePermission(ctx, "notification:read");
  return readPersonMailSetting();
}

/** Decides it. Mails that wait and are no longer wanted do not leave. */
export async function decidePersonMail(ctx: Context, input: unknown): Promise<void> {
  requirePermission(ctx, "notification:write");
  const after = readInput(PersonMailSetting, input, "The setting is not complete.");
  await inTransaction(async (tx) => {
    const before = await lockPersonMailSetting(tx);
    if (JSON.stringify(before) === JSON.stringify(after)) return;
    await savePersonMailSetting(tx, after, { name: ctx.actor.name, now: ctx.now });
    const changed = (Object.keys(after) as (keyof PersonMailSetting)[]).filter(
      (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
    );
    const only = (setting: PersonMailSetting) => Object.fromEntries(changed.map((name) => [name, setting[name]]));
    await recordAudit(tx, ctx, "person_mail.update", {
      target: { type: "setting", id: "person-mail" },
      before: only(before),
      after: only(after),
    });
  });
}

const exampleOf = (service: string, now: Date): PersonNotice => ({
  place: "Lima, Peru",
  device: "Chrome on Windows",
  service,
  at: now.getTime(),
  context: "example",
});

/** The mail as people would get it, with invented facts. */
export function examplePersonMail(setting: PersonMailSetting, now: Date): Pick<Mail, "subject" | "text"> {
  const { BASE_URL } = config();
  const { subject, text } = personMail({
    notice: exampleOf(setting.services[0] ?? "your service", now),
    baseUrl: BASE_URL,
    installation: installationName(),
    contact: setting.contact,
    everyDays: setting.everyDays,
    unsubscribe: `${BASE_URL}/act/…`,
    stop: `${BASE_URL}/act/…`,
  });
  return { subject, text };
}

/** Sends the example to whoever asks, through the outbox like any other mail. */
export async function sendPersonExample(ctx: Context): Promise<void> {
  requirePermission(ctx, "notification:write");
  const { actor, now } = ctx;
  if (actor.type !== "user") throw invalid("Only people get mails.");
  const setting = await readPersonMailSetting();
  await inTransaction((tx) =>
    appendOutbox(
      tx,
      [
        {
          dedupeKey: `sample:${randomUUID()}`,
          kind: "person",
          channel: "mail",
          recipient: `user:${actor.id}`,
          reason: "sample",
          payload: { ...exampleOf(setting.services[0] ?? "your service", now) },
          dueAt: now,
        },
      ],
      now,
    ),
  );
  await ring("notify");
}
