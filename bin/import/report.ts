/** What an import says when it is done: counts that add up, what was not understood and what to do about it, and what detection found. */
import { incidentName } from "@/lib/model/incident";
import type { Finding } from "@/lib/store/import-findings";
import { duration, printable } from "./progress";
import type { FileTally } from "./read-events";
import type { Sent } from "./sink";

const number = (value: number): string => value.toLocaleString("en");
const plural = (value: number, one: string, many = `${one}s`): string => `${number(value)} ${value === 1 ? one : many}`;

/** Files whose lines were not understood that are shown with samples. */
const MOST_FILES = 5;

export function reportCounts(tallies: readonly FileTally[], sent: Sent, seconds: number): string {
  const sum = (part: (tally: FileTally) => number) => tallies.reduce((total, tally) => total + part(tally), 0);
  const events = sum((tally) => tally.events);
  const rate = seconds > 0.5 ? `, ${number(Math.round(events / seconds))} events/s` : "";
  const lines = [
    `Read ${plural(tallies.length, "file")}, ${plural(
      sum((tally) => tally.lines),
      "line",
    )}: ${plural(events, "event")} in ${duration(seconds)}${rate}.`,
    `  new             ${number(sent.accepted)}`,
    `  there already   ${number(sent.duplicates)}`,
  ];
  if (sent.rejected > 0)
    lines.push(`  refused         ${number(sent.rejected)}   ${sent.refusals.map((why) => printable(why).slice(0, 160)).join(" · ")}`);
  const skipped = sum((tally) => tally.skipped);
  const missed = sum((tally) => tally.notUnderstood);
  if (skipped > 0) lines.push(`  left out        ${plural(skipped, "line")} that tell of no request and no sign-in`);
  if (missed > 0) lines.push(`  not understood  ${plural(missed, "line")}`);
  return lines.join("\n");
}

/** The files with lines that were not understood, the worst first, each with samples. `guess` says what the file looks like. */
export function reportMissed(tallies: readonly FileTally[], guess: (tally: FileTally) => string | undefined): string {
  const missed = tallies.filter((tally) => tally.notUnderstood > 0).sort((a, b) => b.notUnderstood - a.notUnderstood);
  const told = missed.slice(0, MOST_FILES).flatMap((tally) => {
    const other = guess(tally);
    const hint = other !== undefined && other !== tally.format ? ` It looks like ${other}: try --format ${other}.` : "";
    return [
      `${printable(tally.file)}: ${plural(tally.notUnderstood, "line")} not understood as ${tally.format}.${hint}`,
      ...tally.samples
        .slice(0, tally.events === 0 ? 1 : 3)
        .map(({ line, why, text }) => `  line ${line}: ${why}: ${printable(text.slice(0, 120))}`),
    ];
  });
  if (missed.length > MOST_FILES) told.push(`… and ${plural(missed.length - MOST_FILES, "more file")}.`);
  return told.join("\n");
}

export function reportFindings(findings: readonly Finding[], { shown, baseUrl }: { shown: number; baseUrl: string }): string {
  if (findings.length === 0) return "Detection has looked at all of it and found no attack.";
  const lines = findings.slice(0, shown).map((finding) => {
    const who = finding.attackers.length > 0 ? `  from ${finding.attackers.map(printable).join(", ")}` : "";
    return `  ${incidentName(finding.number).padEnd(8)} ${finding.level.padEnd(13)} ${printable(finding.title)}${finding.attackers.some((one) => finding.title.includes(one)) && finding.attackers.length === 1 ? "" : who}`;
  });
  const more = findings.length > shown ? [`  … and more; the dashboard has them all.`] : [];
  return [
    `Detection found ${findings.length > shown ? `more than ${plural(shown, "incident")}` : plural(findings.length, "incident")}, the worst first:`,
    ...lines,
    ...more,
    `See ${baseUrl}/incidents. Importing the past sends no mail.`,
  ].join("\n");
}
