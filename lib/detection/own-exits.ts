/** The organisation's own exits as detection asks for them: for every event, so the answers are remembered. */
import { insideNetworks } from "@/lib/model/own-exit";
import { Memo } from "./memo";

/** True for addresses of the organisation's own VPN, proxy or office; false for no address. */
export type IsOwnExit = (ip: string | undefined) => boolean;

const PLACES = 4_096;
const LONGEST = 64; // characters of an address

/** A test over canonical networks. Without any, nothing is asked of the address. */
export function ownExitTest(networks: readonly string[]): IsOwnExit {
  if (networks.length === 0) return () => false;
  const known = new Memo(insideNetworks(networks), PLACES, LONGEST);
  return (ip) => ip !== undefined && known.get(ip);
}
