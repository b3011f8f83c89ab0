/** Addresses as numbers, for tables of ranges. */
import ipaddr from "ipaddr.js";

/** An IPv4 address as a number of 32 bits, an IPv6 address as its upper 64 bits; an IPv4 address inside IPv6 counts as IPv4. Undefined for text that is no address. */
export function addressBits(ip: string): number | bigint | undefined {
  if (!ip.includes(":")) return ipv4Bits(ip);
  if (!ipaddr.IPv6.isValid(ip)) return undefined;
  const address = ipaddr.IPv6.parse(ip);
  if (address.isIPv4MappedAddress()) return ipv4Bits(address.toIPv4Address().toString());
  const [a = 0, b = 0, c = 0, d = 0] = address.parts;
  return (BigInt(a * 65_536 + b) << 32n) + BigInt(c * 65_536 + d);
}

function ipv4Bits(ip: string): number | undefined {
  const parts = ip.split(".");
  if (parts.length !== 4) return undefined;
  let bits = 0;
  for (const part of parts) {
    const byte = Number(part);
    if (!(byte >= 0 && byte <= 255) || part === "" || part.length > 3) return undefined;
    bits = bits * 256 + byte;
  }
  return bits;
}
