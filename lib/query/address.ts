/** IP addresses and networks as bytes, so that predicate and database agree bit by bit. */
import ipaddr from "ipaddr.js";

export interface Network {
  bytes: readonly number[];
  /** Leading bits that count. */
  bits: number;
}

const SHAPE = /^[0-9a-fA-F:.]{2,45}$/;

/** The bytes of an address (4 or 16), or undefined when the text is none. IPv4 needs all four decimal parts. */
export function parseAddress(text: string): readonly number[] | undefined {
  if (!SHAPE.test(text)) return undefined;
  if (text.includes(":")) return ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text).toByteArray() : undefined;
  return ipaddr.IPv4.isValidFourPartDecimal(text) && !/(^|\.)0\d/.test(text) ? ipaddr.IPv4.parse(text).toByteArray() : undefined;
}

/** Reads `10.0.0.0/8`, `2001:db8::/32`, a bare address, or `10.0.*`; undefined when it is none of these. */
export function parseNetwork(text: string): Network | undefined {
  const star = /^(\d{1,3}(?:\.\d{1,3}){0,2})\.\*$/.exec(text)?.[1];
  if (star) {
    const given = star.split(".").length;
    const bytes = parseAddress([star, ...Array(4 - given).fill("0")].join("."));
    return bytes && { bytes, bits: given * 8 };
  }
  const [address = "", length, more] = text.split("/");
  const bytes = parseAddress(address);
  if (!bytes || more !== undefined) return undefined;
  if (length === undefined) return { bytes, bits: bytes.length * 8 };
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  return bits <= bytes.length * 8 ? { bytes: masked(bytes, bits), bits } : undefined;
}

const masked = (bytes: readonly number[], bits: number): number[] =>
  bytes.map((byte, i) => byte & (0xff << Math.max(0, Math.min(8, 8 - (bits - i * 8)))) & 0xff);

/** The one spelling of a network: RFC 5952, without the length when it is a single address. */
export function printNetwork({ bytes, bits }: Network): string {
  const address = bytes.length === 4 ? bytes.join(".") : new ipaddr.IPv6([...bytes]).toRFC5952String();
  return bits === bytes.length * 8 ? address : `${address}/${bits}`;
}

/** Whether the address lies in the network; never for the other IP version. */
export function inNetwork(address: readonly number[], network: Network): boolean {
  if (address.length !== network.bytes.length) return false;
  const cut = masked(address, network.bits);
  return network.bytes.every((byte, i) => byte === cut[i]);
}

/** Orders addresses as the database does: IPv4 before IPv6, then by their bits. */
export function compareAddresses(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return a.length - b.length;
  const i = a.findIndex((byte, at) => byte !== b[at]);
  return i < 0 ? 0 : (a[i] ?? 0) - (b[i] ?? 0);
}
