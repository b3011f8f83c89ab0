/** The written text part of the digest. */
import { incidentName } from "@/lib/model/incident";
import type { DigestNotice } from "./digest-notice";
import { linkText } from "./incident-text";
import { bars, clip, pairs, wrap } from "./plain-text";

function waitingText(notice: DigestNotice): string {
  const each = notice.waiting.map(({ number, level, title, since, plea, actions }) => {
    const [open, ...rest] = actions;
    const actionLines = [
      open && linkText(open, 2),
      ...rest.map(({ text, href }) => linkText({ text: `${text} (asks you to confirm)`, href }, 2)),
    ];
    return `${wrap(`${level.toUpperCase()} - ${incidentName(number)}, since ${since}`, 2)}\n${wrap(`${title}. ${plea}`, 2)}\n\n${actionLines.filter(Boolean).join("\n")}`;
  });
  return `Needs someone\n\n${each.join("\n\n")}${notice.moreWaiting ? `\n\n${wrap(notice.moreWaiting, 2)}` : ""}`;
}

function numbersText(notice: DigestNotice): string {
  const cells = notice.numbers.map(({ label, shown, delta }) => ({
    label: clip(label, 30),
    shown: clip(shown, 16),
    delta: clip(delta, 18),
  }));
  const labels = Math.max(...cells.map(({ label }) => label.length));
  const widths = Math.max(...cells.map(({ shown }) => shown.length));
  const lines = cells.map(({ label, shown, delta }) => `  ${label.padEnd(labels)}   ${shown.padStart(widths)}   ${delta}`.trimEnd());
  const against = notice.numbers.find((each) => each.against)?.against.replace(/^vs /, "against ");
  return `${wrap(against ? `${notice.numbersTitle}, ${against}` : notice.numbersTitle)}\n\n${lines.join("\n")}`;
}

const more = (text: string | undefined, indent = 2): string => (text ? `\n${wrap(text, indent)}` : "");

/** Renders the text part. */
export function digestText(notice: DigestNotice): string {
  const parts = [
    `${wrap(notice.dateline)}\n\n${wrap(notice.headline)}\n${wrap(notice.proof)}\n`,
    notice.waiting.length > 0 && waitingText(notice),
    notice.settled.length > 0 &&
      `Resolved\n\n${pairs(notice.settled.map(({ number, verdict, title, note }) => [incidentName(number), `${verdict}. ${title}. ${note}`] as const))}${more(notice.moreSettled)}`,
    notice.numbers.length > 0 && numbersText(notice),
    notice.changes.length > 0 &&
      `What changed\n\n${pairs(notice.changes.map(({ at, what, who }) => [at, who ? `${what}, ${who}` : what] as const))}${more(notice.moreChanges)}`,
    notice.amounts.length > 0 &&
      `${wrap(notice.amountsTitle)}\n\n${bars(
        notice.amounts.map(({ value, count, note }) => ({ label: value, value: count, ...(note ? { note } : {}) })),
        false,
      )}${more(notice.moreAmounts)}`,
    notice.blind.length > 0 && `What we could not see\n\n${pairs(notice.blind.map(({ label, value }) => [label, value] as const))}`,
  ];
  return `${parts.filter(Boolean).join("\n\n")}\n\n-- \n${wrap(notice.why)}\n\n${notice.footer.map((each) => linkText(each)).join("\n")}\n`;
}
