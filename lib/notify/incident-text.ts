/** The written text part of the mail about one incident: the same order as the HTML, links on lines of their own, 72 columns. */
import { incidentName } from "@/lib/model/incident";
import { type IncidentNotice, type NoticeChart, reasonLabel } from "./notice";
import { bars, linesOf, pairs, wrap } from "./plain-text";

/** Two blank lines would be noise in a short mail; one stands between paragraphs. */
const paragraphs = (parts: readonly (string | undefined | false)[]): string => parts.filter(Boolean).join("\n\n");

const TEXT_COLUMNS = 12;

/** Only the columns that tell: two before the incident's own and those themselves, at most 12. */
function chartText(chart: NoticeChart): string {
  const peak = chart.values.reduce<number>((best, value, index) => ((value ?? 0) > (chart.values[best] ?? 0) ? index : best), 0);
  const last = Math.max(0, chart.hot - 1, chart.values.length - TEXT_COLUMNS);
  const from = Math.min(last, Math.max(0, chart.hot - 1, peak - 1)); // what the summary calls the most is among them
  const shown = chart.values
    .map((value, index) => ({
      label: chart.labels[index] ?? "",
      value: value ?? 0,
      index,
    }))
    .filter(({ index }) => index >= from && index < from + TEXT_COLUMNS);
  return `${wrap(chart.title)}\n\n${bars(shown, true)}\n\n${wrap(chart.summary, 2)}`;
}

/** A link under its words. */
export const linkText = ({ text, href }: { text: string; href: string }, indent = 0): string =>
  `${wrap(`${text}:`, indent)}\n${" ".repeat(indent)}${href}`;

/** Renders the text part. */
export function incidentText(notice: IncidentNotice): string {
  const label = reasonLabel(notice.reason);
  const head = [notice.level.toUpperCase(), ...(label ? [label] : []), incidentName(notice.number), notice.installation].join(" - ");
  const answers = notice.answers.map(({ question, answer, detail }) => `${wrap(question, 2)}\n${wrap(`${answer}. ${detail}`, 2)}`);
  const [open, ...confirmed] = notice.actions;
  const body = paragraphs([
    wrap(head),
    wrap(/[.!?]$/.test(notice.title) ? notice.title : `${notice.title}.`),
    notice.news && wrap(notice.news),
    notice.quote &&
      linesOf(notice.quote)
        .map((line) => wrap(line, 2))
        .join("\n"),
    wrap(notice.summary),
    open && linkText(open),
    ...confirmed.map(({ text, href }) =>
      linkText({
        text: `${text.replace("\u2026", "")} (asks you to confirm)`,
        href,
      }),
    ),
  ]);
  const rest = paragraphs([
    notice.facts.length > 0 && `The facts\n\n${pairs(notice.facts.map(({ label: name, value }) => [name, value] as const))}`,
    notice.chart && chartText(notice.chart),
    answers.length > 0 && `Is it real?\n\n${answers.join("\n\n")}`,
    notice.amounts.length > 0 &&
      `${wrap(notice.amountsTitle)}\n\n${bars(
        notice.amounts.map(({ value, count, note }) => ({
          label: value,
          value: count,
          ...(note ? { note } : {}),
        })),
        false,
      )}${notice.more ? `\n${wrap(`and ${notice.more}`, 2)}` : ""}`,
  ]);
  return `${body}${rest && `\n\n\n${rest}`}\n\n-- \n${wrap(notice.why)}\n\n${notice.footer.map((each) => linkText(each)).join("\n")}\n`;
}
