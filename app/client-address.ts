import { headers } from "next/headers";

/** Set by our web server to the address of the client, whatever the client wrote there itself. */
export const PEER_HEADER = "x-vedette-peer";

/** The address of whoever sent this request; undefined when our web server is not in front. */
export async function clientAddress(): Promise<string | undefined> {
  return (await headers()).get(PEER_HEADER) ?? undefined;
}
