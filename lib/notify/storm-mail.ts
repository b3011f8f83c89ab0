/** One mail in place of many: when a reader has had the hour's share, or a route's pace or quiet hours held them back. With a table of everything. */
import type { Level } from "@/lib/model/alert";
import { incidentName } from "@/lib/model/incident";
import type { Mail } from "@/lib/model/mail";
import type { HeldFor } from "./pace";
import { mailHeaders } from "./headers";
import { html } from "./html";
import { linkText } from "./incident-text";
import {
  type Button,
  block,
  buttons,
  facts,
  headline,
  INK_2,
  levelPill,
  link,
  links,
  mailDocument,
  masthead,
  paragraph,
  sentence,
} from "./mail-parts";
import { counted, wrap } from "./plain-text";
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
  /** Why they waited: the hour's share, the route's pace, or quiet hours. */
  cause: HeldFor;
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

const more = ({ held }: StormNotice): string => `${counted(held, "message")} ${held === 1 ? "is" : "are"} in this one`;

const words: Record<HeldFor, (notice: StormNotice) => { name: string; said: string }> = {
  storm: (notice) => ({
    name: "Storm",
    said: `You had ${counted(notice.sent, "mail")} in the last hour, so ${more(notice)}. The next one comes in an hour at the earliest; a new critical incident still mails at once.`,
  }),
  pace: (notice) => ({ name: "In the meantime", said: `Your route sends a mail only now and then, so ${more(notice)}.` }),
  quiet: (notice) => ({ name: "While it was quiet", said: `These came in your route's quiet hours: ${more(notice)}.` }),
};

/** Renders the mail. */
export function stormMail(notice: StormNotice): Mail {
  const worst = notice.rows[0]?.level ?? "high";
  const { name, said } = words[notice.cause](notice);
  const title = `${name}: ${counted(notice.incidents, "incident")}, ${counted(notice.events, "event")}`;
  const subject = plainSubject(`[${levelWord(worst)}] ${title}`, notice.installation);
  const named = notice.rows.slice(0, STORM_ROWS);
  const rest = notice.incidents - named.length;
  const others = rest > 0 ? `and ${counted(rest, "more incident")}` : "";
  const table = facts(
    named.map(({ number, level, title: what, events, href }) => ({
      label: levelPill(level),
      value: html`${link(incidentName(number), href, "ink")}&nbsp; ${sentence(what, href, false)}<br><span class="ink2" style="color:${INK_2}">${counted(events, "event")}</span>`,
    })),
    116,
  );
  const body = [
    block(
      "",
      html`${masthead(notice.installation, name)}${headline(title, notice.baseUrl)}${paragraph(said, "margin-bottom:18px;font-size:16px;line-height:24px")}${buttons(notice.actions)}`,
      true,
    ),
    block("Worst first", html`${table}${others && paragraph(others, "margin-top:8px;font-size:14px")}`),
  ];
  const lines = named.map(
    ({ number, level, title: what, events, href }) =>
      `${wrap(`${level.toUpperCase()} - ${incidentName(number)}, ${counted(events, "event")}`, 2)}\n${wrap(what, 2)}\n  ${href}`,
  );
  const text = `${wrap(`${title} - ${notice.installation}`)}\n\n${wrap(said)}\n\n${notice.actions.map((each) => linkText(each)).join("\n\n")}\n\n\nWorst first\n\n${lines.join("\n\n")}${others ? `\n\n${wrap(others, 2)}` : ""}\n\n-- \n${wrap(notice.why)}\n\n${notice.footer.map((each) => linkText(each)).join("\n")}\n`;
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
