import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestMail } from "@/lib/notify/digest-mail";
import { messageId } from "@/lib/notify/headers";
import { html } from "@/lib/notify/html";
import { hideDetails } from "@/lib/notify/hide";
import { incidentMail } from "@/lib/notify/incident-mail";
import { sentence } from "@/lib/notify/mail-parts";
import { noteMail } from "@/lib/notify/note-mail";
import { visible } from "@/lib/model/visible";
import { COLUMNS, wrap } from "@/lib/notify/plain-text";
import { type StormNotice, stormMail } from "@/lib/notify/storm-mail";
import { incidentSubject } from "@/lib/notify/subject";
import { clockAt, lengthOf, offsetAt, spanOf } from "@/lib/notify/when";
import { digest, notice } from "./sample-notice";

const storm: StormNotice = {
  installation: "Acme prod",
  baseUrl: "https://vedette.acme.io",
  cause: "storm",
  held: 990,
  sent: 10,
  rows: Array.from({ length: 30 }, (_, index) => ({
    number: index + 1,
    level: "high",
    title: "Path probing on shop",
    events: 100,
    href: `https://vedette.acme.io/i/INC-${index + 1}`,
  })),
  incidents: 990,
  events: 99_000,
  why: "Your route sent you this.",
  actions: [{ text: "Open incidents", href: "https://vedette.acme.io/incidents" }],
  footer: [],
};

/** Every text of a structure that an event may have written, replaced; addresses of ours stay. */
const poison = (value: unknown, text: string): unknown => {
  if (typeof value === "string") return /^https?:/.test(value) ? value : text;
  if (Array.isArray(value)) return value.map((each) => poison(each, text));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      ["level", "reason", "kind", "cause", "baseUrl", "points"].includes(name) ? each : poison(each, text),
    ]),
  );
};
const skeleton = (markup: string): string => (markup.match(/<\/?[a-z0-9]+/gi) ?? []).join(" ");
const hostile = fc.oneof(
  fc.constantFrom(
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'onmouseover='x",
    "</title><b>",
    "<!--",
    "]]>",
    "\r\nBcc: everyone@example.com",
    "\u202egnp.exe",
  ),
  fc.string({ unit: "binary", maxLength: 80 }),
);
const widest = (text: string): number =>
  Math.max(
    ...text
      .split("\n")
      .filter((line) => !/^\s*https?:\/\//.test(line))
      .map((line) => line.length),
  );

/** Tags that are opened and never closed, or closed out of order. */
function unclosed(markup: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, close, name = ""] of markup.replace(/<!--[\s\S]*?-->/g, "").matchAll(/<(\/?)([a-z0-9]+)\b[^>]*>/gi)) {
    if (["meta", "br", "hr"].includes(name)) continue;
    if (!close) open.push(name);
    else if (open.pop() !== name) wrong.push(name);
  }
  return [...wrong, ...open];
}

