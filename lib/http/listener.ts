/** The node:http or node:https server under everything that we serve, and who is at the other end of its connections. */
import { readFileSync, unwatchFile, watchFile } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer, type ServerOptions } from "node:https";
import { TLSSocket } from "node:tls";
import { config } from "@/lib/config";
import { log } from "@/lib/log";
import { fingerprintIn } from "./certificate";
import { clientAddress, type Peer } from "./route";

/** Files in PEM: our certificate and key, and the authorities whose client certificates we accept (left out: none are asked for). */
export interface TlsFiles {
  cert: string;
  key: string;
  clientCa?: string | undefined;
}

const RENEWAL_LOOK_MS = 60_000;

/** A server that slow clients cannot fill: headers within 10 s, the whole request within 30 s, looked at every second. */
export function createListener(listener: RequestListener, tls?: TlsFiles): Server {
  const options = { connectionsCheckingInterval: 1000 };
  const server = tls ? secured(listener, { tls, options }) : createServer(options, listener);
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  server.keepAliveTimeout = 65_000;
  return server;
}

/** TLS of 1.2 or newer. A renewed certificate is taken up within a minute, without a restart. */
function secured(listener: RequestListener, { tls, options }: { tls: TlsFiles; options: ServerOptions }): Server {
  const server = createSecureServer(
    { ...options, ...contextOf(tls), minVersion: "TLSv1.2", requestCert: tls.clientCa !== undefined, rejectUnauthorized: false },
    listener,
  );
  const renew = () => {
    try {
      server.setSecureContext({ ...contextOf(tls), minVersion: "TLSv1.2" });
      log.info({ file: tls.cert }, "the TLS certificate was read again");
    } catch (error) {
      log.error({ file: tls.cert, error: (error as Error).message }, "the new TLS certificate cannot be used; the old one stays"); // Error: node:tls throws nothing else
    }
  };
  watchFile(tls.cert, { interval: RENEWAL_LOOK_MS, persistent: false }, renew);
  server.once("close", () => unwatchFile(tls.cert, renew));
  return server;
}

const contextOf = ({ cert, key, clientCa }: TlsFiles) => ({
  cert: readFileSync(cert),
  key: readFileSync(key),
  ...(clientCa === undefined ? {} : { ca: readFileSync(clientCa) }),
});

/** The TLS files that the settings name; undefined: plain HTTP. */
export function configuredTls(): TlsFiles | undefined {
  const { TLS_CERT_FILE: cert, TLS_KEY_FILE: key, TLS_CLIENT_CA_FILE: clientCa } = config();
  return cert !== undefined && key !== undefined ? { cert, key, clientCa } : undefined;
}

/** Who sends a request. A header is believed only as configured: X-Forwarded-For by the number of our proxies, the certificate's by its name. */
export function peerOf(incoming: IncomingMessage): Peer {
  const { TRUSTED_PROXIES, CLIENT_CERT_HEADER } = config();
  const { headers, socket } = incoming;
  const ip = clientAddress(socket.remoteAddress ?? "", joined(headers["x-forwarded-for"]) ?? null, TRUSTED_PROXIES);
  const certificate =
    (socket instanceof TLSSocket ? fingerprintOf(socket) : undefined) ??
    (TRUSTED_PROXIES > 0 && CLIENT_CERT_HEADER ? fingerprintIn(joined(headers[CLIENT_CERT_HEADER])) : undefined);
  return certificate === undefined ? { ip } : { ip, certificate };
}

const joined = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header.join(",") : header);

const fingerprints = new WeakMap<TLSSocket, string | undefined>();

/** The fingerprint of a certificate that one of the accepted authorities signed; once a connection. */
function fingerprintOf(socket: TLSSocket): string | undefined {
  if (!fingerprints.has(socket))
    fingerprints.set(socket, socket.authorized ? socket.getPeerCertificate().fingerprint256?.replaceAll(":", "").toLowerCase() : undefined);
  return fingerprints.get(socket);
}
