/** The company of the tale: people with habits, partners with keys, services and the third parties they call. Made once from the seed. */
import type { Chance } from "./chance";
import { type Changes, changesOf } from "./changes";
import { CARRIERS, CLOUDS, HOME_NETWORKS, type Network, TRAVEL_NETWORKS } from "./places";

export interface Person {
  id: string;
  name: string;
  email: string;
  role: "agent" | "finance" | "engineer" | "admin";
  home: Network;
  homeHost: number;
  carrier: Network;
  /** The home line has IPv6 as well. */
  dualStack: boolean;
  /** Works through the company's VPN in the afternoons at home. */
  vpn: boolean;
  /** First day at the company, and the day of a new laptop, if any. */
  joinedDay: number;
  newLaptopDay: number;
  /** Browser and system of the laptop, without the version. */
  laptop: (version: number) => string;
  nextLaptop: (version: number) => string;
  phone: (version: number) => string;
  /** The phone's app under its later name. */
  nextPhone: (version: number) => string;
  /** First day of a tablet, used in the evening and on journeys; Infinity: none. */
  tabletDay: number;
  /** Abroad the telephone has a local card. */
  localCard: boolean;
  /** The line at home fails now and then, and the laptop goes on through the telephone. */
  weakLine: boolean;
  deviceId: string;
  language: string;
  /** Hour (UTC, fractional) at which the day begins, and requests of an ordinary day. */
  startHour: number;
  requests: number;
  /** Middle of the order numbers this person works on. */
  orders: number;
  remoteShare: number;
  trips: { fromDay: number; toDay: number; network: Network; host: number }[];
  holidays: { fromDay: number; toDay: number }[];
}
export interface Partner {
  name: string;
  keyId: string;
  network: Network;
  hosts: number[];
  agent: (version: number) => string;
  scopes: string[];
  kind: "poll" | "nightly";
  /** poll: seconds between calls by day; nightly: objects each night. */
  pace: number;
  nightHour: number;
  /** Runs in two regions of its cloud, on machines that come and go. */
  regions?: Network;
  /** How many more objects and calls since `Changes.partnerGrowth`. */
  growth: number;
}
export interface Company {
  people: Person[];
  partners: Partner[];
  changes: Changes;
  days: number;
}

const FIRST = [
  "Ana",
  "Ben",
  "Clara",
  "David",
  "Elif",
  "Finn",
  "Greta",
  "Hugo",
  "Ida",
  "Jan",
  "Kaya",
  "Lena",
  "Mats",
  "Nora",
  "Omar",
  "Pia",
  "Quirin",
  "Rosa",
  "Sami",
  "Tara",
];
const LAST = [
  "Adler",
  "Brandt",
  "Costa",
  "Dreyer",
  "Engel",
  "Falk",
  "Gruber",
  "Hansen",
  "Ivanova",
  "Jansen",
  "Keller",
  "Lang",
  "Meyer",
  "Novak",
  "Otto",
  "Peters",
  "Roth",
  "Sommer",
  "Thal",
  "Weber",
];
const LAPTOPS: ((version: number) => string)[] = [
  (v) => `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${140 + v}.0.0.0 Safari/537.36`,
  (v) => `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${140 + v}.0.0.0 Safari/537.36`,
  (v) => `Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:${142 + v}.0) Gecko/20100101 Firefox/${142 + v}.0`,
  (v) => `Mozilla/5.0 (X11; Linux x86_64; rv:${142 + v}.0) Gecko/20100101 Firefox/${142 + v}.0`,
  (v) =>
    `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${26 + Math.floor(v / 4)}.0 Safari/605.1.15`,
];
const PHONES: ((version: number, app: string) => string)[] = [
  (v, app) => `${app}/${7 + v}.1 (iPhone; iOS 26.1)`,
  (v, app) => `${app}/${7 + v}.1 (Android 16; Pixel 9)`,
];

/** The first day from `day` on that is not part of a trip: new laptops are handed out at the office. */
const atHome = (day: number, trips: Person["trips"]): number => {
  const trip = trips.find(({ fromDay, toDay }) => day >= fromDay - 1 && day <= toDay + 1);
  return trip ? atHome(trip.toDay + 2, trips) : day;
};

