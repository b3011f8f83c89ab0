import type { IncidentNotice } from "@/lib/notify/notice";
import type { DigestNotice } from "@/lib/notify/digest-notice";

/** The story that the unit tests tell and that the rendered pictures show. */
export const notice: IncidentNotice = {
  installation: "Acme prod",
  baseUrl: "https://vedette.acme.io",
  reason: "opened",
  number: 42,
  level: "critical",
  title: "Credential stuffing on api-gateway: 412 failures from 203.0.113.0/24, then 2 accounts entered",
  summary: "412 sign-ins failed, then two succeeded: ops@acme.io, an administrator, and li.wei@acme.io. Both sessions are open.",
  quote: "Ben, please end both sessions.\n- block the range at the gateway",
  preheader: "412 failures from 3 addresses, then 2 entries. Since 14:02 UTC+1. Not acknowledged.",
  facts: [
    { label: "When", value: "Mon 23 Nov 2026, 14:02:07 to 14:05:29 UTC+1" },
    { label: "Where", value: "api-gateway, POST /v1/login" },
    { label: "From", value: "203.0.113.0/24, Clouvider (AS62240), London" },
    { label: "How many", value: "412 failures to 173 accounts, 2 entries" },
    { label: "Rule", value: "Entered after many failures, v3" },
    { label: "State", value: "Not acknowledged" },
  ],
  chart: {
    title: "Failed sign-ins a minute",
    values: [2, 1, 3, 2, 2, 4, 2, 1, 3, 2, 2, 3, 1, 2, 2, 3, 2, 4, 2, 2, 76, 130, 141, 73],
    hot: 20,
    from: "13:42",
    to: "14:05 UTC+1",
    labels: Array.from({ length: 24 }, (_, index) => `${index < 18 ? 13 : 14}:${String((42 + index) % 60).padStart(2, "0")}`),
    summary: "Usually 2 a minute on api-gateway; 141 at 14:04.",
  },
  answers: [
    { question: "First time for these addresses?", answer: "Yes", detail: "None of the 3 was seen before today.", points: "attack" },
    { question: "Many accounts, few addresses?", answer: "Yes", detail: "173 from 3; 68 do not exist here.", points: "attack" },
    { question: "Far more failures than usual?", answer: "Yes", detail: "412 to 2 entries; usually 1 to 6.", points: "attack" },
  ],
  amountsTitle: "Most failures",
  amounts: [
    { value: "203.0.113.17", count: 188, note: "no entry" },
    { value: "203.0.113.24", count: 131, note: "entered li.wei" },
    { value: "203.0.113.90", count: 93, note: "entered ops" },
    { value: "li.wei@acme.io", count: 61, note: "entered" },
    { value: "ops@acme.io", count: 58, note: "administrator, entered" },
  ],
  more: "171 more accounts",
  families: ["credential_stuffing", "brute_force"],
  actions: [
    { text: "Open incident", href: "https://vedette.acme.io/i/INC-42" },
    { text: "Acknowledge", href: "https://vedette.acme.io/act/a.7k.tq3k1c.Kp3vT8xQKp3vT8xQ" },
    { text: "Not a threat\u2026", href: "https://vedette.acme.io/act/n.7k.tq3k1c.Wn7cR2mEWn7cR2mE" },
  ],
  why: "Your route \u201ccritical in production: mail on-call at once\u201d sent you this. The next mail about INC-42 comes at 14:35, or sooner if it gets worse.",
  footer: [
    { text: "Change this route", href: "https://vedette.acme.io/notifications#route-4" },
    { text: "Mute this rule for 24 h", href: "https://vedette.acme.io/act/m.7k.tq3k1c.Zt5yH9bDZt5yH9bD" },
    { text: "Stop these mails", href: "https://vedette.acme.io/act/u.7k.tq3k1c.4fQ1sL7k4fQ1sL7k" },
  ],
  unsubscribe: "https://vedette.acme.io/act/u.7k.tq3k1c.4fQ1sL7k4fQ1sL7k",
};

