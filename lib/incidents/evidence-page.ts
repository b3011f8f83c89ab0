/** The readable parts of an evidence bundle: a page that opens without a server, and the timeline as text. Pure; everything from outside is text. */
import type { Alert } from "@/lib/model/alert";
import { eventSentence } from "@/lib/model/event-words";
import { formatSpan } from "@/lib/model/format";
import type { Incident } from "@/lib/model/incident";
import type { ActivityLine } from "@/lib/store/incident-reads";
import type { Pin } from "@/lib/store/pins";

interface Told {
  alerts: readonly Alert[];
  activity: readonly ActivityLine[];
  pins: readonly Pin[];
}

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const text = (value: unknown): string => String(value ?? "").replace(/[&<>"']/g, (character) => escapes[character] ?? "");
const oneLine = (value: string): string => value.replace(/\s+/g, " ").trim();

/** Everything that happened by its own time: alerts and pinned events by event time, people by the clock. */
function happenings({ alerts, activity, pins }: Told): { at: number; what: string; more: string }[] {
  const said = activity.filter(({ kind }) => kind !== "alert" && kind !== "opened");
  return [
    ...alerts.map((alert) => ({ at: alert.firstAt, what: `Alert (${alert.level}): ${alert.title}`, more: alert.explanation.sentence })),
    ...pins.map((pin) => ({
      at: pin.at,
      what: `Pinned event: ${eventSentence(pin.document)}`,
      more: [pin.note, `by ${pin.by}`].filter(Boolean).join(", "),
    })),
    ...said.map(({ at, kind, actorName, details }) => ({
      at: at.getTime(),
      what: `${actorName}: ${kind}`,
      more: ["text", "title", "reason", "verdict", "to"]
        .flatMap((name) => (typeof details[name] === "string" ? [details[name]] : []))
        .join(", "),
    })),
  ].sort((a, b) => a.at - b.at);
}

/** `timeline.md`. */
export function evidenceTimeline(name: string, told: Told): string {
  const rows = happenings(told).map(({ at, what, more }) =>
    `- ${new Date(at).toISOString()} **${oneLine(what)}** ${oneLine(more)}`.trimEnd(),
  );
  return `# ${name}\n\n${rows.join("\n")}\n`;
}

function factsOf(incident: Incident): [string, string | number][] {
  const took = (to: Date | null) => (to ? formatSpan(to.getTime() - incident.openedAt.getTime()) : "not yet");
  return [
    ["Level", incident.level],
    ["State", incident.verdict ? `${incident.state}: ${incident.verdict}` : incident.state],
    ["Reason", incident.verdictReason ?? ""],
    ["From", incident.firstAt.toISOString()],
    ["To", incident.lastAt.toISOString()],
    ["Events", incident.eventCount],
    ["Taken after", took(incident.acknowledgedAt)],
    ["Resolved after", took(incident.resolvedAt)],
    ["Grouped by", incident.groupedBy],
  ];
}

const STYLE =
  "body{font:15px/1.5 system-ui,sans-serif;max-width:820px;margin:40px auto;padding:0 16px;color-scheme:light dark}td{padding:4px 16px 4px 0;vertical-align:top}li{margin:6px 0;overflow-wrap:anywhere}time{font-variant-numeric:tabular-nums}";

/** `incident.html`: loads nothing, runs nothing. */
export function evidencePage(name: string, { incident, ...told }: Told & { incident: Incident }): string {
  const facts = factsOf(incident)
    .filter(([, value]) => value !== "")
    .map(([label, value]) => `<tr><td>${label}<td>${text(value)}`);
  const list = happenings(told).map(
    ({ at, what, more }) => `<li><time>${new Date(at).toISOString()}</time> <b>${text(what)}</b>${more ? `<br>${text(more)}` : ""}`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${text(name)}</title><style>${STYLE}</style><h1>${text(name)}: ${text(incident.title)}</h1><table>${facts.join("")}</table><h2>What happened</h2><ol>${list.join("")}</ol><p>The files of this bundle and their SHA-256 are in manifest.json; proofs.ndjson names the batch of every event.</p></html>\n`;
}