function personOf(chance: Chance, i: number, days: number): Person {
  const first = FIRST[i % FIRST.length] ?? "Ana";
  const last = LAST[Math.floor(i / FIRST.length + i) % LAST.length] ?? "Adler";
  const role = i % 20 === 0 ? "admin" : i % 7 === 0 ? "finance" : i % 5 === 0 ? "engineer" : "agent";
  const trips = [];
  const holidays = [];
  for (let week = 0; week * 7 < days; week++) {
    const from = week * 7 + chance.int(0, 4);
    if (chance.happens(0.03))
      trips.push({ fromDay: from, toDay: from + chance.int(1, 4), network: chance.pick(TRAVEL_NETWORKS), host: chance.int(1, 1000) });
    else if (chance.happens(0.04)) holidays.push({ fromDay: week * 7, toDay: week * 7 + chance.int(3, 10) });
  }
  const home = chance.pick(HOME_NETWORKS);
  const [more, life] = [chance.fork("more"), chance.fork("life")];
  const app = life.pick(PHONES);
  return {
    id: `u_${1001 + i}`,
    name: `${first} ${last}`,
    email: `${first}.${last}.${i}@example.com`.toLowerCase(),
    role,
    home,
    homeHost: chance.int(1, 1000),
    carrier: chance.pick(CARRIERS.filter((carrier) => carrier.city.country === home.city.country)),
    dualStack: more.happens(0.4),
    vpn: more.happens(0.15),
    joinedDay: more.happens(0.05) ? more.int(1, Math.max(1, days - 1)) : 0,
    newLaptopDay: more.happens(0.02 * (days / 7)) ? atHome(more.int(1, Math.max(1, days - 1)), trips) : Number.POSITIVE_INFINITY,
    nextLaptop: more.pick(LAPTOPS),
    laptop: chance.pick(LAPTOPS),
    phone: (v) => app(v, "ExampleApp"),
    nextPhone: (v) => app(v, "ExampleGo"),
    tabletDay: life.happens(0.15) ? (life.happens(0.3) ? life.int(1, Math.max(1, days - 1)) : 0) : Number.POSITIVE_INFINITY,
    localCard: life.happens(0.3),
    weakLine: life.happens(0.1),
    deviceId: `dev-${(1_000_000 + i * 7919).toString(36)}`,
    language: chance.happens(0.8) ? "de-DE" : "en-GB",
    startHour: 6.5 + 2.5 * chance.next(),
    requests: chance.int(25, 90),
    orders: 10_000 + i * 400,
    remoteShare: 0.2 + 0.5 * chance.next(),
    trips,
    holidays,
  };
}

function partnerOf(chance: Chance, i: number): Partner {
  const name = ["acme", "borealis", "cobalt", "delta", "ember", "fjord", "granite", "harbor"][i % 8] ?? "acme";
  const kind = i % 4 === 3 ? "nightly" : "poll";
  return {
    name,
    keyId: `key_${name}_${i}`,
    network: CLOUDS[i % CLOUDS.length] as Network, // the list is not empty
    hosts: [100 + i * 3, 101 + i * 3],
    agent: (v) => `${name}-sync/${2 + Math.floor(v / 2)}.${v % 10}`,
    scopes: i % 2 === 0 ? ["orders:read"] : ["orders:read", "orders:write"],
    kind,
    pace: kind === "poll" ? chance.int(60, 240) : chance.int(150, 400),
    nightHour: chance.int(0, 3),
    ...(i % 4 === 2 ? { regions: CLOUDS[(i + 1) % CLOUDS.length] as Network } : {}), // as above
    growth: i % 8 === 0 ? 3 : i % 8 === 3 ? 2 : 1,
  };
}

/** Makes the company: `people` people and one partner per 25 of them, at least four. */
export function companyOf(chance: Chance, { people, days, changes }: { people: number; days: number; changes?: false }): Company {
  return {
    people: Array.from({ length: people }, (_, i) => personOf(chance.fork(`person ${i}`), i, days)),
    partners: Array.from({ length: Math.max(4, Math.round(people / 25)) }, (_, i) => partnerOf(chance.fork(`partner ${i}`), i)),
    changes: changesOf(chance.fork("changes"), changes === false ? 0 : days),
    days,
  };
}
