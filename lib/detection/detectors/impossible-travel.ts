/**
 * Impossible travel: one person, two places, less time than any aeroplane needs. Learns each person's places and the ways between them, so that a company
 * network that leaves through two cities is news once and never again.
 */
import type { BehaviourDetector, ObservedEvent } from "@/lib/detection/detector";
import { type IsOwnExit, ownExitTest } from "@/lib/detection/own-exits";
import { countryPlace } from "./countries";
import { appearancesOf, isShared, learnShared, type SharedAddresses } from "./shared-addresses";
import { actorOf, DAY, deviceKind, deviceOf, isPerson, isPrivateAddress, MINUTE, momentOf, own } from "./subject";
import { each, type Finding, type Moment, timelineDetector } from "./timeline";

/** Thresholds of the detector, with their units. */
export interface ImpossibleTravelSettings {
  /** Faster than this between the nearest edges of two places is impossible. 1000 km/h: an airliner with tail wind, gate to gate. */
  maxKmPerHour: number;
  /** Nearer than this is never travel, km: address data errs by cities, carriers by regions. */
  minKm: number;
  /** So far the person's own device may be from where it was, km: exits of VPNs and second lines stand in the region, a thief with its name anywhere. */
  ownDeviceKm: number;
  /** Radius assumed when coordinates come without one, km. */
  defaultRadiusKm: number;
  /** Places and ways not seen for this long are forgotten, days. */
  forgetDays: number;
  /** For so long after somebody was first seen, a telephone and another device may be in two places: nobody knows yet whose they are, days. */
  learnDays: number;
  /** Networks (CIDR) of the organisation's own proxies, VPN exits and offices. */
  ownExits: readonly string[];
}

export const impossibleTravelDefaults: ImpossibleTravelSettings = {
  maxKmPerHour: 1000,
  minKm: 500,
  ownDeviceKm: 1000,
  defaultRadiusKm: 50,
  forgetDays: 30,
  learnDays: 7,
  ownExits: [],
};

interface Stay extends Moment {
  lat: number;
  lon: number;
  radius: number;
  /** Place name for people, and the cell that places are compared by. */
  place: string;
  device: string;
  session?: string;
}
/** The last stay of one device, on how many days it was seen, and the latest of them. */
interface Track {
  stay: Stay;
  days: number;
  lastDay: number;
}
interface Travels {
  /** When the person was first seen. */
  since: number | null;
  /** Where they were last: no exit that many share, which says nothing of where they are. */
  last: Stay | null;
  /** By device: where it was last. */
  devices: Record<string, Track>;
  /** By cell: days on which it was seen (at most 3 needed) and when last. */
  places: Record<string, { days: number; lastDay: number; lastAt: number }>;
  /** By "cell>cell": when last. */
  ways: Record<string, number>;
}

const PLACE_LIMIT = 60;
const DEVICE_LIMIT = 8; // a person's own; the longest unseen goes first
const USUAL_DAYS = 2; // seen on two days: a habit; home lines and carriers' gateways are often far apart
const EARTH_KM = 6371;

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Great-circle distance in km. */
export function distanceKm(a: { lat: number; lon: number }, b: { lat: number; lon: number }): number {
  const h =
    Math.sin(radians(b.lat - a.lat) / 2) ** 2 +
    Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * Math.sin(radians(b.lon - a.lon) / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(h)));
}

function withDevice(devices: Travels["devices"], stay: Stay, isExit: boolean): Travels["devices"] {
  const known = own(devices, stay.device);
  const day = Math.floor(stay.t / DAY);
  const track = { stay: known && isExit ? known.stay : stay, days: known ? known.days + (known.lastDay === day ? 0 : 1) : 1, lastDay: day };
  const next = { ...devices, [stay.device]: track };
  const names = Object.keys(next);
  if (names.length > DEVICE_LIMIT) delete next[names.reduce((a, b) => ((next[a]?.stay.t ?? 0) <= (next[b]?.stay.t ?? 0) ? a : b))];
  return next;
}

/** Half a degree, about 50 km: one city is one place. Countries without coordinates are one cell each. */
const cellOf = (stay: Stay): string => `${Math.round(stay.lat * 2)},${Math.round(stay.lon * 2)}`;

