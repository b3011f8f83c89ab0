/** From an alert and its events to what the person concerned is told. Pure. Everything in an event may be an attacker's text; only what is known by name gets through. */
import { actorOf, deviceOf } from "./detectors/subject";
import type { Alert } from "@/lib/model/alert";
import { countryName } from "@/lib/model/event-words";
import type { EventRecord } from "@/lib/model/event";
import { allowedAddress, type PersonMailSetting, type PersonNotice } from "@/lib/model/person-mail";

const RULES = new Set(["impossible-travel", "new-context"]);
const FAMILIES = new Set(["Edge", "Opera", "Firefox", "Chrome", "Safari", "Samsung Internet", "Brave", "Vivaldi"]);
const SYSTEMS = new Set(["iOS", "Android", "Windows", "macOS", "Linux"]);
/** Letters, marks, spaces, hyphens and apostrophes, a full stop only before a space ("St. Gallen"): nothing that a mail program makes a link of. */
const CITY = /^\p{L}(?:[\p{L}\p{M}'’ -]|\.(?= )){0,59}$/u;
/** An older event is no news to the person any more. */
const FRESH_MS = 86_400_000;

/** True for alerts about a person in an unfamiliar place or context. */
export const concernsPerson = ({ ruleId, entity }: Pick<Alert, "ruleId" | "entity">): boolean =>
  RULES.has(ruleId) && entity.type === "actor";

/** "Lima, Peru", "Peru" or "". */
function placeOf({ document }: EventRecord): string {
  const { city, country } = document.source?.geo ?? {};
  const named = country && /^[A-Za-z]{2}$/.test(country) ? countryName(country.toUpperCase()) : "";
  return [city && CITY.test(city) ? city : "", named].filter(Boolean).join(", ");
}

/** "Chrome on Windows", "a browser on iOS", "a program we do not know". */
function deviceWords({ document }: EventRecord): string {
  const device = deviceOf(document);
  const family = device && FAMILIES.has(device.family) ? device.family : undefined;
  const system = device && SYSTEMS.has(device.system) ? device.system : undefined;
  if (!family && !system) return "a program we do not know";
  return `${family ?? "a program"}${system ? ` on ${system}` : ""}`;
}

/** Whom an alert concerns and what they are told; null when the setting does not allow it or the events say too little. `events` are its evidence. */
export function noticeFor(
  alert: Pick<Alert, "ruleId" | "entity" | "evidence">,
  events: readonly EventRecord[],
  { setting, now }: { setting: PersonMailSetting; now: Date },
): { address: string; notice: PersonNotice } | null {
  if (!setting.enabled || !concernsPerson(alert)) return null;
  const own = events.filter(({ id, document }) => alert.evidence.includes(id) && actorOf(document) === alert.entity.value);
  const [last, before] = own.toSorted((a, b) => b.occurredAt - a.occurredAt || (a.id < b.id ? 1 : -1));
  if (!last || now.getTime() - last.occurredAt > FRESH_MS) return null;
  const service = last.document.service;
  const address = allowedAddress(last.document.actor?.email, setting.domains);
  if (address === null || service === undefined || !setting.services.includes(service)) return null;
  const [place, device] = [placeOf(last), deviceWords(last)];
  const from = alert.ruleId === "impossible-travel" && before ? { place: placeOf(before), at: before.occurredAt } : undefined;
  const both = [place, from?.place ?? ""].toSorted().join(" and "); // there and back again is one story
  return {
    address,
    notice: {
      place,
      device,
      service,
      at: last.occurredAt,
      ...(from?.place && from.place !== place ? { before: from } : {}),
      context: `${both}|${device}`,
    },
  };
}
