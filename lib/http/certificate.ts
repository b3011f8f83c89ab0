/** The SHA-256 fingerprint of a TLS client certificate, from whatever a proxy in front writes into its header. */
import { createHash } from "node:crypto";
import { percentDecoded } from "@/lib/percent";

const LONGEST = 16_384; // a certificate as URL-encoded PEM is about 3 KiB

/**
 * Reads a fingerprint in hexadecimal (HAProxy, Caddy), Envoy's `Hash=…`, RFC 9440's `:base64:`, and a certificate as PEM, URL-encoded PEM (nginx) or bare
 * base64 (Traefik). Of several values the last counts: the nearest proxy wrote it. Lower-case hexadecimal without colons; undefined when it is none.
 */
export function fingerprintIn(header: string | undefined): string | undefined {
  if (!header || header.length > LONGEST) return undefined;
  const last = header.split(",").at(-1)?.trim() ?? "";
  const hash = /(?:^|;)hash="?([0-9a-f]{64})"?(?:;|$)/i.exec(last)?.[1] ?? last.replaceAll(":", "");
  if (/^[0-9a-f]{64}$/i.test(hash)) return hash.toLowerCase();
  const base64 = (percentDecoded(last) ?? last) // a plus stays one, it is a sign of base64
    .replace(/-----[A-Z ]+-----|^:|:$/g, "")
    .replace(/\s/g, "");
  if (base64.length < 100 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  return createHash("sha256").update(Buffer.from(base64, "base64")).digest("hex");
}
