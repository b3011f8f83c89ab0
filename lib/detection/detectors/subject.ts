/** Who an event is about, read once for all detectors: the person, the key, the network, the device. Everything here is text from outside. */
import type { ObservedEvent } from "@/lib/detection/detector";
import { Memo } from "@/lib/detection/memo";
import type { EventDocument } from "@/lib/model/event";

/** The person (or account) that acted, by id, else address, else name; undefined for nobody and for machines that only have a key. */
export function actorOf(document: EventDocument): string | undefined {
  return document.actor?.id ?? document.actor?.email ?? document.actor?.name;
}

/** True when a human being (as far as anyone knows) acted: not a key, certificate, service or system. */
export function isPerson(document: EventDocument): boolean {
  const type = document.actor?.type ?? "user";
  const credential = document.credential?.type;
  return actorOf(document) !== undefined && type === "user" && credential !== "api_key" && credential !== "mtls";
}

/** The API key that the caller proved itself with. */
export const keyOf = (document: EventDocument): string | undefined =>
  document.credential?.type === "api_key" ? document.credential.id : undefined;

const KEY = "key:";
const ACTOR = "actor:";

/** The group of whoever calls: the key, else the person or account; undefined for nobody. */
export function callerGroup(document: EventDocument): string | undefined {
  const key = keyOf(document);
  if (key) return `${KEY}${key}`;
  const actor = actorOf(document);
  return actor ? `${ACTOR}${actor}` : undefined;
}

/** Whom a group of `callerGroup` is about. */
export const callerOf = (group: string): { type: "key" | "actor"; value: string } =>
  group.startsWith(KEY) ? { type: "key", value: group.slice(KEY.length) } : { type: "actor", value: group.slice(ACTOR.length) };

const PRIVATE_V4 = /^(?:10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|0\.)/;
const PRIVATE_V6 = /^(?:::1$|::$|f[cd]|fe[89ab])/i;

/** True for addresses that say nothing about a place: private, shared carrier space, loopback, link-local. */
export const isPrivateAddress = (ip: string): boolean => (ip.includes(":") ? PRIVATE_V6.test(ip) : PRIVATE_V4.test(ip));

/** The neighbourhood of an address: /24 of IPv4, /48 of IPv6, as a prefix text. */
export function neighbourhoodOf(ip: string): string {
  return ip.includes(":") ? `${ip.split(":").slice(0, 3).join(":")}::/48` : `${ip.split(".").slice(0, 3).join(".")}.0/24`;
}

/** What a user agent says, as far as it can be compared: the program, its major version, and the system it runs on. */
export interface Device {
  family: string;
  version: number;
  system: string;
}

const FAMILIES: readonly [string, RegExp][] = [
  ["Edge", /Edg(?:e|A|iOS)?\/(\d{1,5})/],
  ["Opera", /OPR\/(\d{1,5})/],
  ["Firefox", /(?:Firefox|FxiOS)\/(\d{1,5})/],
  ["Chrome", /(?:Chrome|CriOS)\/(\d{1,5})/],
  ["Safari", /Version\/(\d{1,5})[^ ]* (?:Mobile\/\S+ )?Safari\//],
  ["", /^([A-Za-z][\w.-]{0,40})\/v?(\d{1,5})/],
];
const SYSTEMS: readonly [string, RegExp][] = [
  ["iOS", /iPhone|iPad|iOS/],
  ["Android", /Android/],
  ["Windows", /Windows/],
  ["macOS", /Mac OS X|Macintosh|macOS|Darwin/],
  ["Linux", /Linux|X11/],
];

/** Reads the device from the enriched agent, else from the raw header. Undefined when there is none. */
export function deviceOf(document: EventDocument): Device | undefined {
  const { agent, user_agent: raw } = document.source ?? {};
  if (agent?.family) return { family: agent.family, version: Number.parseInt(agent.version ?? "0", 10) || 0, system: agent.os ?? "" };
  return raw ? devices.get(raw) : undefined;
}

const devices = new Memo(deviceFrom);

function deviceFrom(raw: string): Device {
  const system = SYSTEMS.find(([, pattern]) => pattern.test(raw))?.[0] ?? "";
  for (const [family, pattern] of FAMILIES) {
    const found = pattern.exec(raw);
    if (found)
      return family ? { family, version: Number(found[1]), system } : { family: found[1] ?? raw, version: Number(found[2]), system };
  }
  return { family: raw.slice(0, 40), version: 0, system };
}

/** A device in words: "Chrome 143 on Windows". */
export const deviceName = (device: Device): string =>
  `${device.family}${device.version ? ` ${device.version}` : ""}${device.system ? ` on ${device.system}` : ""}`;

/** A device without its version, which changes by itself: "Chrome on Windows"; empty for none. */
export const deviceKind = (device: Device | undefined): string =>
  device === undefined ? "" : device.system ? `${device.family} on ${device.system}` : device.family;

const ACTIONS = 1_024; // that are remembered

const ENDING = /(?:^|[._-])(?:log_?out|sign_?out|session[._](?:end|ended|revoke|revoked|terminate|terminated|expired|destroy))$/i;
const SIGN_IN = /(?:^|[._-])(?:log_?in|sign_?in|authenticate|authentication)(?:$|[._-](?:success|succeeded|complete|completed))/i;

const endings = new Memo((action) => ENDING.test(action), ACTIONS);
const signIns = new Memo((action) => SIGN_IN.test(action), ACTIONS);

/** True when the event ends a session. */
export const endsSession = (document: EventDocument): boolean => document.outcome !== "failure" && endings.get(document.action);
/** True when the event is an attempt to sign in, whatever became of it. */
export const isSignIn = (document: EventDocument): boolean => signIns.get(document.action);

/** What a record holds under a name that came from outside: "constructor" and "__proto__" are names like others. */
export const own = <V>(record: Readonly<Record<string, V>> | undefined, name: string): V | undefined =>
  record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;

/** One minute of event time, ms; the grain in which equal observations are merged. */
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The parts of every observation. */
export function momentOf(event: ObservedEvent): { id: string; t: number; n: number; ip?: string; service?: string } {
  const { id, occurredAt, document } = event.record;
  const { source, service } = document;
  const moment: ReturnType<typeof momentOf> = { id, t: occurredAt, n: 1 };
  if (source?.ip) moment.ip = source.ip;
  if (service) moment.service = service;
  return moment;
}
