/** Mails to the people concerned: "New sign-in from Lima, Peru: was this you?" What an administrator decides, and what one such mail tells. */
import { z } from "zod";

const domain = z
  .string()
  .trim()
  .toLowerCase()
  .regex(
    /^(?=.{3,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/,
    "write domains like example.com, without @ and wildcards",
  );

/** Who is told of what, and how often. Off until somebody decides it. */
export const PersonMailSetting = z
  .object({
    enabled: z.boolean().default(false),
    /** Services whose people are told; the mail names the service. */
    services: z.array(z.string().trim().min(1).max(256)).max(200).default([]),
    /** Only addresses of exactly these domains are written to: whoever writes events must not make us mail strangers. */
    domains: z.array(domain).max(100).default([]),
    /** One person hears of the same place and device at most once in so many days. */
    everyDays: z.number().int().min(1, "at least a day").max(90, "at most 90 days").default(7),
    /** Mails of this kind that leave in an hour, to everybody together; the rest waits. */
    hourlyMost: z.number().int().min(1, "at least one").max(1000, "at most 1,000").default(50),
    /** Whom to tell when it was somebody else: an address, a telephone number, a desk. */
    contact: z.string().trim().max(200).default(""),
  })
  .superRefine(({ enabled, services, domains }, problems) => {
    if (enabled && services.length === 0) problems.addIssue({ code: "custom", path: ["services"], message: "choose at least one service" });
    if (enabled && domains.length === 0)
      problems.addIssue({ code: "custom", path: ["domains"], message: "name at least one domain of the people's addresses" });
  });
export type PersonMailSetting = z.infer<typeof PersonMailSetting>;

/** Nobody is told of anything. */
export const NO_PERSON_MAIL: PersonMailSetting = PersonMailSetting.parse({});

/** What one mail tells, without anything that an attacker could have written freely. */
export const PersonNotice = z.object({
  /** "Lima, Peru"; empty when only the device is known. */
  place: z.string().max(120),
  device: z.string().max(80),
  service: z.string().max(256),
  /** Event time, ms. */
  at: z.number(),
  /** For impossible travel: where the account was in use shortly before. */
  before: z.object({ place: z.string().max(120), at: z.number() }).optional(),
  /** What is told only once in a while: the place and the device. */
  context: z.string().max(300),
});
export type PersonNotice = z.infer<typeof PersonNotice>;

const Address = z.email().max(254);

/** The address as it is written to, when its domain is one of those allowed; null otherwise. */
export function allowedAddress(written: string | undefined, domains: readonly string[]): string | null {
  const parsed = Address.safeParse(written?.trim().toLowerCase());
  if (!parsed.success) return null;
  return domains.includes(parsed.data.slice(parsed.data.lastIndexOf("@") + 1)) ? parsed.data : null;
}
