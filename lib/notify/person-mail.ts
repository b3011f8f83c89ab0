/** The mail to the person concerned: where, with what, when, and what to do. Pure. Names nobody else, no internals, and no link but the one that stops these mails. */
import type { Mail } from "@/lib/model/mail";
import type { PersonNotice } from "@/lib/model/person-mail";
import { mailHeaders } from "./headers";
import { html } from "./html";
import { linkText } from "./incident-text";
import { block, facts, headline, link, mailDocument, masthead, paragraph } from "./mail-parts";
import { clip, pairs, wrap } from "./plain-text";
import { ascii } from "./subject";
import { clockAt, dayAt, lengthOf } from "./when";

/** One mail: the notice, and what surrounds it. */
export interface PersonMail {
  notice: PersonNotice;
  baseUrl: string;
  installation: string;
  contact: string;
  everyDays: number;
  unsubscribe: string;
  stop: string;
}

const timeOf = (at: number): string => `${dayAt(at, "UTC")}, ${clockAt(at, "UTC")} UTC`;

/** "New sign-in from Lima, Peru: was this you?" */
export const personTitle = ({ place, device }: Pick<PersonNotice, "place" | "device">): string =>
  `New sign-in ${place ? `from ${place}` : `with ${device}`}: was this you?`;

function said({ notice, contact, everyDays }: PersonMail) {
  const { place, device, service, at, before } = notice;
  return {
    title: personTitle(notice),
    lead: before
      ? `Your account at ${service} was in use in two places within less time than anybody needs to travel from one to the other.`
      : `Your account at ${service} was used in a way that is new for it.`,
    rows: [
      ...(place ? [["Where", place] as const] : []),
      ...(before ? [["Before that", `${before.place}, ${lengthOf(at - before.at)} earlier`] as const] : []),
      ["With", device] as const,
      ["When", timeOf(at)] as const,
      ["Service", service] as const,
    ],
    yes: "Nothing needs to be done. A VPN, a new telephone or a journey can look like this. Places are worked out from network addresses and can be wrong by a region.",
    no: [
      `Open ${service} as you always do, not by a link in a mail, and change your password.`,
      "Sign out everywhere else, and switch the second factor on if it is off.",
      contact ? `Tell ${contact}, and forward this mail.` : "Tell whoever looks after your account, and forward this mail.",
    ],
    why: `You get this because this address belongs to the account. The same place and device is told at most once in ${everyDays === 1 ? "a day" : `${everyDays} days`}.`,
  };
}

/** Renders the mail. */
export function personMail(mail: PersonMail): Mail {
  const { title, lead, rows, yes, no, why } = said(mail);
  const subject = clip(ascii(title), 150);
  const steps = no.map((step, index) => paragraph(html`${index + 1}. ${step}`, "margin-bottom:6px"));
  const body = [
    block(
      "",
      html`${masthead(mail.notice.service, "Your account", "")}${headline(title)}${paragraph(lead, "margin-bottom:14px;font-size:16px;line-height:24px")}${facts(rows.map(([label, value]) => ({ label, value })))}`,
      true,
    ),
    block("If it was you", paragraph(yes)),
    block("If it was not you", steps),
  ];
  const text = [
    wrap(title),
    wrap(lead),
    pairs(rows),
    `If it was you\n\n${wrap(yes, 2)}`,
    `If it was not you\n\n${no.map((step, index) => wrap(`${index + 1}. ${step}`, 2, 5)).join("\n")}`,
  ].join("\n\n");
  const { baseUrl, installation, unsubscribe, stop } = mail;
  return {
    subject,
    html: mailDocument({
      subject,
      preheader: clip(`${mail.notice.device}, ${timeOf(mail.notice.at)}`, 90),
      body,
      footer: html`${why}<br>${link("Stop these mails", stop)}`,
    }),
    text: `${text}\n\n-- \n${wrap(why)}\n\n${linkText({ text: "Stop these mails", href: stop })}\n`,
    headers: mailHeaders({ baseUrl, installation, reason: "person", unsubscribe }),
  };
}
