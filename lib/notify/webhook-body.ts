/** What each kind of webhook is told about an incident. Pure. */
import type { Level } from "@/lib/model/alert";
import { type Incident, incidentName } from "@/lib/model/incident";
import type { NoticeReason } from "@/lib/model/mail";
import type { WebhookKind } from "@/lib/store/webhooks";
import { visible } from "@/lib/model/visible";
import { clip, counted } from "./plain-text";
import { levelWord } from "./subject";

/** One thing to tell. */
export interface Telling {
  reason: NoticeReason;
  incident: Incident;
  url: string;
  /** Routing key of PagerDuty; not used by the others' bodies. */
  secret: string;
  now: Date;
}

const closed = ({ reason }: Telling): boolean => reason === "resolved";
const headline = ({ incident }: Telling): string =>
  `[${levelWord(incident.level)}] ${clip(visible(incident.title), 200)} - ${incidentName(incident.number)}`;
const facts = ({ incident }: Telling): [string, string][] => [
  ["Severity", levelWord(incident.level)],
  ["Events", counted(incident.eventCount, "event")],
  ["Services", clip(incident.summary.services.join(", ") || "unknown", 200)],
  ["State", incident.state],
  ["Since", incident.firstAt.toISOString()],
];

/** Slack reads `<`, `>` and `&` as markup: escaped, an event's text stays text. */
const slack = (text: string): string => visible(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const sentence = ({ incident }: Telling): string => clip(visible(incident.summary.leads[0]?.sentence ?? ""), 600);

/** What makes messages about one incident one alert at the other end. */
const aliasOf = ({ incident }: Telling): string => `vedette-${incidentName(incident.number)}`;

const pagerSeverity: Record<Level, string> = { critical: "critical", high: "error", medium: "warning", low: "info", informational: "info" };
const genie: Record<Level, string> = { critical: "P1", high: "P2", medium: "P3", low: "P4", informational: "P5" };

const bodies: Record<WebhookKind, (telling: Telling) => Record<string, unknown>> = {
  standard: ({ reason, incident, url, now }) => ({
    type: `incident.${reason}`,
    timestamp: now.toISOString(),
    data: {
      number: incident.number,
      name: incidentName(incident.number),
      url,
      level: incident.level,
      state: incident.state,
      verdict: incident.verdict,
      title: incident.title,
      sentence: incident.summary.leads[0]?.sentence ?? "",
      event_count: incident.eventCount,
      alert_count: incident.summary.alerts,
      families: [...new Set(incident.summary.rules.map(({ family }) => family))],
      rules: incident.summary.rules.map(({ id, version }) => ({ id, version })),
      services: incident.summary.services,
      techniques: incident.summary.techniques,
      first_at: incident.firstAt.toISOString(),
      last_at: incident.lastAt.toISOString(),
    },
  }),
  slack: (telling) => ({
    text: slack(headline(telling)),
    blocks: [
      { type: "section", text: { type: "mrkdwn", text: `*${slack(headline(telling))}*\n${slack(sentence(telling))}`.slice(0, 2900) } },
      { type: "section", fields: facts(telling).map(([name, value]) => ({ type: "mrkdwn", text: `*${name}*\n${slack(value)}` })) },
      { type: "actions", elements: [{ type: "button", text: { type: "plain_text", text: "Open incident" }, url: telling.url }] },
    ],
  }),
  teams: (telling) => ({
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        content: {
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          type: "AdaptiveCard",
          version: "1.4",
          body: [
            { type: "TextBlock", size: "Medium", weight: "Bolder", wrap: true, text: escapeMarkdown(headline(telling)) },
            { type: "TextBlock", wrap: true, text: escapeMarkdown(sentence(telling)) },
            { type: "FactSet", facts: facts(telling).map(([title, value]) => ({ title, value: escapeMarkdown(value) })) },
          ],
          actions: [{ type: "Action.OpenUrl", title: "Open incident", url: telling.url }],
        },
      },
    ],
  }),
  pagerduty: (telling) => ({
    routing_key: telling.secret,
    event_action: closed(telling) ? "resolve" : "trigger",
    dedup_key: aliasOf(telling),
    links: [{ href: telling.url, text: incidentName(telling.incident.number) }],
    payload: {
      summary: clip(headline(telling), 1024),
      severity: pagerSeverity[telling.incident.level],
      source: telling.incident.summary.services[0] ?? "vedette",
      timestamp: telling.incident.firstAt.toISOString(),
      class: telling.incident.summary.rules[0]?.family ?? "",
      custom_details: Object.fromEntries([...facts(telling), ["What", sentence(telling)]]),
    },
  }),
  opsgenie: (telling) =>
    closed(telling)
      ? { source: "Vedette", note: sentence(telling) }
      : {
          message: clip(headline(telling), 130),
          alias: aliasOf(telling),
          description: `${sentence(telling)}\n${telling.url}`,
          priority: genie[telling.incident.level],
          source: "Vedette",
          details: Object.fromEntries(facts(telling)),
        },
};

/** Adaptive cards read a little Markdown. */
const escapeMarkdown = (text: string): string => visible(text).replace(/([\\`*_[\]()#~<>])/g, "\\$1");

/** One call: the body, and what stands behind the webhook's own address. */
export interface WebhookCall {
  body: Record<string, unknown>;
  path?: string;
}

/** What a kind of webhook is sent. Opsgenie closes an alert at an address of its own. */
export function webhookCall(kind: WebhookKind, telling: Telling): WebhookCall {
  const body = bodies[kind](telling);
  return kind === "opsgenie" && closed(telling) ? { body, path: `/${aliasOf(telling)}/close?identifierType=alias` } : { body };
}
