/** The network that an attacker holds when it holds an address: /24 for IPv4, /48 for IPv6. Pure. */
import ipaddr from "ipaddr.js";

/** "203.0.113.0/24", "2001:db8:4::/48"; null for private, reserved and unreadable addresses, which say nothing about who holds them. */
export function networkOf(address: string): string | null {
  if (!ipaddr.isValid(address)) return null;
  const parsed = ipaddr.process(address);
  if (!["unicast"].includes(parsed.range()) && !isDocumentation(parsed)) return null;
  if (parsed.kind() === "ipv4") return `${parsed.toByteArray().slice(0, 3).join(".")}.0/24`;
  const bytes = parsed.toByteArray().map((byte, index) => (index < 6 ? byte : 0));
  return `${ipaddr.fromByteArray(bytes).toString()}/48`;
}

// addresses kept for documentation stand for public ones in examples, sample data and tests
const documentation = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"].map((cidr) => ipaddr.parseCIDR(cidr));
const isDocumentation = (address: ipaddr.IPv4 | ipaddr.IPv6): boolean =>
  documentation.some((cidr) => cidr[0].kind() === address.kind() && address.match(cidr as never));
