/** The networks that an attacker holds when it holds an address: the near one, /24 or /48, and the wide one that one spray may be sent from. Pure. */
import ipaddr from "ipaddr.js";

/** "203.0.113.0/24", "2001:db8:4::/48"; null for private, reserved and unreadable addresses, which say nothing about who holds them. */
export const networkOf = (address: string): string | null => around(address, { v4: 3, v6: 6 });

/** "203.0.0.0/16", "2001:db8::/32": what one provider rents out; null as above. Takes a network ("203.0.113.0/24") as well as an address. */
export const wideNetworkOf = (place: string): string | null => around(place.replace(/\/\d+$/, ""), { v4: 2, v6: 4 });

/** Whether a network is a wide one. */
export const isWide = (network: string): boolean => network.endsWith(network.includes(":") ? "/32" : "/16");

/** The network of the first so many bytes. */
function around(address: string, kept: { v4: number; v6: number }): string | null {
  if (!ipaddr.isValid(address)) return null;
  const parsed = ipaddr.process(address);
  if (!["unicast"].includes(parsed.range()) && !isDocumentation(parsed)) return null;
  const length = parsed.kind() === "ipv4" ? kept.v4 : kept.v6;
  const bytes = parsed.toByteArray().map((byte, index) => (index < length ? byte : 0));
  return `${ipaddr.fromByteArray(bytes).toString()}/${length * 8}`;
}

// addresses kept for documentation stand for public ones in examples, sample data and tests
const documentation = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"].map((cidr) => ipaddr.parseCIDR(cidr));
const isDocumentation = (address: ipaddr.IPv4 | ipaddr.IPv6): boolean =>
  documentation.some((cidr) => cidr[0].kind() === address.kind() && address.match(cidr as never));
