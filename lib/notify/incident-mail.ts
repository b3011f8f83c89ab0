/** The mail about one incident: what happened, act, facts, chart, is it real, who; then why you got it. Pure: from a notice to HTML, text and headers. */
import { incidentName } from "@/lib/model/incident";
import type { Mail } from "@/lib/model/mail";
import { mailHeaders } from "./headers";
import { type Html, html } from "./html";
import { incidentText } from "./incident-text";
import {
  amounts,
  block,
  buttons,
  columns,
  facts,
  headline,
  INK_2,
  levelPill,
  LINE,
  link,
  links,
  mailDocument,
  masthead,
  paragraph,
  pill,
  quotation,
  sentence,
  table,
} from "./mail-parts";
import { type IncidentNotice, type NoticeChart, reasonLabel } from "./notice";
import { clip, linesOf } from "./plain-text";
import { incidentSubject } from "./subject";

function chartBlock(chart: NoticeChart): Html {
  const scale = table(
    html`<tr><td class="ink2" style="padding-top:5px;font-size:13px;line-height:18px;color:${INK_2}">${chart.from}</td><td class="ink2" align="right" style="padding-top:5px;font-size:13px;line-height:18px;color:${INK_2}">${chart.to}</td></tr>`,
  );
  const bars = columns(chart.values, 72, (index) => (index >= chart.hot ? "fail" : "data"));
  return block(
    chart.title,
    html`${bars}<div class="ln" style="border-top:1px solid ${LINE};font-size:0;line-height:0;height:1px">&nbsp;</div>${scale}${paragraph(chart.summary, "margin-top:6px")}`,
  );
}

function firstBlock(notice: IncidentNotice): Html {
  const open = notice.actions[0]?.href ?? notice.baseUrl;
  const label = reasonLabel(notice.reason);
  const marks = html`<p style="margin:0 0 10px">${levelPill(notice.level)}${label && html` ${pill(label)}`}</p>`;
  const news = notice.news && paragraph(html`<b class="ink">${notice.news}</b>`, "margin-bottom:8px;font-size:16px;line-height:24px");
  const quote = notice.quote && quotation(linesOf(notice.quote).map((line) => sentence(line, open, false)));
  return block(
    "",
    html`${masthead(notice.installation, incidentName(notice.number))}${marks}${headline(notice.title, open)}${news}${quote}${paragraph(sentence(notice.summary, open), "margin-bottom:18px;font-size:16px;line-height:24px")}${buttons(notice.actions)}${notice.actions.length > 1 && paragraph("Nothing happens until you confirm on the page.", "margin-top:12px;font-size:13px;line-height:18px")}`,
    true,
  );
}

function sections(notice: IncidentNotice): Html[] {
  const open = notice.actions[0]?.href ?? notice.baseUrl;
  return [
    firstBlock(notice),
    ...(notice.facts.length
      ? [block("The facts", facts(notice.facts.map(({ label, value }) => ({ label, value: sentence(value, open, false) }))))]
      : []),
    ...(notice.chart ? [chartBlock(notice.chart)] : []),
    ...(notice.answers.length
      ? [
          block(
            "Is it real?",
            facts(
              notice.answers.map(({ question, answer, detail }) => ({
                label: question,
                value: html`<b>${answer}.</b> ${sentence(detail, open, false)}`,
              })),
              222,
            ),
          ),
        ]
      : []),
    ...(notice.amounts.length
      ? [
          block(
            notice.amountsTitle,
            html`${amounts(
              notice.amounts.map((each) => ({ href: open, ...each })),
              "fail",
            )}${notice.more && paragraph(link(notice.more, `${open}#entities`), "margin-top:8px;font-size:14px")}`,
          ),
        ]
      : []),
  ];
}

/** Renders the notice. The subject is ASCII; the HTML stays far below the 102 KB at which Gmail clips. */
export function incidentMail(notice: IncidentNotice): Mail {
  const subject = notice.threadSubject ? `Re: ${notice.threadSubject}` : incidentSubject(notice.level, notice.title, notice.number);
  const preheader = clip(notice.preheader, 90);
  return {
    subject,
    html: mailDocument({
      subject,
      preheader,
      body: sections(notice),
      footer: html`${sentence(notice.why, notice.baseUrl, false)}<br>${links(notice.footer)}`,
    }),
    text: incidentText(notice),
    headers: mailHeaders({
      baseUrl: notice.baseUrl,
      installation: notice.installation,
      reason: notice.reason,
      incident: notice.number,
      level: notice.level,
      families: notice.families,
      ...(notice.root ? { root: notice.root } : {}),
      ...(notice.unsubscribe ? { unsubscribe: notice.unsubscribe } : {}),
    }),
  };
}
