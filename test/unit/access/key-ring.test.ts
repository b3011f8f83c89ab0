import { describe, expect, test } from "vitest";
import { generateApiKey, hashApiKey, keyHint } from "@/lib/access/key-format";
import { isInNetworks, KeyRing } from "@/lib/access/key-ring";
import { Lockout } from "@/lib/access/lockout";
import { fingerprintIn } from "@/lib/http/certificate";
import type { HashedApiKey } from "@/lib/store/api-keys";

const NOON = Date.UTC(2026, 10, 23, 12);
const HOUR = 3_600_000;
const hashOf = (secret: string) => Buffer.from(hashApiKey(secret));

function keyOf(secret: string, more: Partial<HashedApiKey> = {}): HashedApiKey {
  return {
    id: "7e6c0a52-51a5-4c5a-9f0e-3f6d2c1b0a99",
    name: "shop",
    hash: hashOf(secret),
    hint: keyHint(secret),
    previousHash: null,
    previousUntil: null,
    scopes: ["ingest"],
    services: [],
    allowedNetworks: [],
    trustSourceIp: true,
    eventsPerSecond: null,
    bytesPerSecond: null,
    burst: null,
    dailyQuota: null,
    certificate: null,
    createdBy: null,
    createdAt: new Date(NOON),
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
    lastUsedIp: null,
    ...more,
  };
}

/** A ring over these keys that counts how often the database would be asked. */
function ringOf(...keys: HashedApiKey[]) {
  const asked = { loads: 0 };
  const ring = new KeyRing(
    async () => {
      asked.loads += 1;
      return keys;
    },
    async () => undefined,
  );
  return { ring, asked };
}

const code = (work: Promise<unknown>) =>
  work.then(
    () => "welcome",
    (error: { code: string }) => error.code,
  );

describe("a caller is recognised", () => {
  test("by either secret of a rotated key while the chosen time lasts, then by the new one alone", async () => {
    const [old, fresh] = [generateApiKey(), generateApiKey()];
    const { ring } = ringOf(keyOf(fresh, { previousHash: hashOf(old), previousUntil: new Date(NOON + HOUR) }));
    const by = (secret: string, at: number) => code(ring.recognise(secret, { ip: "192.0.2.1" }, at));
    expect([await by(old, NOON), await by(fresh, NOON)]).toEqual(["welcome", "welcome"]);
    expect([await by(old, NOON + HOUR - 1), await by(old, NOON + HOUR)]).toEqual(["welcome", "unauthenticated"]);
    expect(await by(fresh, NOON + HOUR)).toBe("welcome");
  });

  test("until its key expires; the old secret of a rotated key does not outlive the key", async () => {
    const [old, fresh] = [generateApiKey(), generateApiKey()];
    const { ring } = ringOf(
      keyOf(fresh, { expiresAt: new Date(NOON + 10), previousHash: hashOf(old), previousUntil: new Date(NOON + HOUR) }),
    );
    const by = (secret: string, at: number) => code(ring.recognise(secret, { ip: "192.0.2.1" }, at));
    expect([await by(fresh, NOON + 9), await by(old, NOON + 9)]).toEqual(["welcome", "welcome"]);
    expect([await by(fresh, NOON + 10), await by(old, NOON + 10)]).toEqual(["unauthenticated", "unauthenticated"]);
  });

  test("with its certificate when the key is bound to one, however the fingerprint is written", async () => {
    const secret = generateApiKey();
    const { ring } = ringOf(keyOf(secret, { certificate: "ab".repeat(32) }));
    const by = (certificate?: string) => code(ring.recognise(secret, { ip: "192.0.2.1", certificate }, NOON));
    expect(await by()).toBe("forbidden");
    expect(await by("cd".repeat(32))).toBe("forbidden");
    expect(await by(Array(32).fill("AB").join(":"))).toBe("welcome");
  });
});

test.each([
  ["203.0.113.7", ["203.0.113.0/24"], true],
  ["203.0.114.7", ["203.0.113.0/24"], false],
  ["203.0.113.7", ["198.51.100.1", "203.0.113.7"], true],
  ["2001:db8:1::5", ["2001:db8:1::/48"], true],
  ["2001:db8:2::5", ["2001:db8:1::/48"], false],
  ["2001:DB8:1:0::5", ["2001:db8:1::5"], true],
  ["::ffff:203.0.113.7", ["203.0.113.0/24"], true],
  ["203.0.113.7", ["::/0"], false],
  ["203.0.113.7", ["0.0.0.0/0"], true],
  ["", ["0.0.0.0/0"], false],
  ["fe80::1%eth0", ["2001:db8::/32"], false],
])("%s is one of %j: %s", (ip, networks, inside) => expect(isInNetworks(ip, networks)).toBe(inside));