const middleOf = (cell: string): { lat: number; lon: number } => {
  const [lat = 0, lon = 0] = cell.split(",").map((half) => Number(half) / 2);
  return { lat, lon };
};

function prune<V>(record: Record<string, V>, at: (value: V) => number, since: number): Record<string, V> {
  const kept = Object.entries(record).filter(([, value]) => at(value) >= since);
  return Object.fromEntries(kept.sort((a, b) => at(b[1]) - at(a[1])).slice(0, PLACE_LIMIT));
}

/** What a stay teaches; at an exit, that the person and the device are there at all, and that the place is usual. */
function learn(travels: Travels, stay: Stay, { settings, isExit }: { settings: ImpossibleTravelSettings; isExit: boolean }): Travels {
  const cell = cellOf(stay);
  const day = Math.floor(stay.t / DAY);
  const known = travels.places[cell];
  const days = known ? known.days + (known.lastDay === day ? 0 : 1) : 1;
  const places = { ...travels.places, [cell]: { days, lastDay: day, lastAt: stay.t } };
  // Only a way gone faster than anybody travels is a habit of networks; a flight home must not excuse the next thief.
  const leg = travels.last && !isExit ? legTo(travels.last, stay, settings) : undefined;
  const way = leg && leg.kmPerHour > settings.maxKmPerHour ? `${cellOf(leg.from)}>${cell}` : undefined;
  const ways = way ? { ...travels.ways, [way]: stay.t } : travels.ways;
  const since = stay.t - settings.forgetDays * DAY;
  const stale = !known || way !== undefined;
  return {
    since: Math.min(travels.since ?? stay.t, stay.t),
    last: isExit ? travels.last : stay,
    devices: withDevice(travels.devices, stay, isExit),
    places: stale ? prune(places, (place) => place.lastAt, since) : places,
    ways: stale ? prune(ways, (at) => at, since) : ways,
  };
}

const isPhone = (device: string): boolean => / on (?:iOS|Android)$/.test(device);

/** True when the person was often in this cell, lately. */
function isUsual({ travels, settings }: Past, cell: string, t: number): boolean {
  const place = travels.places[cell];
  return place !== undefined && place.days >= USUAL_DAYS && place.lastAt >= t - settings.forgetDays * DAY;
}

/** True where the way from a usual place of the person is too short to be travel. */
const isNearUsual = (past: Past, stay: Stay, t: number): boolean =>
  Object.keys(past.travels.places).some(
    (cell) => isUsual(past, cell, t) && distanceKm(stay, middleOf(cell)) - stay.radius < past.settings.minKm,
  );

/** On how many days a device was seen with this person. */
const daysOf = ({ devices }: Travels, device: string): number => own(devices, device)?.days ?? 0;

/** True for a device that was seen with this person on two days, or now at a usual place; on a first day for any, since none is a stranger's yet. */
const isOwnDevice = (past: Past, from: Stay, t: number): boolean =>
  daysOf(past.travels, from.device) >= USUAL_DAYS ||
  isUsual(past, cellOf(from), t) ||
  Object.values(past.travels.devices).every(({ days }) => days < USUAL_DAYS);

/** True when this person has often been in both places, has gone this way before, moved a known device within its region, or has two devices in two places. */
function excused(past: Past, { from, km }: Leg, to: Stay): boolean {
  const { travels, settings } = past;
  if (to.device && from.device === to.device && km < settings.ownDeviceKm && isOwnDevice(past, from, to.t)) return true;
  const since = to.t - settings.forgetDays * DAY;
  const [a, b] = [cellOf(from), cellOf(to)];
  if (isUsual(past, a, to.t) && isUsual(past, b, to.t)) return true;
  if ([`${a}>${b}`, `${b}>${a}`].some((way) => (travels.ways[way] ?? Number.NEGATIVE_INFINITY) >= since)) return true;
  if (isPhone(from.device) === isPhone(to.device)) return false;
  if (from.device && to.device && to.t - (travels.since ?? to.t) < settings.learnDays * DAY) return true;
  return areTwoOwnDevices(past, from, to);
}

