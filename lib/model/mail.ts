/** A message ready to leave: what the renderers make and what the door to SMTP, the local outbox and the delivery log take. */
import { z } from "zod";

/** A rendered mail. `headers` hold everything beyond From, To, Subject, Date and Message-ID; values are ASCII without line breaks. */
export const Mail = z.object({
  subject: z.string(),
  html: z.string(),
  text: z.string(),
  headers: z.record(z.string(), z.string()),
});
export type Mail = z.infer<typeof Mail>;

/** Why a message about an incident leaves. Part of what makes an outbox row unique, so a word never changes its meaning. */
export const NoticeReason = z.enum(["opened", "worse", "update", "regressed", "resolved", "merged", "assigned", "mentioned", "sample"]);
export type NoticeReason = z.infer<typeof NoticeReason>;
