/** One mail in place of many: sent when a reader has had the hour's share, with a table of everything that was held back. */
import type { Level } from "@/lib/model/alert";
import { incidentName } from "@/lib/model/incident";
import type { Mail } from "@/lib/model/mail";
import { mailHeaders } from "./headers";
import { html } from "./html";
import { linkText } from "./incident-text";
import {
  type Button,
  block,
  buttons,
  facts,
  headline,
  levelPill,
  link,
  links,
  mailDocument,
  masthead,
  paragraph,
  sentence,
} from "./mail-parts";
import { counted, grouped, wrap } from "./plain-text";
import { levelWord, plainSubject } from "./subject";

/** One incident in the storm, with what it has grown to. */
export interface StormRow {
  number: number;
  level: Level;
  title: string;
  events: number;
  href: string;
}

/** All held-back messages of one reader in one hour. */
export interface StormNotice {
  installation: string;
  baseUrl: string;
  /** Messages that this one mail stands for. */
  held: number;
  /** Mails that already left in the hour. */
  sent: number;
  /** Worst first; the mail names at most STORM_ROWS. */
  rows: readonly StormRow[];
  /** Incidents and events in all, named or not. */
  incidents: number;
  events: number;
  why: string;
  actions: readonly Button[];
  footer: readonly Button[];
  unsubscribe?: string;
}

/** How many incidents a storm mail names: stays under 40 KB. */
export const STORM_ROWS = 20;

/** Renders the storm mail. */
export function stormMail(notice: StormNotice): Mail {
  const worst = notice.rows[0]?.level ?? "high";
  const title = `Storm: ${counted(notice.incidents, "incident")}, ${counted(notice.events, "event")}`;
  const subject = plainSubject(`[${levelWord(worst)}] ${title}`, notice.installation);
  const said = `You had ${counted(notice.sent, "mail")} in the last hour, so ${counted(notice.held, "more message")} ${notice.held === 1 ? "is" : "are"} in this one. The next one comes in an hour at the earliest; a new critical incident still mails at once.`;
  const named = notice.rows.slice(0, STORM_ROWS);
  const rest = notice.incidents - named.length;
  const more = rest > 0 ? `and ${counted(rest, "more incident")}` : "";
  const table = facts(
    named.map(({ number, level, title: what, events, href }) => ({
      label: incidentName(number),
      value: html`${levelPill(level)} ${link(incidentName(number), href, "ink")} ${sentence(what, href, false)} (${grouped(events)})`,
    })),
    80,
  );
  const body = [
    block(
      "",
      html`${masthead(notice.installation, "Storm")}${headline(title, notice.baseUrl)}${paragraph(said, "margin-bottom:18px;font-size:16px;line-height:24px")}${buttons(notice.actions)}`,
      true,
    ),
    block("Worst first, with their events", html`${table}${more && paragraph(more, "margin-top:8px;font-size:14px")}`),
  ];
  const lines = named.map(
    ({ number, level, title: what, events, href }) =>
      `${wrap(`${level.toUpperCase()} - ${incidentName(number)}, ${counted(events, "event")}`, 2)}\n${wrap(what, 2)}\n  ${href}`,
  );
  const text = `${wrap(`${title} - ${notice.installation}`)}\n\n${wrap(said)}\n\n${notice.actions.map((each) => linkText(each)).join("\n\n")}\n\n\nWorst first\n\n${lines.join("\n\n")}${more ? `\n\n${wrap(more, 2)}` : ""}\n\n-- \n${wrap(notice.why)}\n\n${notice.footer.map((each) => linkText(each)).join("\n")}\n`;
  return {
    subject,
    html: mailDocument({ subject, preheader: said.slice(0, 90), body, footer: html`${notice.why}<br>${links(notice.footer)}` }),
    text,
    headers: mailHeaders({
      baseUrl: notice.baseUrl,
      installation: notice.installation,
      reason: "storm",
      level: worst,
      ...(notice.unsubscribe ? { unsubscribe: notice.unsubscribe } : {}),
    }),
  };
}
