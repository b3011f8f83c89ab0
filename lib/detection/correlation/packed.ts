/**
 * A group's state as it is stored: hits as short lists, and each text once. The hits of an address say the same user agent, service and path again and again;
 * packed they take a fifth of the room, which is what a turn has to read, parse and write.
 */
import type { Bucket, GroupState, Hit } from "./state";

/** Positions in the list of texts count from 1; 0 is none. */
type Place = number;
type PackedHit = [before: number, id: string, rule: number, v: Place, p: Place, u: Place, c: Place, rest?: PackedRest];
interface PackedRest extends Pick<Hit, "m" | "s"> {
  e?: Place;
  /** Names and values in turns. */
  f?: Place[];
}
type PackedBucket = [number: number, n: number, z: number, hits: PackedHit[], rest?: Pick<Bucket, "w" | "g">];

/** What `pack` makes of a state: plain JSON. What follows from the buckets is left out. */
export interface PackedState extends Omit<GroupState, "b" | "n" | "d"> {
  b: PackedBucket[];
  x: (string | number)[];
}

/** The version under which a rule's packed state is stored: a worker from before there was packing must not read it. */
export const packedVersion = (version: number): number => version ^ 1;

/** The state for storing; it shares what is not packed with the state given. */
export function pack({ s, b, e, said, k }: GroupState): PackedState {
  const places = new Map<string | number, Place>();
  const placeOf = (text: string | number | undefined): Place => {
    if (text === undefined) return 0;
    let place = places.get(text);
    if (place === undefined) {
      place = places.size + 1;
      places.set(text, place);
    }
    return place;
  };
  const buckets: PackedBucket[] = [];
  for (const { k, n, z, h, ...rest } of b) {
    const packed: PackedBucket = [k, n, z, h.map((hit) => packHit(hit, z, placeOf))];
    if (rest.w !== undefined || rest.g !== undefined) packed.push(rest);
    buckets.push(packed);
  }
  return { s, b: buckets, said, ...(e ? { e } : {}), ...(k ? { k } : {}), x: [...places.keys()] };
}

function packHit({ t, i, r, v, p, u, c, e, m, f, s }: Hit, z: number, placeOf: (text: string | number | undefined) => Place): PackedHit {
  const packed: PackedHit = [z - t, i, r, placeOf(v), placeOf(p), placeOf(u), placeOf(c)];
  if (e === undefined && m === undefined && f === undefined && s === undefined) return packed;
  const rest: PackedRest = {};
  if (e !== undefined) rest.e = placeOf(e);
  if (m !== undefined) rest.m = m;
  if (f !== undefined) rest.f = Object.entries(f).flatMap(([name, value]) => [placeOf(name), placeOf(value)]);
  if (s !== undefined) rest.s = s;
  packed.push(rest);
  return packed;
}

/** The state that was packed, to be changed freely. */
export function unpack({ b, x, ...state }: PackedState): GroupState {
  const buckets = b.map(([k, n, z, hits, rest]): Bucket => ({ k, n, z, h: hits.map((hit) => unpackHit(hit, z, x)), ...rest }));
  return { ...state, b: buckets, n: buckets.reduce((sum, { n }) => sum + n, 0) };
}

function unpackHit([before, i, r, v, p, u, c, rest]: PackedHit, z: number, texts: PackedState["x"]): Hit {
  const textAt = (place: Place): string => texts[place - 1] as string; // only values are numbers
  const hit: Hit = { t: z - before, i, r };
  if (v > 0) hit.v = texts[v - 1] as string | number; // written by pack
  if (p > 0) hit.p = textAt(p);
  if (u > 0) hit.u = textAt(u);
  if (c > 0) hit.c = textAt(c);
  if (!rest) return hit;
  const { e, f, ...others } = rest;
  if (e !== undefined) hit.e = textAt(e);
  if (f) {
    const fields: [string, string][] = [];
    for (let at = 0; at < f.length; at += 2) fields.push([textAt(f[at] ?? 0), textAt(f[at + 1] ?? 0)]);
    hit.f = Object.fromEntries(fields);
  }
  return Object.assign(hit, others);
}
