/** The headers that make a mail thread, filter and unsubscribe well. Pure: everything that identifies the message comes in. */
import type { Level } from "@/lib/model/alert";
import { incidentName } from "@/lib/model/incident";
import type { NoticeReason } from "@/lib/model/mail";
import { ascii } from "./subject";

/** The part of an address that may stand in a Message-ID. */
const hostOf = (baseUrl: string): string => {
  const host = /^https?:\/\/([a-z0-9.-]+)/i.exec(baseUrl)?.[1] ?? "vedette.invalid";
  return host.includes(".") ? host : `${host}.vedette.invalid`;
};

/**
 * The same for every attempt at one message, so that a mail sent twice is shown once. `token` stands for the recipient: a Message-ID is public, an
 * address is not.
 */
export function messageId(message: { incident: number | string; reason: string; token: string; baseUrl: string }): string {
  const clean = (part: string) => part.replace(/[^A-Za-z0-9_-]/g, ".");
  return `<${clean(String(message.incident))}.${clean(message.reason)}.${clean(message.token)}@${hostOf(message.baseUrl)}>`;
}

/** Values as a header may carry them: ASCII, one line, at most 200 characters. */
const plain = (text: string): string => ascii(text).slice(0, 200);

export interface HeaderFacts {
  baseUrl: string;
  installation: string;
  reason: NoticeReason | "digest" | "storm" | "trouble" | "person";
  /** One-click address: a POST there stops this kind of mail for this recipient (RFC 8058). */
  unsubscribe?: string;
  incident?: number;
  level?: Level;
  /** Message-ID of the first mail of the thread, unless this is the first. */
  root?: string;
  families?: readonly string[];
}

/** Everything beyond From, To, Subject, Date and Message-ID. */
export function mailHeaders(facts: HeaderFacts): Record<string, string> {
  const kind = facts.reason === "digest" ? "digests" : facts.reason === "person" ? "sign-ins" : "alerts";
  const urgent = facts.level === "critical" || facts.level === "high";
  return {
    "Auto-Submitted": "auto-generated",
    "X-Auto-Response-Suppress": "All",
    Precedence: "list",
    "List-Id": `Vedette ${kind} <${kind}.${hostOf(facts.baseUrl)}>`,
    ...(facts.unsubscribe
      ? {
          "List-Unsubscribe": `<${facts.unsubscribe}>`,
          "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
      : {}),
    ...(facts.root ? { "In-Reply-To": facts.root, References: facts.root } : {}),
    ...(urgent && facts.reason !== "resolved" ? { Importance: "high", "X-Priority": "1" } : {}),
    "X-Vedette-Installation": plain(facts.installation),
    "X-Vedette-Reason": facts.reason,
    ...(facts.level ? { "X-Vedette-Severity": facts.level } : {}),
    ...(facts.incident === undefined ? {} : { "X-Vedette-Incident": incidentName(facts.incident) }),
    ...(facts.families?.length ? { "X-Vedette-Family": plain(facts.families.join(", ")) } : {}),
  };
}
