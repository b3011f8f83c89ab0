/** Self-signed certificates for tests, made here: no tool is needed, and no private key lies in the repository. */
import { createHash, createSign, generateKeyPairSync } from "node:crypto";

/** A certificate and its key in PEM, and the fingerprint by which people name it. */
export interface TestCertificate {
  cert: string;
  key: string;
  fingerprint: string;
}

const DAY_MS = 86_400_000;

/** One DER value. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const sequence = (...parts: Buffer[]) => der(0x30, ...parts);
const ECDSA_SHA256 = sequence(der(0x06, Buffer.from("2a8648ce3d040302", "hex")));
const utcTime = (at: number) => der(0x17, Buffer.from(`${new Date(at).toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`));
const name = (text: string) => sequence(der(0x31, sequence(der(0x06, Buffer.from("550403", "hex")), der(0x0c, Buffer.from(text)))));

/** Valid from yesterday until tomorrow, for 127.0.0.1 and its own name. */
export function makeCertificate(commonName: string): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const serial = createHash("sha256").update(commonName).digest().subarray(0, 8);
  serial[0] = 1;
  const altNames = sequence(der(0x82, Buffer.from("localhost")), der(0x87, Buffer.from([127, 0, 0, 1])));
  const extensions = der(
    0xa3,
    sequence(
      sequence(der(0x06, Buffer.from("551d11", "hex")), der(0x04, altNames)),
      sequence(der(0x06, Buffer.from("551d13", "hex")), der(0x04, sequence(der(0x01, Buffer.from([255]))))), // its own authority
    ),
  );
  const content = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ECDSA_SHA256,
    name(commonName),
    sequence(utcTime(Date.now() - DAY_MS), utcTime(Date.now() + DAY_MS)),
    name(commonName),
    publicKey.export({ type: "spki", format: "der" }),
    extensions,
  );
  const signature = createSign("sha256").update(content).sign(privateKey);
  const whole = sequence(content, ECDSA_SHA256, der(0x03, Buffer.from([0]), signature));
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${whole.toString("base64").replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    fingerprint: createHash("sha256").update(whole).digest("hex"),
  };
}
