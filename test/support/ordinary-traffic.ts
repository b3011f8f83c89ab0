/**
 * A seeded day of ordinary web and API traffic of a company: browsers, mobile apps, partners with keys, search engines, monitors and webhooks, with the odd but legal
 * things they send: filter languages, prose with apostrophes and SQL words, code, Markdown, templates, base64, tokens. Nobody in it attacks. No clock, no randomness but the seed.
 */
import type { EventDocument } from "@/lib/model/event";

type Http = NonNullable<EventDocument["http"]>;
type Rng = () => number;

/** Mulberry32: small, even, and the same everywhere. */
function rng(seed: number): Rng {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const pick = <T>(random: Rng, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
const whole = (random: Rng, from: number, to: number): number => from + Math.floor(random() * (to - from + 1));
const hex = (random: Rng, length: number): string => Array.from({ length }, () => "0123456789abcdef"[Math.floor(random() * 16)]).join("");
const token = (random: Rng, length: number): string =>
  Array.from({ length }, () => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[Math.floor(random() * 64)]).join("");
const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");

const browsers = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Safari/605.1.15",
  "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (Linux; Android 16; SM-S938B; id) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
  "Opera/9.80 (J2ME/MIDP; Opera Mini/9.80 (S60; SymbOS; Opera Mobi/23.348; U; en) Presto/2.5.25 Version/10.54",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
];
const programs = [
  "python-requests/2.32.4",
  "axios/1.9.0",
  "okhttp/5.1.0",
  "Go-http-client/2.0",
  "curl/8.14.1",
  "PostmanRuntime/7.45.0",
  "Java/21.0.5",
  "AcmeShop/7.4.1 (iOS 19.1; iPhone17,1)",
  "node-fetch/3.3.2",
  "Apache-HttpClient/5.5 (Java/21)",
  "GuzzleHttp/7",
  "libwww-perl/6.78",
  "aiohttp/3.12",
];
const bots = [
  "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
  "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
  "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
  "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
];

const prose = [
  "I don't think O'Reilly's order arrived; could you check it, please?",
  "It's the customer's fault -- or so they say. We can't select another plan from the menu.",
  "Please select one of the options from the list, or drop me a line.",
  "The union of both teams; select members and where they work will be decided in the meeting",
  "Rock 'n' roll will never die, and neither will 'vintage' guitars",
  "Update: the set is complete. Delete the old table from the catalogue and create a new one where needed.",
  "If price > 100 and stock < 5 then reorder (see table 3)",
  "He said \"I'd order by Friday\" and she said 'group by colour, having checked twice'",
  "50% off & free shipping -- today only! (Terms & conditions apply)",
  "My password isn't working; I tried 3 times and 2 or 3 more.",
  "Could you union all invoices? Select * means all columns, right?",
  "We're at 5 o'clock; and 6 = too late",
  "a < b && b > c; so a < c || nothing",
  "Meeting notes: 1) budget; 2) hiring; 3) AOB. Cat is on holiday; find a replacement; ping Bob.",
  "The echo in room 5 is bad; test the microphone | check cables | time: 10:30",
  "Great product <3 love it!! would buy again :) (note: size = M)",
  "Größe 42 – passt perfekt „wie angegossen“, gern wieder…",
  "L'été dernier, j'ai acheté l'écran; il n'est pas arrivé",
  "Price: $100 (incl. VAT) or £85; see $(shop) for details",
  "We use C++ and C#; also R&D at AT&T",
  "Who is the owner? whoami jokes aside; sleep well and wait for the delay.",
  "Run `npm install` and then `docker compose up -d`; logs are in `/var/log/app`.",
  "See <https://example.com/docs?id=5&lang=en> or mailto:help@example.com",
  "She wrote: 'Dear team; the file(s) attached (pdf) show eval results and system time'",
  "The exec (chief of staff) will print the report; include the chart.",
  "alert: server room temperature high. confirm (yes/no)?",
  "TypeError: Cannot read properties of undefined (reading 'id')\n    at Object.<anonymous> (/app/src/index.js:10:5)\n    at Module._compile (node:internal/modules/cjs/loader:1565:14)",
  "java.util.NoSuchElementException: No value present\n\tat java.base/java.util.Optional.orElseThrow(Optional.java:403)\n\tat com.acme.orders.OrderService.get(OrderService.java:88)",
  'Traceback (most recent call last):\n  File "/srv/app/main.py", line 12, in <module>\n    os.makedirs(path)',
  "fix: don't crash when list is empty (#1234)\n\n- add test; drop old code\n- update docs",
  "ls is a command; so is cat; but 'ls -la' prints more than `ls`",
  "* item one\n* item two\n\n| name | size |\n|------|------|\n| id | 5 |\n\n> quote --- end",
  "Hello {{first_name}}, your order {{ order.number }} has shipped. Track it: ${tracking_url}",
  '<p>Dear Ana,</p><p>Thank you for <b>your order</b>.<br/>See <a href="https://acme.io/o/1?x=1&amp;y=2">here</a> <img src="https://cdn.acme.io/logo.png" alt="Logo"></p>',
  '<ul><li style="color: red">One</li><li>Two &amp; three &lt; four</li></ul>',
  "const total = items.filter((i) => i.qty > 0).map((i) => i.price * i.qty).reduce((a, b) => a + b, 0);",
  "function add(a, b) { return a + b; } // see $(document).ready",
  "SELECT name, email FROM customers WHERE country = 'DE' is the query that our report runs",
  "if (a > b) { console.log('bigger'); } else { done(); }",
  "def total(items):\n    return sum(i.price for i in items)\n",
  "UPDATE 3: delivery set to Monday. INSERT coin to continue. DROP OFF at desk.",
  "x = (-b + sqrt(b^2 - 4ac)) / 2a; f(x) = x*x + 1; 7*7 = 49",
  '1\' 6" tall, 5\' 11" wide; 12" vinyl -- mint',
  "Müller & Söhne GmbH; Straße 5/7, 10115 Berlin",
  "東京都千代田区 1-2-3 ※至急",
  "🎉 It's done! <3 & more…",
  "C:\\Users\\Ana\\Documents\\report (final).pdf",
  "ping me when ready; curl it if needed | thanks",
  "Is 1=1? Yes. Or 2 > 1 or so.",
  "D'or et d'argent; l'or 18 carats, l'and so on",
];

const searches = [
  "o'reilly",
  "men's shoes",
  "rock 'n' roll",
  "select plus",
  "union jack",
  '5" screen',
  "c++",
  "c#",
  "at&t",
  "50% off",
  "a=b",
  "(red)",
  "shoes; black",
  "drop shipping",
  "order by phone",
  "how to delete table in word",
  "where is my order",
  "having fun",
  "<3",
  "black -white",
  '"exact phrase"',
  "price:>100",
  "sale!",
  "naïve café",
  "日本語",
  "who am i",
  "sleep mask",
  "cast iron",
  "echo dot",
  "cat food",
  "ping pong",
  "more or less",
  "time & date",
  "exec chair",
  "system of a down",
  "file cabinet (steel)",
  "php developer",
  "python 3.12",
  "node.js",
  "script font",
  "mini bar's",
  "' ",
  "l'oréal",
  "1/2 inch",
  "e=mc2",
  "3 for 2",
  "eval kit",
  "tab (key)",
];

const queries: readonly ((random: Rng) => string)[] = [
  (r) => `page=${whole(r, 1, 40)}&limit=${pick(r, [10, 20, 50, 100])}&sort=-created_at`,
  (r) => `q=${encodeURIComponent(pick(r, searches))}&page=${whole(r, 1, 5)}`,
  (r) => `q=${pick(r, searches).replaceAll("&", "%26").replaceAll(" ", "+").replaceAll("#", "%23")}`,
  (r) =>
    `$filter=${encodeURIComponent(pick(r, ["price gt 5 and name eq 'Milk'", "startswith(name,'A') or endswith(name,'z')", "year(created) eq 2025 and not contains(title,'x')", "substringof('O''Neil',name) eq true", "(status eq 'open' or status eq 'new') and amount ge 10.5", "length(name) gt 10"]))}&$top=50&$orderby=name%20desc&$select=id,name&$count=true`,
  (r) =>
    `jql=${encodeURIComponent(pick(r, ['project = ABC AND status = "In Progress" ORDER BY created DESC', "assignee = currentUser() AND resolution = Unresolved", "text ~ \"can't log in\" OR labels in (bug, 'p1')", "updated >= -7d and priority != Low order by key"]))}`,
  (r) =>
    `filter=${encodeURIComponent(JSON.stringify({ where: { status: pick(r, ["open", "paid"]), total: { gt: whole(r, 1, 500) } }, order: "created DESC", limit: 20 }))}`,
  (r) => `filters[name][$eq]=${pick(r, ["Ana", "Bob"])}&filters[price][$gte]=${whole(r, 1, 99)}&populate=*`,
  (r) => `filter[status]=active&include=author,comments&fields[articles]=title,body&page[number]=${whole(r, 1, 9)}`,
  (r) => `lat=${(r() * 90).toFixed(5)}&lon=${(r() * 180).toFixed(5)}&radius=${whole(r, 1, 50)}km`,
  (r) => `from=2026-01-0${whole(r, 1, 9)}T00:00:00Z&to=2026-01-10T00:00:00%2B01:00&interval=1h`,
  (r) => `utm_source=newsletter&utm_medium=email&utm_campaign=winter_${whole(r, 1, 9)}&gclid=${token(r, 60)}`,
  (r) => `code=${token(r, 40)}&state=${base64(JSON.stringify({ n: whole(r, 1, 9999), back: "/home" }))}&session_state=${hex(r, 32)}`,
  (r) =>
    `redirect_uri=${encodeURIComponent("https://app.acme.io/callback?next=/orders&x=1")}&response_type=code&client_id=${hex(r, 20)}&scope=openid%20profile%20email`,
  (r) =>
    `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA${token(r, 16)}%2F20260107%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Date=20260107T100000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=${hex(r, 64)}`,
  (r) => `url=${encodeURIComponent(`https://www.example.com/a?b=${whole(r, 1, 99)}&c=d#frag`)}&w=640&q=75`,
  (r) => `ids=${Array.from({ length: whole(r, 2, 20) }, () => whole(r, 1, 99999)).join(",")}`,
  (r) =>
    `token=eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.${base64(JSON.stringify({ sub: `u_${whole(r, 1, 999)}`, iat: 1767780000 })).replaceAll("=", "")}.${token(r, 43)}`,
  (r) => `cursor=${base64(JSON.stringify({ created: "2026-01-07T10:00:00Z", id: whole(r, 1, 9999) }))}`,
  (r) => `cursor=${base64(`id:${whole(r, 1, 9999)};created>2026-01-07`)}`,
  (r) => `_=${1767780000000 + whole(r, 0, 86_400_000)}&callback=jQuery${whole(r, 1e9, 2e9)}_${whole(r, 1, 99)}`,
  (r) =>
    `name=${encodeURIComponent(pick(r, ["O'Brien", "D'Angelo", "Sean O'Casey & Sons", "Zoë (home)", "Smith; John", "Null", "Test User", "van 't Hoff", "N'Golo", "Drop Table Ltd"]))}`,
  (r) => `phone=${encodeURIComponent(`+49 (0)30 ${whole(r, 100000, 999999)}`)}`,
  (r) =>
    `query=${encodeURIComponent(pick(r, ["{user(id:5){name,email}}", "{id,name}", "query Q($id: ID!) { order(id: $id) { id total } }", 'query { search(text: "it\'s") { id } }']))}`,
  () => `expr=${encodeURIComponent('sum(rate(http_requests_total{job="api",code=~"5.."}[5m])) by (route) > 0.5')}`,
  () => `query=${encodeURIComponent('{app="web"} |= "error" | json | line_format "{{.message}}"')}`,
  () => `pattern=${encodeURIComponent("^[a-z]{2,5}-\\d{3,}$|^x(?:y|z)*$")}`,
  () => `cron=${encodeURIComponent("0 */5 * * 1-5")}&tz=Europe/Berlin`,
  () => `color=%23ff8800&font=Open+Sans:wght@400;700&display=swap`,
  () => `file=${encodeURIComponent("report (final) v1.2.pdf")}&path=${encodeURIComponent("/documents/2026/invoices")}`,
  () => `range=A1:B${20}&formula=${encodeURIComponent("=SUM(A1:A20)*2")}`,
  () => `groups=date_trunc('day',created),status&agg=count(*),sum(amount)&having=${encodeURIComponent("count(*) > 5")}`,
  () => `fields=id,name,items(id,price(amount,currency))`,
  (r) => `v=${whole(r, 1, 9)}.${whole(r, 0, 20)}.${whole(r, 0, 9)}`,
  () => `lang=en-GB&tz=America%2FNew_York&theme=dark`,
  () => `next=%2Fadmin%2Fsettings%3Ftab%3Dusers`,
  (r) => `if_modified=${encodeURIComponent("Wed, 07 Jan 2026 10:00:00 GMT")}&etag=W/%22${hex(r, 12)}%22`,
];

const bodies: readonly ((random: Rng) => { type: string; body: string })[] = [
  (r) => ({ type: "application/json", body: JSON.stringify({ message: pick(r, prose), channel: `c_${whole(r, 1, 40)}` }) }),
  (r) => ({
    type: "application/json",
    body: JSON.stringify({
      title: pick(r, searches),
      description: `${pick(r, prose)} ${pick(r, prose)}`,
      tags: ["a", "b"],
      price: whole(r, 1, 999),
    }),
  }),
  (r) => ({
    type: "application/json; charset=utf-8",
    body: JSON.stringify({
      text: pick(r, prose),
      author: { name: pick(r, ["O'Brien", "Ana", "D'Arcy"]), email: "ana@example.com" },
      sessionId: hex(r, 32),
      options: { $schema: "https://json-schema.org/draft/2020-12/schema" },
    }),
  }),
  (r) => ({
    type: "application/x-www-form-urlencoded",
    body: `name=${encodeURIComponent(pick(r, ["O'Brien", "Ana & Bob"]))}&comment=${encodeURIComponent(pick(r, prose)).replaceAll("%20", "+")}&agree=on&_csrf=${token(r, 40)}`,
  }),
  (r) => ({
    type: "application/json",
    body: JSON.stringify({
      query: "mutation AddComment($id: ID!, $text: String!) { addComment(id: $id, text: $text) { id text author { name } } }",
      variables: { id: whole(r, 1, 999), text: pick(r, prose) },
    }),
  }),
  (r) => ({
    type: "application/json",
    body: JSON.stringify({
      query: { bool: { must: [{ match: { title: pick(r, searches) } }], filter: [{ range: { price: { gte: 10, lte: 20 } } }] } },
      size: 20,
      sort: [{ created: "desc" }],
      script_fields: {},
    }),
  }),
  (r) => ({ type: "application/json", body: JSON.stringify({ avatar: base64(token(r, 600)), filename: `photo (${whole(r, 1, 9)}).png` }) }),
  (r) => ({
    type: "application/json",
    body: JSON.stringify({
      template: "Hello {{name}},\n{{#items}}- {{title}} {{/items}}\nBye, ${signature}",
      subject: pick(r, prose).slice(0, 60),
    }),
  }),
  (r) => ({
    type: "application/json",
    body: JSON.stringify({
      id_token: `eyJhbGciOiJSUzI1NiJ9.${base64(JSON.stringify({ aud: "web", nonce: hex(r, 12) })).replaceAll("=", "")}.${token(r, 200)}`,
    }),
  }),
  (r) => ({
    type: "application/json",
    body: JSON.stringify([
      { op: "replace", path: "/items/0/qty", value: whole(r, 1, 9) },
      { op: "add", path: "/notes/-", value: pick(r, prose) },
    ]),
  }),
  (r) => ({
    type: "text/xml",
    body: `<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><GetOrder xmlns="urn:acme"><id>${whole(r, 1, 999)}</id><note>${pick(r, prose).replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</note></GetOrder></soap:Body></soap:Envelope>`,
  }),
  (r) => ({
    type: "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxk",
    body: `------WebKitFormBoundary7MA4YWxk\r\nContent-Disposition: form-data; name="caption"\r\n\r\n${pick(r, prose)}\r\n------WebKitFormBoundary7MA4YWxk\r\nContent-Disposition: form-data; name="file"; filename="${pick(r, ["holiday (1).jpg", "O'Brien CV.pdf", "report.final.docx", "data.csv", "main.py", "notes.md"])}"\r\nContent-Type: application/octet-stream\r\n\r\n${hex(r, 300)}\r\n------WebKitFormBoundary7MA4YWxk--\r\n`,
  }),
  (r) => ({
    type: "application/json",
    body: JSON.stringify({
      level: "error",
      message: pick(r, prose),
      stack: pick(r, prose),
      url: "https://app.acme.io/orders?tab=open#top",
      userAgent: pick(r, browsers),
    }),
  }),
  (r) => ({
    type: "application/json",
    body: JSON.stringify({ rule: { if: "amount > 100 && country != 'DE'", does: "notify(team)" }, html: pick(r, prose) }),
  }),
  (r) => ({ type: "text/plain", body: pick(r, prose) }),
  (r) => ({
    type: "application/json",
    body: JSON.stringify({
      email: `u${whole(r, 1, 999)}@example.com`,
      redirectUrl: "https://app.acme.io/welcome",
      locale: "de_DE",
      prefs: { constructor: "lego", type: "file", exec: false },
    }),
  }),
  (r) => ({ type: "text/csv", body: `id;name;note\n1;O'Brien;"${pick(r, prose).replaceAll('"', '""')}"\n2;Ana;ok\n` }),
];

const routes: readonly [method: string, path: (r: Rng) => string, status: readonly number[]][] = [
  ["GET", (r) => `/v1/orders/${whole(r, 1, 99999)}`, [200, 200, 200, 304, 200, 404]],
  ["GET", () => "/v1/orders", [200]],
  ["GET", (r) => `/v1/customers/${hex(r, 8)}-${hex(r, 4)}-4${hex(r, 3)}-a${hex(r, 3)}-${hex(r, 12)}`, [200, 200, 304]],
  [
    "GET",
    (r) => `/api/products/${pick(r, ["usb-c-cable", "men's-shoes", "5%22-screen", "caf%C3%A9-mug", "rock-'n'-roll-tee"])}`,
    [200, 200, 200, 200, 200, 404],
  ],
  ["GET", () => "/", [200, 200, 304]],
  ["GET", (r) => `/assets/app-${hex(r, 8)}.js`, [200, 304]],
  ["GET", (r) => `/img/${whole(r, 1, 999)}.webp`, [200, 304, 200, 200, 404]],
  ["GET", () => "/favicon.ico", [200, 404]],
  ["GET", () => "/robots.txt", [200]],
  ["GET", () => "/apple-touch-icon.png", [404]],
  ["GET", () => "/.well-known/openid-configuration", [200]],
  ["GET", () => "/.well-known/apple-app-site-association", [200, 404]],
  ["GET", () => "/search", [200]],
  ["GET", () => "/_next/image", [200]],
  [
    "GET",
    (r) =>
      `/blog/${pick(r, ["how-to-select-a-plan", "union-of-teams", "drop-us-a-line", "why-we-don't-use-sql", "php-vs-node", "admin-tips"])}`,
    [200],
  ],
  ["GET", (r) => `/Products(${whole(r, 1, 99)})/Category`, [200]],
  ["GET", () => "/admin/users", [200, 403]],
  ["GET", () => "/docs/backup-and-restore", [200]],
  ["GET", (r) => `/files/${encodeURIComponent(pick(r, ["Q1 (final).pdf", "O'Brien & Co.docx", "50% discount.png"]))}`, [200, 200, 206]],
  ["POST", () => "/v1/messages", [201, 200]],
  ["POST", () => "/graphql", [200]],
  ["POST", () => "/v1/orders", [201, 201, 422]],
  ["PUT", (r) => `/v1/orders/${whole(r, 1, 99999)}`, [200, 409]],
  ["PATCH", () => "/v1/profiles/me", [200]],
  ["DELETE", (r) => `/v1/carts/${whole(r, 1, 999)}/items/${whole(r, 1, 9)}`, [204]],
  ["POST", () => "/api/telemetry", [204]],
  ["POST", () => "/api/search", [200]],
  ["OPTIONS", () => "/v1/orders", [204]],
  ["HEAD", () => "/", [200]],
  ["POST", () => "/oauth/token", [200, 200, 200, 200, 200, 200, 200, 400]],
];

interface Client {
  ip: string;
  agent: string;
  user: string | undefined;
  key: string | undefined;
}

function clients(random: Rng): Client[] {
  const office = "198.51.100.20";
  const people = Array.from(
    { length: 220 },
    (_, i): Client => ({
      ip: i < 40 ? office : `203.0.${whole(random, 0, 113)}.${whole(random, 1, 254)}`,
      agent: pick(random, browsers),
      user: i % 4 === 3 ? undefined : `u_${i}`,
      key: undefined,
    }),
  );
  const partners = Array.from(
    { length: 12 },
    (_, i): Client => ({ ip: `192.0.2.${10 + i}`, agent: pick(random, programs), user: undefined, key: `key_partner_${i}` }),
  );
  const crawlers = bots.map((agent, i): Client => ({ ip: `66.249.66.${20 + i}`, agent, user: undefined, key: undefined }));
  return [...people, ...people, ...people, ...partners, ...partners, ...crawlers];
}

function ordinaryRequest(random: Rng, client: Client): Http {
  const bot = bots.includes(client.agent);
  const [method, path, statuses] = pick(random, bot ? routes.filter((route) => route[0] === "GET" && !route[0].includes("admin")) : routes);
  const status = pick(random, statuses);
  const withQuery = method === "GET" && random() < (bot ? 0.2 : 0.6);
  const headers: Record<string, string> = {
    Accept: pick(random, ["*/*", "application/json", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"]),
    "Accept-Language": "de-DE,de;q=0.9,en;q=0.8",
    Cookie: `_ga=GA1.2.${whole(random, 1e8, 2e9)}.1767780000; prefs=%7B%22theme%22%3A%22dark%22%2C%22cols%22%3A%5B1%2C2%5D%7D; consent="a:1|b:0"; sid=s%3A${token(random, 32)}.${token(random, 40)}`,
    "sec-ch-ua": '"Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"',
    "If-None-Match": `W/"${hex(random, 16)}"`,
  };
  const sent = ["POST", "PUT", "PATCH"].includes(method) ? pick(random, bodies)(random) : undefined;
  if (sent !== undefined) headers["Content-Type"] = sent.type;
  if (random() < 0.3)
    headers["Referer"] = pick(random, [
      "https://shop.acme.io/cart?step=2",
      "https://www.google.com/",
      `https://shop.acme.io/search?q=${encodeURIComponent(pick(random, searches))}`,
      "https://t.co/abc",
    ]);
  return {
    method,
    host: "shop.acme.io",
    path: path(random),
    ...(withQuery ? { query: pick(random, queries)(random) } : {}),
    status,
    request_bytes: sent?.body.length ?? 0,
    response_bytes: whole(random, 120, 40_000),
    duration_ms: whole(random, 2, 400),
    headers,
    ...(sent === undefined ? {} : { body: sent.body }),
  };
}

/** `count` events of one ordinary day (from 2026-01-07 00:00 UTC), in order of time. The same seed gives the same day. */
export function ordinaryTraffic(seed: number, count: number): EventDocument[] {
  const random = rng(seed);
  const all = clients(random);
  const step = 86_400_000 / count;
  const start = Date.UTC(2026, 0, 7);
  const events: EventDocument[] = [];
  for (let i = 0; events.length < count; i++) {
    const client = pick(random, all);
    const at = new Date(start + Math.floor(events.length * step)).toISOString();
    const shared = {
      id: `o${seed}-${i}`,
      occurred_at: at,
      direction: "inbound" as const,
      service: pick(random, ["shop", "orders-api", "accounts"]),
      source: { ip: client.ip, user_agent: client.agent },
      ...(client.user === undefined ? {} : { actor: { type: "user", id: client.user } }),
      ...(client.key === undefined ? {} : { credential: { type: "api_key" as const, id: client.key } }),
    };
    if (client.user !== undefined && random() < 0.06) {
      // a sign-in: one in eight is mistyped, and tried again at once
      const tries = random() < 0.12 ? whole(random, 1, 2) : 0;
      for (let n = 0; n <= tries && events.length < count; n++) {
        events.push({
          ...shared,
          id: `${shared.id}-${n}`,
          action: "user.login",
          outcome: n < tries ? "failure" : "success",
          ...(n < tries ? { reason: "bad_password" } : {}),
        });
      }
      continue;
    }
    const http = ordinaryRequest(random, client);
    events.push({ ...shared, action: "http.request", outcome: (http.status ?? 200) >= 400 ? "failure" : "success", http });
  }
  return events;
}
