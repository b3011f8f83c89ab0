/**
 * The bricks of a mail: tables and inline styles only, one column of 600 px, no images, no web fonts. Classes repeat the inline colours for clients
 * that honour the dark media query; the others invert a light mail that survives it.
 */
import type { Level } from "@/lib/model/alert";
import { Html, html, safeUrl } from "./html";
import { grouped } from "./plain-text";
import { levelWord } from "./subject";

export const INK = "#1b1b18";
export const INK_2 = "#5f5e58";
export const LINE = "#e0dfd9";
const DATA = "#7486b3";
const FAIL = "#d0542c";
const SOFT = "#c9d2e8";
export const SANS = "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const MONO = "ui-monospace,Menlo,Consolas,monospace";

const pills: Record<Level | "quiet", { shape: string; ink: string; paper: string; css: string }> = {
  critical: { shape: "\u25c6", ink: "#b42318", paper: "#fdeceb", css: "cr" },
  high: { shape: "\u25b2", ink: "#b54708", paper: "#fdf0e4", css: "hi" },
  medium: { shape: "\u25a0", ink: "#7a5b00", paper: "#fbf4d9", css: "me" },
  low: { shape: "\u25cf", ink: "#175cd3", paper: "#e8f0fd", css: "lo" },
  informational: {
    shape: "\u25cf",
    ink: "#475467",
    paper: "#eef0f3",
    css: "in",
  },
  quiet: { shape: "", ink: "#475467", paper: "#eef0f3", css: "in" },
};

const dark = (css: string, ink: string, paper: string, line: string) =>
  `.${css}{color:${ink}!important;background:${paper}!important;border-color:${line}!important}`;

/** The only style sheet: phone layout and dark mode. Everything a client may ignore. */
export const STYLE = [
  ":root{color-scheme:light dark;supported-color-schemes:light dark}body{margin:0;padding:0;-webkit-text-size-adjust:100%}a{color:inherit}",
  "@media (max-width:520px){.wrap{padding:0!important}.card{border-left:0!important;border-right:0!important;border-radius:0!important}",
  ".pad{padding-left:18px!important;padding-right:18px!important}",
  ".st{display:block!important;width:100%!important;box-sizing:border-box!important;padding-left:0!important;padding-right:0!important}",
  ".stb{padding-bottom:10px!important}.bt,.bt>tbody,.bt>tbody>tr{display:block!important;width:100%!important}.btn{text-align:center!important}",
  `.fb{display:block!important;padding:10px 0!important}.h1{font-size:21px!important}.hide{display:none!important}.q{border-top:1px solid ${LINE}!important}`,
  ".st.ink2{padding-bottom:0!important}.qa{padding-top:1px!important;border-top:0!important}}",
  "@media (prefers-color-scheme:dark){.bg{background:#0d0e10!important}.card{background:#141518!important;border-color:#2a2d33!important}",
  ".ink{color:#edeef0!important}.ink2{color:#a3a7ae!important}.ln,.q,.qa{border-color:#2a2d33!important}",
  dark("cr", "#f97066", "#36160f", "#6b241a"),
  dark("hi", "#f79009", "#33200a", "#6b430f"),
  dark("me", "#eab308", "#2d2508", "#5c4a0c"),
  dark("lo", "#53b1fd", "#0e2440", "#1c4070"),
  dark("in", "#98a2b3", "#1d2127", "#3a404a"),
  dark("pri", "#141518", "#edeef0", "#edeef0"),
  dark("sec", "#edeef0", "#141518", "#4a4e57"),
  ".sf{background:#3a4666!important}.fl{background:#ef7a52!important}.dt{background:#8b9cc9!important}.bad{color:#ef7a52!important}}",
].join("");

const bare = new Html('role="presentation" cellpadding="0" cellspacing="0" border="0"');

/** A layout table over the full width. */
export const table = (inner: Html | Html[], fixed = false): Html =>
  html`<table ${bare} width="100%"${fixed ? new Html(' style="table-layout:fixed"') : ""}>${inner}</table>`;

/** Severity as colour, shape and word. */
export function levelPill(level: Level): Html {
  return pill(levelWord(level), level);
}

/** A quiet label, for a verdict or a state. */
export function pill(text: string, kind: Level | "quiet" = "quiet"): Html {
  const { shape, ink, paper, css } = pills[kind];
  return html`<span class="${css}" style="display:inline-block;padding:2px 8px;border:1px solid ${ink}55;border-radius:5px;background:${paper};color:${ink};font-size:13px;line-height:18px;font-weight:600;white-space:nowrap">${shape && html`${shape}&nbsp;`}${text}</span>`;
}

/** A value from an event, in mono. As our own link, so that the client makes none of its own out of an address or a host name. */
export function value(text: string, href?: string): Html {
  const style = new Html(`style="color:inherit;text-decoration:none;font-family:${MONO};font-size:14px;word-break:break-word"`);
  return href ? html`<a href="${safeUrl(href)}" ${style}>${text}</a>` : html`<span ${style}>${text}</span>`;
}