describe("a source that guesses", () => {
  test("is locked out after ten wrong keys, longer with each further one, and asks the database ten times a second at most", async () => {
    const { ring, asked } = ringOf(keyOf(generateApiKey()));
    const guess = (at: number, ip = "192.0.2.9") => code(ring.recognise(generateApiKey(), { ip }, at));
    for (let i = 0; i < 10; i++) expect(await guess(NOON + i)).toBe("unauthenticated");
    const loads = asked.loads;
    for (let i = 0; i < 1000; i++) expect(await guess(NOON + 100)).toBe("rate_limited");
    expect(asked.loads).toBe(loads);
    expect(loads).toBeLessThanOrEqual(11);
    const wait = (at: number) =>
      ring.recognise("vdt_x", { ip: "192.0.2.9" }, at).catch((error) => error.details.retryAfterSeconds as number | undefined);
    expect(await wait(NOON + 100)).toBe(2);
    expect(await guess(NOON + 3000)).toBe("unauthenticated");
    expect(await wait(NOON + 3001)).toBe(4);
    expect(await guess(NOON + 100, "192.0.2.10")).toBe("unauthenticated");
  });

  test("guesses made at once count one by one", async () => {
    const { ring, asked } = ringOf(keyOf(generateApiKey()));
    const answers = await Promise.all(Array.from({ length: 500 }, () => code(ring.recognise(generateApiKey(), { ip: "192.0.2.9" }, NOON))));
    expect(answers.filter((answer) => answer === "rate_limited").length).toBeGreaterThanOrEqual(485);
    expect(asked.loads).toBeLessThanOrEqual(2);
  });

  test("does not lock out a sender behind the same address whose key has worked there", async () => {
    const secret = generateApiKey();
    const { ring } = ringOf(keyOf(secret));
    expect(await code(ring.recognise(secret, { ip: "192.0.2.9" }, NOON))).toBe("welcome");
    for (let i = 0; i < 12; i++) await code(ring.recognise("nonsense", { ip: "192.0.2.9" }, NOON));
    expect(await code(ring.recognise("nonsense", { ip: "192.0.2.9" }, NOON))).toBe("rate_limited");
    expect(await code(ring.recognise(secret, { ip: "192.0.2.9" }, NOON))).toBe("welcome");
  });

  test("is one source when it takes another address of its IPv6 network; the wait never exceeds 15 minutes; memory is bounded", () => {
    const lockout = new Lockout();
    for (let i = 0; i < 60; i++) lockout.noteFailure(`2001:db8:1:2::${i.toString(16)}`, NOON);
    const waitOf = (address: string) => {
      try {
        lockout.assertOpen(address, NOON);
        return 0;
      } catch (error) {
        return (error as { details: { retryAfterSeconds: number } }).details.retryAfterSeconds;
      }
    };
    expect([waitOf("2001:db8:1:2:ffff::1"), waitOf("2001:db8:1:3::1")]).toEqual([900, 0]);
    for (let i = 0; i < 100_001; i++) lockout.noteFailure(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, NOON);
    expect(waitOf("2001:db8:1:2::1")).toBe(0);
  });
});

describe("a proxy's header with the client certificate", () => {
  const pem =
    "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIIAa0QEk0Hd5cwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJ\nc2VuZGVyLTAxMB4XDTI2MTEyMjAwMDAwMFoXDTI2MTEyNDAwMDAwMFowFDESMBAG\nA1UEAwwJc2VuZGVyLTAx\n-----END CERTIFICATE-----\n";
  const bare = pem.replace(/-----[^-]+-----|\n/g, "");
  const hex = fingerprintIn(bare) ?? "";
  test("is read in the form of nginx, Traefik, RFC 9440, Envoy, HAProxy and Caddy", () => {
    expect(hex).toMatch(/^[0-9a-f]{64}$/);
    expect(fingerprintIn(encodeURIComponent(pem))).toBe(hex);
    expect(fingerprintIn(`:${bare}:`)).toBe(hex);
    expect(fingerprintIn(`By=spiffe://x;Hash=${hex};Subject="CN=sender"`)).toBe(hex);
    expect(fingerprintIn(hex.toUpperCase())).toBe(hex);
    expect(fingerprintIn(hex.replace(/..(?=.)/g, "$&:"))).toBe(hex);
  });
  test("counts by its last value, and nonsense is none", () => {
    expect(fingerprintIn(`${"ab".repeat(32)}, ${hex}`)).toBe(hex);
    for (const nonsense of [undefined, "", "x", "NONE", "%", "a".repeat(20_000), "Hash=12"])
      expect(fingerprintIn(nonsense)).toBeUndefined();
  });
});
