/** Whose network an address belongs to: the ASN table of the package `@ip-location-db/asn`, kept as sorted typed arrays (about 16 MB). Only numbers and names, no place. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { addressBits } from "./address-bits";

/** An autonomous system: its number and the organisation that runs it. */
export interface Network {
  asn: number;
  organisation: string | undefined;
}

/** Finds the network of an IPv4 or IPv6 address; undefined for addresses that nobody announces. */
export type FindNetwork = (ip: string) => Network | undefined;

interface Ranges<Bits extends Uint32Array | BigUint64Array> {
  starts: Bits;
  ends: Bits;
  asns: Uint32Array;
}

/** Reads the two tables of the package directory. Takes about half a second; throws when a file is missing. */
export async function openNetworks(packageDirectory: string): Promise<FindNetwork> {
  const names = new Map<number, string>();
  const v4 = parseRanges(await readFile(join(packageDirectory, "asn-ipv4-num.csv"), "latin1"), names, (length) => ({
    starts: new Uint32Array(length),
    ends: new Uint32Array(length),
    asns: new Uint32Array(length),
    bitsOf: Number,
  }));
  const v6 = parseRanges(await readFile(join(packageDirectory, "asn-ipv6-num.csv"), "latin1"), names, (length) => ({
    starts: new BigUint64Array(length),
    ends: new BigUint64Array(length),
    asns: new Uint32Array(length),
    bitsOf: (text: string) => BigInt(text) >> 64n, // networks are announced as /64 or wider
  }));
  return (ip) => {
    const bits = addressBits(ip);
    if (bits === undefined) return undefined;
    const asn = typeof bits === "number" ? find(v4, bits) : find(v6, bits);
    return asn === undefined ? undefined : { asn, organisation: names.get(asn) };
  };
}

type Table<Bits extends Uint32Array | BigUint64Array> = Ranges<Bits> & { bitsOf(text: string): Bits[number] };

/** Lines are `first,last,asn,name`, sorted by `first`, the name quoted when it holds a comma. */
function parseRanges<Bits extends Uint32Array | BigUint64Array>(
  csv: string,
  names: Map<number, string>,
  make: (length: number) => Table<Bits>,
): Ranges<Bits> {
  const lines = csv.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const { starts, ends, asns, bitsOf } = make(lines.length);
  for (const [index, line] of lines.entries()) {
    const first = line.indexOf(",");
    const second = line.indexOf(",", first + 1);
    const third = line.indexOf(",", second + 1);
    starts[index] = bitsOf(line.slice(0, first));
    ends[index] = bitsOf(line.slice(first + 1, second));
    const asn = Number(line.slice(second + 1, third));
    asns[index] = asn;
    if (!names.has(asn)) names.set(asn, nameOf(line.slice(third + 1)));
  }
  return { starts, ends, asns };
}

/** Unquotes; the files are UTF-8 although they are cut as bytes. */
function nameOf(field: string): string {
  const text = Buffer.from(field.trim(), "latin1").toString("utf8");
  return (text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text).slice(0, 256);
}

function find<Bits extends Uint32Array | BigUint64Array>(ranges: Ranges<Bits>, bits: Bits[number]): number | undefined {
  let low = 0;
  let high = ranges.starts.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const start = ranges.starts[middle];
    const end = ranges.ends[middle];
    if (start === undefined || end === undefined) return undefined;
    if (bits < start) high = middle - 1;
    else if (bits > end) low = middle + 1;
    else return ranges.asns[middle];
  }
  return undefined;
}
