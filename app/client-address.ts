import { headers } from "next/headers";
import { PEER_HEADER } from "@/lib/http/route";

/** The address of whoever sent this request; undefined when our web server is not in front. */
export async function clientAddress(): Promise<string | undefined> {
  return (await headers()).get(PEER_HEADER) ?? undefined;
}
