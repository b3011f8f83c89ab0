import { z } from "zod";

/** What each kind of change inside a session is called where it is weighed. */
export const HijackFactor = z.enum([
  "country",
  "network",
  "device",
  "downgrade",
  "deviceId",
  "tls",
  "language",
  "credential",
  "interleaving",
  "rate",
  "targets",
  "person",
  "afterSignOut",
]);
export type HijackFactor = z.infer<typeof HijackFactor>;

/** What people's verdict about one incident teaches about the factors that had made its alert. */
export const HijackLesson = z.object({
  incident: z.number().int(),
  verdict: z.enum(["true", "benign", "false"]),
  factors: z.array(HijackFactor).max(20),
  by: z.string(),
  at: z.string(),
});
export type HijackLesson = z.infer<typeof HijackLesson>;