// Words of the signs that addresses, hosts and web addresses are written with, and where in one of them a client begins to see a link.
const WORDS = /([\w.+%:/@[\]?=&~-]+)/;
const JOINT = /[\w\]](?:[.@:]|:\/\/)[\w[]/;

/** Where what mail clients turn into a link ends in a word; 0: they see none. In linear time: attackers write the words. */
function linkEnd(word: string): number {
  const joint = JOINT.exec(word);
  if (!joint) return 0;
  let end = word.length;
  while (end > 0 && !/[\w/]/.test(word.charAt(end - 1))) end--;
  return end > joint.index + joint[0].length ? end : 0;
}

/**
 * Text of an event in a sentence: whatever a client would make a link of (an attacker's host, an address) becomes ours, so that nothing an attacker
 * wrote can be clicked. Names of incidents are not broken over lines.
 */
export function sentence(text: string, href: string, mono = true): Html {
  const style = mono
    ? `color:inherit;text-decoration:none;font-family:${MONO};font-size:14px;word-break:break-word`
    : "color:inherit;text-decoration:none";
  const plain = (part: string) =>
    part.split(/(INC-\d+)/).map((piece, index) => (index % 2 === 0 ? piece : html`<span style="white-space:nowrap">${piece}</span>`));
  const parts = text.split(WORDS).map((part, index) => {
    const end = index % 2 === 0 ? 0 : linkEnd(part);
    if (end === 0) return plain(part);
    return html`<a href="${safeUrl(href)}" style="${new Html(style)}">${part.slice(0, end)}</a>${part.slice(end)}`;
  });
  return html`${parts}`;
}

/** A link in the running text. */
export function link(text: string, href: string, css = ""): Html {
  return html`<a class="ink2 ${css}" href="${safeUrl(href)}" style="color:${INK_2};text-decoration:underline">${text}</a>`;
}

/** Links in one row, on a phone one per line. */
export function links(list: readonly { text: string; href: string }[]): Html {
  return html`${list.map(({ text, href }, index) => html`${index > 0 && html`<span class="hide"> &nbsp;&middot;&nbsp; </span>`}${link(text, href, "fb")}`)}`;
}

export interface Button {
  text: string;
  href: string;
}

function button({ text, href }: Button, primary: boolean): Html {
  const css = primary ? "pri" : "sec";
  const paper = primary ? INK : "#ffffff";
  const edge = primary ? INK : "#c4c3bc";
  return html`<table ${bare} class="bt"><tr><td class="st ${css}" bgcolor="${paper}" style="border:1px solid ${edge};border-radius:8px;background:${paper};mso-padding-alt:11px 18px"><a class="btn ${css}" href="${safeUrl(href)}" style="display:block;padding:11px 18px;border-radius:8px;color:${primary ? "#ffffff" : INK};font-size:16px;line-height:20px;font-weight:600;text-decoration:none;white-space:nowrap">${text}</a></td></tr></table>`;
}

/** Buttons side by side, on a phone one below the other at 44 px; the first is the primary one. */
export function buttons(list: readonly Button[]): Html {
  return html`<table ${bare} class="bt"><tr>${list.map((each, index) => html`<td class="st${index < list.length - 1 ? " stb" : ""}" style="padding-right:10px">${button(each, index === 0)}</td>`)}</tr></table>`;
}

/** One section of the card, with a rule above unless it is the first. */
export function block(title: string, inner: Html | Html[], first = false): Html {
  const head =
    title && html`<h2 class="ink" style="margin:0 0 10px;font-size:16px;line-height:22px;font-weight:600;color:${INK}">${title}</h2>`;
  return html`<tr><td class="pad ln" style="padding:${first ? "26px" : "22px"} 32px 22px;${first ? "" : `border-top:1px solid ${LINE};`}">${head}${inner}</td></tr>`;
}

/** Running text. `more` is extra inline style. */
export function paragraph(inner: Html | string, more = ""): Html {
  return html`<p class="ink2" style="margin:0;font-size:15px;line-height:22px;color:${INK_2};${more}">${inner}</p>`;
}

/** What somebody wrote, line by line. */
export function quotation(lines: readonly Html[]): Html {
  const said = lines.map((line, index) => html`${index > 0 && new Html("<br>")}${line}`);
  return html`<p class="ink ln" style="margin:0 0 14px;padding:2px 0 2px 14px;border-left:3px solid ${LINE};font-size:16px;line-height:24px;color:${INK};word-break:break-word">${said}</p>`;
}

/** The sentence that the mail is about. Without `href` it has no links: then nothing in it may be an attacker's. */
export function headline(text: string, href?: string): Html {
  return html`<h1 class="ink h1" style="margin:0 0 8px;font-size:23px;line-height:30px;font-weight:600;letter-spacing:-.3px;color:${INK};word-break:break-word">${href === undefined ? text : sentence(text, href, false)}</h1>`;
}

/** The installation on the left, the incident's name or the day on the right. `product` is left out for people who do not know it. */
export function masthead(installation: string, right: string, product = "Vedette "): Html {
  return html`${table(html`<tr><td class="ink" style="font-size:15px;line-height:22px;font-weight:600;color:${INK}">${product}<span class="ink2" style="font-weight:400;color:${INK_2}">${installation}</span></td><td class="ink2" align="right" style="font-size:14px;line-height:22px;color:${INK_2};white-space:nowrap">${right}</td></tr>`)}<div style="height:18px;line-height:18px;font-size:0">&nbsp;</div>`;
}

export type Tone = "data" | "fail" | "soft";
const tones: Record<Tone, { css: string; colour: string }> = {
  data: { css: "dt", colour: DATA },
  fail: { css: "fl", colour: FAIL },
  soft: { css: "sf", colour: SOFT },
};

/** Columns out of table cells: one nested one-cell table each, so that Outlook keeps the height. Null is a gap. */
export function columns(values: readonly (number | null)[], height: number, toneOf: (index: number) => Tone): Html {
  const largest = Math.max(1, ...values.map((each) => each ?? 0));
  const cell = (each: number | null, index: number) => {
    if (each === null) return "";
    const { css, colour } = tones[toneOf(index)];
    const up = Math.max(2, Math.round((each / largest) * height));
    return html`<table ${bare} width="100%"><tr><td class="${css}" height="${up}" bgcolor="${colour}" style="font-size:0;line-height:0">&nbsp;</td></tr></table>`;
  };
  return table(
    html`<tr>${values.map((each, index) => html`<td valign="bottom" height="${height}" style="padding:0 1px">${cell(each, index)}</td>`)}</tr>`,
    true,
  );
}

/** Label and value in two columns; on a phone the value stands under its label. */
export function facts(list: readonly { label: Html | string; value: Html | string }[], width = 132): Html {
  return table(
    list.map(({ label, value: shown }, index) => {
      const rule = index ? `border-top:1px solid ${LINE};` : "";
      return html`<tr><td class="st ${index ? "q" : ""} ink2" width="${width}" valign="top" style="width:${width}px;padding:7px 12px 7px 0;${rule}font-size:15px;line-height:22px;color:${INK_2}">${label}</td><td class="st qa ink" valign="top" style="padding:7px 0;${rule}font-size:15px;line-height:22px;color:${INK};word-break:break-word">${shown}</td></tr>`;
    }),
  );
}

export interface Amount {
  value: string;
  note?: string;
  count: number;
  href?: string;
}

/** A value, a bar of two table cells, and a number. */
export function amounts(list: readonly Amount[], tone: Tone): Html {
  const largest = Math.max(1, ...list.map(({ count }) => count));
  const { css, colour } = tones[tone];
  return table(
    list.map(({ value: text, note, count, href }) => {
      const width = Math.max(2, Math.round((count / largest) * 100));
      const under = note && html`<br><span class="ink2" style="font-size:13px;line-height:18px;color:${INK_2}">${note}</span>`;
      const bar = table(
        html`<tr><td class="${css}" width="${width}%" height="8" bgcolor="${colour}" style="width:${width}%;height:8px;background:${colour};border-radius:2px;font-size:0;line-height:0">&nbsp;</td><td style="font-size:0;line-height:0">&nbsp;</td></tr>`,
      );
      return html`<tr><td class="ink" style="padding:6px 12px 6px 0;font-size:15px;line-height:20px;color:${INK}">${value(text, href)}${under}</td><td width="36%" style="width:36%;padding:6px 0">${bar}</td><td class="ink" width="64" align="right" style="width:64px;padding:6px 0;font-size:15px;line-height:20px;color:${INK};white-space:nowrap">${grouped(count)}</td></tr>`;
    }),
  );
}

/** The whole document around its sections. `preheader` is what list views show behind the subject: at most 90 characters count. */
export function mailDocument(mail: { subject: string; preheader: string; body: Html[]; footer: Html }): string {
  const filler = new Html("&#847;&zwnj;&nbsp;".repeat(40)); // keeps the client from filling the preview with the body
  const meta = new Html(
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">',
  );
  return html`<!doctype html><html lang="en"><head>${meta}<title>${mail.subject}</title><style>${new Html(STYLE)}</style></head>
<body class="bg" style="margin:0;padding:0;background:#f4f4f1">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all;font-size:1px;line-height:1px;color:#f4f4f1">${mail.preheader}${filler}</div>
<table ${bare} class="bg" width="100%" bgcolor="#f4f4f1" style="background:#f4f4f1;font-family:${new Html(SANS)}"><tr><td class="wrap" align="center" style="padding:24px 12px">
<!--[if mso]><table role="presentation" width="600"><tr><td><![endif]-->
<table ${bare} class="card" width="100%" bgcolor="#ffffff" style="max-width:600px;background:#ffffff;border:1px solid ${LINE};border-radius:10px;border-collapse:separate;text-align:left">
${mail.body}
</table>
<table ${bare} width="100%" style="max-width:600px;text-align:left"><tr><td class="pad ink2" style="padding:18px 32px 8px;font-size:13px;line-height:20px;color:${INK_2}">${mail.footer}</td></tr></table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr></table></body></html>`.markup;
}