/**
 * A telephone abroad leaves through its carrier near home while the laptop is in the hotel: each device for itself has travelled no faster than people do. A
 * thief who copies the laptop's name would have had to travel with it. Both devices are known, or the telephone is new and near a usual place of the person:
 * new telephones nearly always are, thieves next door to their victim seldom.
 */
function areTwoOwnDevices(past: Past, from: Stay, to: Stay): boolean {
  const { travels, recent, settings } = past;
  const isNear = [from, to].map((stay) => isNearUsual(past, stay, to.t));
  const isOwn = ({ device }: Stay, i: number) => daysOf(travels, device) >= USUAL_DAYS || (isPhone(device) && isNear[i]);
  if (!isNear.includes(true) || ![from, to].every(isOwn)) return false;
  const before = recent.findLast((stay) => stay.device === to.device) ?? own(travels.devices, to.device)?.stay;
  const leg = before && legTo(before, to, settings);
  return leg === undefined || leg.kmPerHour <= settings.maxKmPerHour;
}

/** What a stay is judged by: the settled past, and the stays since. */
interface Past {
  travels: Travels;
  recent: readonly Stay[];
  settings: ImpossibleTravelSettings;
}

/** A session that goes on elsewhere with the same device is a VPN switched on, or theft: the session detector knows the difference. */
const isSameSitting = (from: Stay, to: Stay): boolean =>
  from.session !== undefined && from.session === to.session && from.device === to.device;

interface Leg {
  from: Stay;
  km: number;
  minutes: number;
  kmPerHour: number;
}

/** The leg to `to`, by the nearest edges of both places; undefined when it is too short to be travel. */
function legTo(from: Stay, to: Stay, settings: ImpossibleTravelSettings): Leg | undefined {
  if (from.lat === to.lat && from.lon === to.lon) return undefined;
  const km = distanceKm(from, to) - from.radius - to.radius;
  if (km < settings.minKm) return undefined;
  const minutes = Math.max(1, Math.abs(to.t - from.t) / MINUTE); // clocks of two services differ by seconds
  return { from, km, minutes, kmPerHour: km / (minutes / 60) };
}

function finding(actor: string, leg: Leg, to: Stay, settings: ImpossibleTravelSettings): Finding {
  const { from } = leg;
  const otherDevice = from.device !== to.device;
  const [km, minutes, speed] = [Math.round(leg.km), Math.round(leg.minutes), Math.round(leg.kmPerHour)];
  return {
    family: "impossible_travel",
    level: otherDevice ? "high" : "medium",
    title: "Impossible travel",
    entity: { type: "actor", value: actor },
    strength: Math.min(1e6, leg.kmPerHour),
    evidence: [from.id, to.id],
    sourceIps: [...new Set([from.ip, to.ip].flatMap((ip) => ip ?? []))],
    related: [to.ip, from.ip].flatMap((ip, i) =>
      ip ? [{ type: "ip" as const, value: ip, role: i === 0 ? ("attacker" as const) : ("context" as const), events: 1 }] : [],
    ),
    explanation: {
      sentence: `${actor} was active in ${from.place} and ${minutes} min later in ${to.place}, ${km} km away: ${speed} km/h.`,
      measured: speed,
      threshold: settings.maxKmPerHour,
      unit: "km/h",
      windowMs: Math.abs(to.t - from.t),
      factors: [
        { name: "place", before: from.place, after: to.place, weight: 1 },
        {
          name: "distance",
          after: `${km} km`,
          weight: 1,
          note: `between the nearest edges (accuracy ${Math.round(from.radius)} and ${Math.round(to.radius)} km)`,
        },
        { name: "time", after: `${minutes} min`, weight: 1 },
        { name: "device", before: from.device || "unknown", after: to.device || "unknown", weight: otherDevice ? 1 : 0 },
      ],
    },
  };
}

const EVERYBODY = "*"; // the group of the addresses that people share; those of people have a prefix
const groupOf = (actor: string): string => `actor:${actor}`;

