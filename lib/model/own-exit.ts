/** The organisation's own exits: addresses and networks (VPN, proxy, office) from which many of its people appear. What a network may be, and what it holds. */
import ipaddr from "ipaddr.js";
import { z } from "zod";

/** One exit as it is kept; `network` is canonical: "203.0.113.0/24", "2001:db8:4::/48", one address as /32 or /128. */
export const OwnExit = z.object({
  id: z.uuid(),
  name: z.string().trim().min(1, "Give it a name, for example VPN Frankfurt.").max(80),
  network: z.string().max(60),
  addedAt: z.iso.datetime(),
  addedBy: z.string(),
});
export type OwnExit = z.infer<typeof OwnExit>;

/** The most exits of one installation. */
export const EXITS_MOST = 500;
/** Shorter prefixes would take in addresses of others: providers hand out whole blocks of this size and smaller. */
const SHORTEST = { ipv4: 16, ipv6: 32 } as const;

type Cidr = readonly [base: ipaddr.IPv4 | ipaddr.IPv6, bits: number];

const isInside = (address: ipaddr.IPv4 | ipaddr.IPv6, [base, bits]: Cidr): boolean =>
  address.kind() === base.kind() && address.match(base, bits);

/** The network that a text means, canonical, or what is wrong with it, in words for whoever wrote it. */
export function readNetwork(written: string): { network: string } | { problem: string } {
  const text = written.trim();
  const cidr = parse(text);
  if (!cidr) return { problem: "Write an address or a network: 203.0.113.7, 203.0.113.0/24 or 2001:db8:4::/48." };
  const [base, bits] = cidr;
  const kind = base.kind();
  const network = canonical(cidr);
  if (text.includes("/") && network !== `${base.toString()}/${bits}`)
    return { problem: `${text} starts in the middle of a network. Do you mean ${network}, or the one address ${base.toString()}?` };
  if (base.range() !== "unicast" && base.range() !== "reserved")
    return { problem: `${text} is not a public address. Private and local addresses are never judged by place and need no entry.` };
  if (bits < SHORTEST[kind])
    return {
      problem: `/${bits} is too wide: strangers would be inside as well. The widest is /${SHORTEST[kind]}; add your parts one by one.`,
    };
  return { network };
}

/** Reads an address or a network; IPv4 written as IPv6 is IPv4. Undefined for anything else. */
function parse(text: string): Cidr | undefined {
  if (text.length > 60 || text.includes("%")) return undefined;
  if (!text.includes("/")) {
    if (!ipaddr.IPv6.isValid(text) && !ipaddr.IPv4.isValidFourPartDecimal(text)) return undefined;
    const address = ipaddr.process(text);
    return [address, address.kind() === "ipv4" ? 32 : 128];
  }
  if (!ipaddr.IPv6.isValidCIDR(text) && !ipaddr.IPv4.isValidCIDRFourPartDecimal(text)) return undefined;
  const [base, bits] = ipaddr.parseCIDR(text);
  if (base.kind() === "ipv6" && bits >= 96 && (base as ipaddr.IPv6).isIPv4MappedAddress())
    return [(base as ipaddr.IPv6).toIPv4Address(), bits - 96];
  return [base, bits];
}

function canonical([base, bits]: Cidr): string {
  const bytes = base.toByteArray().map((byte, index) => byte & (0xff << Math.min(8, Math.max(0, 8 * (index + 1) - bits))) & 0xff);
  return `${ipaddr.fromByteArray(bytes).toString()}/${bits}`;
}

/** A test for addresses inside any of these canonical networks; what is no address is in none. */
export function insideNetworks(networks: readonly string[]): (ip: string) => boolean {
  const parsed = networks.map((network): Cidr => ipaddr.parseCIDR(network));
  return (ip) => {
    if (!ipaddr.isValid(ip)) return false;
    const address = ipaddr.process(ip);
    return parsed.some((cidr) => isInside(address, cidr));
  };
}

/** The exit that an address belongs to, the narrowest if several hold it. */
export function exitOf<Exit extends Pick<OwnExit, "network">>(exits: readonly Exit[], ip: string): Exit | undefined {
  const holding = exits.filter(({ network }) => insideNetworks([network])(ip));
  return holding.toSorted((a, b) => prefixOf(b) - prefixOf(a))[0];
}

const prefixOf = ({ network }: Pick<OwnExit, "network">): number => Number(network.split("/")[1]);

/** True when the network lies wholly inside one of the others. */
export function isCovered(network: string, by: string): boolean {
  const [base, bits] = ipaddr.parseCIDR(network);
  const outer = ipaddr.parseCIDR(by);
  return bits >= outer[1] && isInside(base, outer);
}