const week = (...values: number[]) => values;

/** The digest of the same day. */
export const digest: DigestNotice = {
  installation: "Acme prod",
  baseUrl: "https://vedette.acme.io",
  kind: "Daily",
  day: "Mon 23 Nov",
  dateline: "Acme prod, Monday 23 November 2026 (times in UTC+1)",
  subject: "1 incident open, 2 resolved, 3,586 failed sign-ins (up 198 %)",
  preheader: "INC-41 has waited 17 h for someone. INC-42 was a real attack, contained in 22 min.",
  headline: "One incident waits for you. Two are resolved.",
  proof: "41 rules read 1,251,906 events on Monday. The rest was as usual.",
  waiting: [
    {
      number: 41,
      level: "high",
      title: "Session of ana@acme.io moved from Berlin to Lagos in 11 minutes and exported 3 reports",
      since: "Mon 13:24",
      plea: "Nobody has taken it in 17 h.",
      actions: [
        { text: "Open INC-41", href: "https://vedette.acme.io/i/INC-41" },
        { text: "Take it", href: "https://vedette.acme.io/act/a.7k.tq3k1c.Bd6gX1wNBd6gX1wN" },
      ],
    },
  ],
  settled: [
    {
      number: 42,
      title: "Credential stuffing on api-gateway, 2 accounts entered",
      verdict: "Real attack",
      note: "Resolved in 59 min by Ada.",
      href: "https://vedette.acme.io/i/INC-42",
    },
    {
      number: 40,
      title: "Path probing on orders-api",
      verdict: "False alarm",
      note: "It was an uptime checker.",
      href: "https://vedette.acme.io/i/INC-40",
    },
  ],
  numbersTitle: "Monday in numbers",
  numbers: [
    {
      label: "Successful sign-ins",
      shown: "18,240",
      delta: "+2 %",
      against: "vs last Monday",
      history: week(17.9, 18.4, 18.1, 17.8, 16.9, 9.1, 8.7, 18.2),
      bad: false,
    },
    {
      label: "Failed sign-ins",
      shown: "3,586",
      delta: "+198 %",
      against: "vs last Monday",
      history: week(1203, 1310, 1242, 1188, 1270, 640, 598, 3586),
      bad: true,
    },
    {
      label: "Requests",
      shown: "1,251,906",
      delta: "+4 %",
      against: "vs last Monday",
      history: week(1204, 1221, 1236, 1198, 1187, 702, 655, 1252),
      bad: false,
    },
    { label: "Mails sent to you", shown: "4", delta: "+3", against: "vs last Monday", history: week(1, 0, 2, 0, 1, 0, 0, 4), bad: false },
  ],
  numbersNote: "Bars: Monday 16 to Monday 23 November.",
  changes: [
    { at: "02:10", what: "New administrator sam@acme.io", who: "by Ana" },
    { at: "09:40", what: "Rule Path probing is now v4", who: "by Ana" },
    { at: "11:02", what: "Key partner-sync called from Brazil, a new country", who: "" },
  ],
  amountsTitle: "Most failed sign-ins",
  amounts: [
    { value: "203.0.113.17", count: 188, note: "INC-42" },
    { value: "203.0.113.24", count: 131, note: "INC-42" },
    { value: "2001:db8:4:1::7", count: 11 },
  ],
  moreAmounts: "1,904 more addresses, 10 or fewer each",
  blind: [
    { label: "legacy-crm", value: "Silent since Mon 11:16; usually 240 an hour." },
    { label: "Rules", value: "All 41 ran without a gap." },
  ],
  why: "You get this because you asked for a daily digest at 07:00, Europe/Berlin, for production.",
  footer: [
    { text: "Change hour or scope", href: "https://vedette.acme.io/notifications#digest" },
    { text: "Stop the digest", href: "https://vedette.acme.io/act/u.9h.tq3k1c.9hV2pM3c9hV2pM3c" },
  ],
  unsubscribe: "https://vedette.acme.io/act/u.9h.tq3k1c.9hV2pM3c9hV2pM3c",
};