describe("every mail", () => {
  it("stays under 40 KB, has no image and no script, and a text part of at most 72 columns", () => {
    for (const mail of [incidentMail(notice), digestMail(digest), stormMail(storm)]) {
      expect(Buffer.byteLength(mail.html)).toBeLessThan(40 * 1024);
      expect(mail.html).not.toMatch(/<img|<script|<link|@import|url\(/i);
      expect(widest(mail.text)).toBeLessThanOrEqual(COLUMNS);
      expect(mail.subject).toMatch(/^[\x20-\x7e]{1,160}$/);
    }
  });

  it.each([
    ["incident", incidentMail(notice)],
    ["without details", incidentMail(hideDetails(notice))],
    ["digest", digestMail(digest)],
    ["storm", stormMail(storm)],
    [
      "note",
      noteMail({
        installation: "Acme",
        baseUrl: "https://vedette.acme.io",
        title: "A note",
        paragraphs: ["One."],
        actions: [],
        why: "Because.",
        footer: [],
      }),
    ],
  ])("stays within what the big clients show: %s", (_name, { html: markup, text }) => {
    // Gmail drops a style block beyond 8,192 characters and every rule after one it cannot read
    const styles = [...markup.matchAll(/<style>([^<]*)<\/style>/g)].map(([, css]) => css ?? "");
    expect(styles).toHaveLength(1);
    expect(styles[0]?.length).toBeLessThan(8192);
    expect(styles[0]).not.toMatch(/url\(|@import|@font-face|expression|behavior/);
    // Outlook lays out with Word: tables, and no property that it does not know decides where things stand
    const inline = [...markup.matchAll(/style="([^"]*)"/g)].map(([, css]) => css ?? "");
    for (const css of inline) expect(css).not.toMatch(/position:|float:|flex|grid|calc\(|var\(|url\(|transform|vw|vh|rem/);
    expect(markup.match(/<table(?![^>]*role="presentation")/g)).toBeNull();
    for (const [, width] of markup.matchAll(/width="(\d+)"/g)) expect(Number(width)).toBeLessThanOrEqual(600);
    expect(markup).not.toMatch(/<(img|svg|script|form|input|iframe|object|embed|video|base|link)\b|\son[a-z]+=/i);
    // nothing depends on classes that a client may drop: whoever has a class of colour has the colour inline too
    for (const [tag] of markup.matchAll(/<(?:td|p|h1|h2|a|span)\b[^>]*class="[^"]*\bink2?\b[^"]*"[^>]*>/g))
      expect(tag).toMatch(/color:#|<b|color:inherit/);
    for (const [, href] of markup.matchAll(/href="([^"]*)"/g)) expect(href).toMatch(/^https:\/\//);
    expect(unclosed(markup)).toEqual([]);
    expect(text).not.toMatch(/\n{4}/);
    expect(text).toMatch(/^[\x09\x0a\x20-\x7e\u00a0-\uffff]*$/);
  });

  it("never lets text of an event become markup, a header line or a wider text part", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const plain = text.replace(/[\w@.:/[\]]/g, "x").replace(/[^x\s]/g, "x");
        for (const [make, source] of [
          [incidentMail, notice],
          [digestMail, digest],
          [stormMail, storm],
        ] as const) {
          const mail = (make as (value: unknown) => ReturnType<typeof incidentMail>)(poison(source, text));
          const calm = (make as (value: unknown) => ReturnType<typeof incidentMail>)(poison(source, plain));
          expect(skeleton(mail.html).replace(/ (<a|<\/a|<span|<\/span)/g, "")).toBe(
            skeleton(calm.html).replace(/ (<a|<\/a|<span|<\/span)/g, ""),
          );
          expect(mail.subject).toMatch(/^[\x20-\x7e]*$/);
          for (const value of Object.values(mail.headers)) expect(value).toMatch(/^[\x20-\x7e]*$/);
          expect(widest(mail.text)).toBeLessThanOrEqual(COLUMNS);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("makes an attacker's address a link to us, never to the attacker", () => {
    const mail = incidentMail({ ...notice, summary: "See http://evil.example/pay and call evil.example:8443 or ops@evil.example now." });
    const targets = [...mail.html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href ?? "");
    expect(targets.every((href) => href.startsWith("https://vedette.acme.io"))).toBe(true);
    const bare = mail.html.replace(/<a [^>]*>[^<]*<\/a>/g, "").replace(/<title>.*<\/title>/, "");
    expect(bare).not.toContain("evil.example");
  });
});

describe("the subject", () => {
  it("says severity first and the incident last in ASCII, whatever the title is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (title) => {
        expect(incidentSubject("high", title, 7)).toMatch(/^\[High\] [\x20-\x7e]* - INC-7$/);
        expect(incidentSubject("high", title, 7).length).toBeLessThanOrEqual(150);
      }),
    );
    expect(incidentSubject("critical", "Anmeldung von J\u00fcrgen \u2014 \u201cgestohlen\u201d", 9)).toBe(
      '[Critical] Anmeldung von Jurgen - "gestohlen" - INC-9',
    );
  });

  it("stays the first one of the thread, so that clients keep the mails together", () => {
    const later = incidentMail({
      ...notice,
      reason: "update",
      threadSubject: "[High] First words - INC-42",
      root: "<42.opened.r@vedette.acme.io>",
    });
    expect(later.subject).toBe("Re: [High] First words - INC-42");
    expect(later.headers).toMatchObject({ "In-Reply-To": "<42.opened.r@vedette.acme.io>", References: "<42.opened.r@vedette.acme.io>" });
    expect(later.text).toContain("Still going on");
  });
});

describe("headers", () => {
  it("unsubscribe in one click and tell other machines not to answer", () => {
    expect(incidentMail(notice).headers).toMatchObject({
      "List-Unsubscribe": "<https://vedette.acme.io/act/u.7k.tq3k1c.4fQ1sL7k4fQ1sL7k>",
      "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
      "Auto-Submitted": "auto-generated",
      "X-Vedette-Severity": "critical",
      "X-Vedette-Incident": "INC-42",
    });
  });

  it("give one message one Message-ID however often it is tried", () => {
    const facts = { incident: 42, reason: "opened", token: "r7", baseUrl: "http://localhost:3000" };
    expect(messageId(facts)).toBe(messageId({ ...facts }));
    expect(messageId(facts)).toBe("<42.opened.r7@localhost.vedette.invalid>");
    expect(messageId({ ...facts, token: "r8" })).not.toBe(messageId(facts));
  });
});

describe("writing", () => {
  it("escapes what is put into a template and keeps what a template made", () => {
    expect(html`<b>${"<i>&'\""}</b>${html`<i>${1}</i>`}${[html`a`, "<"]}${false}${undefined}`.markup).toBe(
      "<b>&lt;i&gt;&amp;&#39;&quot;</b><i>1</i>a&lt;",
    );
  });

  it("makes our own link of whatever a client would make one of, and keeps every character", () => {
    const shown = (text: string) => sentence(text, "https://vedette.acme.io/x", false).markup;
    const linked = (text: string) => [...shown(text).matchAll(/<a [^>]*>([^<]*)<\/a>/g)].map(([, inner]) => inner);
    expect(linked("seen at evil.example/a?b=1, from 203.0.113.7. e.g. INC-42: mail a@b.example!")).toEqual([
      "evil.example/a?b=1",
      "203.0.113.7",
      "a@b.example",
    ]);
    expect(shown("see INC-42.")).toContain('nowrap">INC-42</span>.');
    const word = fc.string({ unit: fc.constantFrom(..."ab1.@:/[]-?= ,"), maxLength: 40 });
    fc.assert(
      fc.property(word, (text) => {
        const left = shown(text).replace(/<a [^>]*>[^<]*<\/a>/g, " ");
        return !/[a-z0-9](?:[.@:]|:\/\/)[a-z0-9][a-z0-9/]/.test(left) && shown(text).replace(/<[^>]*>/g, "") === text;
      }),
    );
  });

  it("looks for links in linear time", () => {
    const started = performance.now();
    for (const unit of ["].[", "a.-", "://", "-"]) sentence(unit.repeat(50_000), "https://vedette.acme.io/x");
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it("shows characters that want to hide", () => {
    expect(visible("a\u202eb\u0000c\u200bd")).toBe("a\ufffdb\ufffdc\ufffdd");
  });

  it("wraps by words, breaks what has none, and never a web address", () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 600 }),
        fc.integer({ min: 0, max: 30 }),
        (text, indent) => widest(`x\n${wrap(text, indent)}`) <= COLUMNS,
      ),
    );
    expect(wrap(`see https://${"a".repeat(90)}.example/ now`).split("\n")).toHaveLength(3);
  });

  it("prints the zone's offset, over daylight saving too", () => {
    expect(offsetAt(Date.UTC(2026, 9, 25, 0, 30), "Europe/Berlin")).toBe("UTC+2");
    expect(offsetAt(Date.UTC(2026, 9, 25, 1, 30), "Europe/Berlin")).toBe("UTC+1");
    expect(offsetAt(0, "UTC")).toBe("UTC");
    expect(offsetAt(Date.UTC(2026, 0, 1), "America/St_Johns")).toBe("UTC-3:30");
    expect(clockAt(Date.UTC(2026, 10, 23, 23, 5), "Europe/Berlin")).toBe("00:05");
    expect(spanOf(Date.UTC(2026, 10, 23, 13, 2, 7), Date.UTC(2026, 10, 23, 13, 5, 29), "Europe/Berlin")).toBe(
      "Mon 23 Nov 2026, 14:02:07 to 14:05:29 UTC+1",
    );
    expect([45_000, 14 * 60_000, 190 * 60_000, 26 * 3_600_000, 15 * 86_400_000].map(lengthOf)).toEqual([
      "45 s",
      "14 min",
      "3 h 10 min",
      "1 d 2 h",
      "15 days",
    ]);
  });
});
