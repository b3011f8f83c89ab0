/** Events as detection sees them: the gateway traffic of the ingest suite, with many kinds of clients, bodies, sign-ins and, one in 500, an attack. */
import type { EventDocument, EventRecord } from "@/lib/model/event";
import { eventOf, seeded } from "@/bench/ingest/traffic";

const ATTACKS = [
  "q=1%27%20union%20select%20password%20from%20users--",
  "file=..%2f..%2f..%2fetc%2fpasswd",
  "x=%3Cscript%3Ealert(1)%3C/script%3E",
];
const SYSTEMS = ["Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64", "Linux; Android 15; Pixel 9"];
const WORDS = "blue,shoe,winter,coat,garden,table,lamp,coffee,grinder,steel,bottle,o'neill,rock & roll,größe 42,café,50%,c++,a/b".split(
  ",",
);

const COUNTRIES = ["DE", "FR", "US", "PL", "ES", "GB"];

/** Kinds of clients: some hundred browsers and app versions, as a public API sees them in an hour. */
function agentOf(kind: number): string {
  if (kind % 5 === 0) return `orders-app/${4 + (kind % 7)}.${kind % 31} (Android ${10 + (kind % 6)}; build ${kind})`;
  const system = SYSTEMS[kind % SYSTEMS.length] ?? "";
  return `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${110 + (kind % 25)}.0.${kind % 7}.${kind % 13} Safari/537.36`;
}

/** What the ingest suite sends, with fewer sign-ins and exports: there each route comes as often as the others. */
function ordinaryEvent(random: () => number, at: number): EventDocument {
  for (;;) {
    const document = eventOf(random, { at, withId: false }) as EventDocument; // what that suite sends is an event
    const rarity = { "/v1/export": 0.02, "/v1/login": 0.3 }[document.http?.route ?? ""] ?? 1;
    if (random() < rarity) return document;
  }
}

/** Ordinary traffic of `perSecond` events a second, the same for the same seed; a third of the texts is in no other event. */
export function makeTraffic(count: number, perSecond = 500): EventRecord[] {
  const random = seeded(42);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T; // an index inside the list
  const start = Date.UTC(2026, 0, 7, 8);
  return Array.from({ length: count }, (_, n) => {
    const occurredAt = start + Math.floor((n * 1_000) / perSecond);
    const id = `018f3c2e-${(n >>> 16).toString(16).padStart(4, "0")}-7000-8000-${(n * 2_654_435_761).toString(16).padStart(12, "0").slice(-12)}`;
    const document = ordinaryEvent(random, occurredAt);
    const isAttack = random() < 0.002;
    const http = document.http ?? {};
    if (isAttack) http.query = pick(ATTACKS);
    else if (http.route === "/v1/search") http.query = `q=${encodeURIComponent(`${pick(WORDS)} ${pick(WORDS)}`)}&${http.query}`;
    if (http.method === "POST")
      http.body = JSON.stringify({ name: `Person ${n % 977}`, note: `${pick(WORDS)} and ${pick(WORDS)}`, amount: n % 500 });
    if (document.outcome === "failure" && random() < 0.8) Object.assign(document, { outcome: "success", http: { ...http, status: 200 } });
    const person = Number(document.actor?.id?.slice(2) ?? n); // the ingest suite numbers its people
    const ip = random() < 0.95 ? `${20 + (person % 150)}.${person % 241}.${(person >> 3) % 250}.7` : document.source?.ip;
    document.direction = "inbound"; // this and the place are what ingest adds
    const geo = {
      country: COUNTRIES[person % COUNTRIES.length] ?? "",
      asn: 64_500 + (person % 40),
      lat: 40 + (person % 15),
      lon: person % 20,
    };
    document.source = { ...document.source, ...(ip === undefined ? {} : { ip }), user_agent: agentOf((person * person) % 601), geo };
    const stored = JSON.stringify({ ...document, id, occurred_at: new Date(occurredAt).toISOString() }); // as it comes out of the database
    return { id, occurredAt, receivedAt: occurredAt, document: JSON.parse(stored) as EventDocument };
  });
}