/** Where an event says that its person was; undefined when it says nothing of a place. */
function stayOf(event: ObservedEvent, settings: ImpossibleTravelSettings, isOwnExit: IsOwnExit): Stay | undefined {
  const { document } = event.record;
  const { source } = document;
  const geo = source?.geo;
  if (!source || !geo || (source.ip && (isPrivateAddress(source.ip) || isOwnExit(source.ip)))) return undefined;
  const isExact = geo.lat !== undefined && geo.lon !== undefined;
  const country = isExact || !geo.country ? undefined : countryPlace(geo.country);
  const { lat = country?.lat, lon = country?.lon } = isExact ? geo : {};
  if (lat === undefined || lon === undefined) return undefined;
  const { id, t, n, ip, service } = momentOf(event);
  const radius = country?.radiusKm ?? geo.radius_km ?? settings.defaultRadiusKm;
  const spot = geo.city ?? (isExact ? `${tenths(lat)}°, ${tenths(lon)}°` : undefined);
  const place = spot && geo.country ? `${spot}, ${geo.country}` : (spot ?? geo.country ?? "");
  const stay: Stay = { id, t, n, lat, lon, radius, place, device: deviceKind(deviceOf(document)) };
  if (ip !== undefined) stay.ip = ip;
  if (service !== undefined) stay.service = service;
  if (document.session?.id) stay.session = document.session.id;
  return stay;
}

/** A number with one digit after the point. */
function tenths(degrees: number): string {
  const tenth = Math.round(degrees * 10);
  return `${tenth < 0 ? "-" : ""}${Math.abs((tenth / 10) | 0)}.${Math.abs(tenth % 10)}`;
}

/** The detector, one group per person, and one for the addresses that people share. */
export function impossibleTravel(settings: ImpossibleTravelSettings = impossibleTravelDefaults): BehaviourDetector {
  const isOwnExit = ownExitTest(settings.ownExits);
  // `common`: what this detector stored there under the same version; stays from before an exit was named are in the state still
  const isExit = (ip: string | undefined, t: number, common: unknown) =>
    isOwnExit(ip) || isShared(common as SharedAddresses | undefined, ip, t);
  const timeline = timelineDetector<Stay, Travels>({
    id: "impossible-travel",
    version: 4,
    title: "Impossible travel",
    family: "impossible_travel",
    level: "high",
    techniques: ["T1078", "T1078.004"],
    owasp: ["API2"],
    episodeMs: DAY,
    groupsOf: ({ record: { document } }) =>
      document.outcome === "success" && document.source?.geo && document.direction === "inbound" && isPerson(document)
        ? [EVERYBODY, groupOf(actorOf(document) ?? "")]
        : [],
    observe: each((event) => stayOf(event, settings, isOwnExit)),
    keyOf: (stay) => `${Math.floor(stay.t / MINUTE)}|${stay.ip ?? ""}|${stay.device}|${stay.session ?? ""}|${cellOf(stay)}`,
    emptyBaseline: () => ({ since: null, last: null, devices: {}, places: {}, ways: {} }),
    learn: (travels, stay, common) => learn(travels, stay, { settings, isExit: isExit(stay.ip, stay.t, common) }),
    judge({ group, baseline, recent, moment, common }) {
      if (isExit(moment.ip, moment.t, common)) return undefined;
      const earlier = baseline.last ? [baseline.last, ...recent] : recent;
      let worst: Leg | undefined;
      for (const from of earlier) {
        if (isSameSitting(from, moment) || isExit(from.ip, moment.t, common)) continue;
        const leg = legTo(from, moment, settings);
        if (
          leg &&
          leg.kmPerHour > settings.maxKmPerHour &&
          leg.kmPerHour > (worst?.kmPerHour ?? 0) &&
          !excused({ travels: baseline, recent, settings }, leg, moment)
        )
          worst = leg;
      }
      return worst && finding(group.slice(groupOf("").length), worst, moment, settings);
    },
  });
  return {
    ...timeline,
    commonGroup: EVERYBODY,
    advance(input) {
      if (input.group !== EVERYBODY) return timeline.advance(input as Parameters<typeof timeline.advance>[0]);
      return { state: learnShared(input.state as SharedAddresses | undefined, input.events.flatMap(appearancesOf)), alerts: [] };
    },
  };
}
