/** The digest: what waits, what was settled, the numbers, what changed, who stands out, and what we could not see. One line when all is quiet. */
import { incidentName } from "@/lib/model/incident";
import type { Mail } from "@/lib/model/mail";
import type { DigestNotice, DigestNumber, WaitingIncident } from "./digest-notice";
import { digestText } from "./digest-text";
import { mailHeaders } from "./headers";
import { type Html, html } from "./html";
import {
  amounts,
  block,
  buttons,
  columns,
  facts,
  headline,
  INK,
  INK_2,
  levelPill,
  LINE,
  link,
  links,
  mailDocument,
  masthead,
  paragraph,
  pill,
  sentence,
  table,
} from "./mail-parts";
import { clip } from "./plain-text";
import { plainSubject } from "./subject";

const heading = (text: string) =>
  html`<h2 class="ink" style="margin:26px 0 2px;font-size:16px;line-height:22px;font-weight:600;color:${INK}">${text}</h2>`;
const small = (text: string) => paragraph(text, "margin-top:8px;font-size:14px");

function waitingBlock(notice: DigestNotice): Html {
  const one = ({ number, level, title, since, plea, actions }: WaitingIncident, index: number) => {
    const open = actions[0]?.href ?? notice.baseUrl;
    return html`<p style="margin:${index ? "22px" : "0"} 0 8px">${levelPill(level)} <span class="ink2" style="font-size:14px;color:${INK_2}">&nbsp;${incidentName(number)}, since ${since}</span></p><p class="ink" style="margin:0 0 14px;font-size:16px;line-height:24px;color:${INK};word-break:break-word">${sentence(title, open, false)}. <b>${plea.replace(/(\d) (?=[a-z])/g, "$1\u00a0")}</b></p>${buttons(actions)}`;
  };
  return html`${notice.waiting.map(one)}${notice.moreWaiting && small(notice.moreWaiting)}`;
}

function settledRows(notice: DigestNotice): Html {
  const rows = notice.settled.map(({ number, title, verdict, note, href }, index) => {
    const rule = index ? `border-top:1px solid ${LINE};` : "";
    return html`<tr><td class="ink ln" valign="top" style="padding:9px 0;${rule}font-size:15px;line-height:22px;color:${INK};word-break:break-word">${link(incidentName(number), href, "ink")}&nbsp; ${sentence(title, href, false)}. <span class="ink2" style="color:${INK_2}">${note}</span></td><td class="ln" align="right" valign="top" style="padding:9px 0 9px 12px;${rule}">${pill(verdict)}</td></tr>`;
  });
  return html`${table(rows)}${notice.moreSettled && small(notice.moreSettled)}`;
}

function numberCell({ label, shown, delta, against, history, bad }: DigestNumber): Html {
  const tone = (index: number) => (index < history.length - 1 ? "soft" : bad ? "fail" : "data");
  const change = html`<p class="${bad ? "bad" : "ink2"}" style="margin:0 0 8px;font-size:13px;line-height:18px;color:${bad ? "#b8431d" : INK_2}">${delta}${against && html` <span class="ink2" style="color:${INK_2}">${against}</span>`}</p>`;
  return html`<td width="50%" valign="top" style="width:50%;padding:6px 16px 14px 0">${paragraph(label, "font-size:14px;line-height:20px")}<p class="ink" style="margin:0;font-size:22px;line-height:28px;font-weight:600;letter-spacing:-.3px;color:${INK}">${shown}</p>${change}<div style="max-width:150px">${columns(history, 24, tone)}</div></td>`;
}

function numbersBlock(notice: DigestNotice): Html {
  const rows = notice.numbers
    .filter((_, index) => index % 2 === 0)
    .map((left, index) => {
      const right = notice.numbers[index * 2 + 1];
      return html`<tr>${numberCell(left)}${right ? numberCell(right) : html`<td></td>`}</tr>`;
    });
  return html`${table(rows, true)}${notice.numbersNote && paragraph(notice.numbersNote, "font-size:13px;line-height:18px")}`;
}

function changeRows(notice: DigestNotice): Html {
  const rows = notice.changes.map(({ at, what, who }, index) => {
    const rule = index ? `border-top:1px solid ${LINE};` : "";
    return html`<tr><td class="ink2 ln" width="56" valign="top" style="width:56px;padding:7px 0;${rule}font-size:15px;line-height:22px;color:${INK_2}">${at}</td><td class="ink ln" valign="top" style="padding:7px 0;${rule}font-size:15px;line-height:22px;color:${INK};word-break:break-word">${sentence(what, notice.baseUrl, false)} <span class="ink2" style="color:${INK_2}">${who}</span></td></tr>`;
  });
  return html`${table(rows)}${notice.moreChanges && small(notice.moreChanges)}`;
}

function sections(notice: DigestNotice): Html[] {
  const first = html`${masthead(notice.installation, notice.day)}${headline(notice.headline, notice.baseUrl)}${paragraph(notice.proof, "font-size:16px;line-height:24px")}`;
  const needs = notice.waiting.length > 0;
  const settled = notice.settled.length > 0;
  return [
    block("", first, true),
    ...(needs
      ? [block("Needs someone", html`${waitingBlock(notice)}${settled && html`${heading("Resolved")}${settledRows(notice)}`}`)]
      : []),
    ...(!needs && settled ? [block("Resolved", settledRows(notice))] : []),
    ...(notice.numbers.length ? [block(notice.numbersTitle, numbersBlock(notice))] : []),
    ...(notice.changes.length ? [block("What changed", changeRows(notice))] : []),
    ...(notice.amounts.length
      ? [block(notice.amountsTitle, html`${amounts(notice.amounts, "fail")}${notice.moreAmounts && small(notice.moreAmounts)}`)]
      : []),
    ...(notice.blind.length
      ? [
          block(
            "What we could not see",
            facts(notice.blind.map(({ label, value }) => ({ label, value: sentence(value, notice.baseUrl, false) }))),
          ),
        ]
      : []),
  ];
}

/** Renders the digest. */
export function digestMail(notice: DigestNotice): Mail {
  const subject = plainSubject(`${notice.kind}: ${notice.subject}`, notice.installation);
  const footer = html`${notice.why}<br>${links(notice.footer)}`;
  return {
    subject,
    html: mailDocument({ subject, preheader: clip(notice.preheader, 90), body: sections(notice), footer }),
    text: digestText(notice),
    headers: mailHeaders({
      baseUrl: notice.baseUrl,
      installation: notice.installation,
      reason: "digest",
      ...(notice.unsubscribe ? { unsubscribe: notice.unsubscribe } : {}),
    }),
  };
}
