/** Secrets of every kind that we know, each unlike any other, to be planted where clients may put them and looked for where nobody may find them. */
import { createHash } from "node:crypto";
import { passesLuhn } from "@/lib/ingest/secrets";

/** A text as a client would write it, and the part of it that must never be seen again. */
export interface Canary {
  name: string;
  text: string;
  needle: string;
}

const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const MIXED = `${UPPER}abcdefghijklmnopqrstuvwxyz`;
const DIGITS = "0123456789";

/** Signs that look random and are the same in every run. */
function signs(seed: string, length: number, alphabet = MIXED): string {
  let text = "";
  for (let round = 0; text.length < length; round += 1)
    for (const byte of createHash("sha256").update(`${seed} ${round}`).digest())
      if (text.length < length) text += alphabet[byte % alphabet.length];
  return text;
}

function cardNumber(seed: string): string {
  const body = `4${signs(seed, 14, DIGITS)}`;
  return [...DIGITS].map((digit) => body + digit).find(passesLuhn) ?? "";
}

const basic = (seed: string) => Buffer.from(`ana:${signs(seed, 12)}`).toString("base64");

/** By its shape alone: these are found in any text. */
const shapes: Record<string, (seed: string) => { text: string; needle: string }> = {
  jwt: (seed) => {
    const needle = `eyJhbGciOiJIUzI1NiJ9.eyJ${signs(seed, 30)}.${signs(`${seed}s`, 43)}`;
    return { text: needle, needle };
  },
  private_key: (seed) => {
    const needle = signs(seed, 60);
    return { text: `-----BEGIN EC PRIVATE KEY-----\n${needle}\n-----END EC PRIVATE KEY-----`, needle };
  },
  ...Object.fromEntries(
    Object.entries({
      vedette_key: (seed: string) => `vdt_${signs(seed, 38)}`,
      aws_key: (seed: string) => `AKIA${signs(seed, 16, UPPER)}`,
      google_key: (seed: string) => `AIza${signs(seed, 35)}`,
      google_token: (seed: string) => `ya29.${signs(seed, 60)}`,
      github_token: (seed: string) => `ghp_${signs(seed, 36)}`,
      gitlab_token: (seed: string) => `glpat-${signs(seed, 20)}`,
      slack_token: (seed: string) => `xoxb-${signs(seed, 12, DIGITS)}-${signs(`${seed}x`, 24)}`,
      stripe_key: (seed: string) => `sk_live_${signs(seed, 24)}`,
      openai_key: (seed: string) => `sk-proj-${signs(seed, 48)}`,
      npm_token: (seed: string) => `npm_${signs(seed, 36)}`,
      sendgrid_key: (seed: string) => `SG.${signs(seed, 22)}.${signs(`${seed}x`, 43)}`,
      card: cardNumber,
    }).map(([name, make]) => [
      name,
      (seed: string) => {
        const needle = make(seed);
        return { text: needle, needle };
      },
    ]),
  ),
  bearer: (seed) => ({ text: `Bearer ${signs(seed, 32)}`, needle: signs(seed, 32) }),
  basic: (seed) => ({ text: `Basic ${basic(seed)}`, needle: basic(seed) }),
  url_password: (seed) => ({ text: `postgres://ana:${signs(seed, 14)}@db.example/x`, needle: signs(seed, 14) }),
};

/** Known only by the name beside it, in a form or in JSON. */
const named: Record<string, (seed: string) => { text: string; needle: string }> = {
  form: (seed) => ({ text: `user=ana&password=${signs(seed, 16)}`, needle: signs(seed, 16) }),
  json: (seed) => ({ text: `{"user":"ana","client_secret":"${signs(seed, 16)}"}`, needle: signs(seed, 16) }),
};

const build = (table: typeof shapes, seed: string): Canary[] =>
  Object.entries(table).map(([kind, make]) => ({ name: `${seed}: ${kind}`, ...make(`${seed} ${kind}`) }));

/** One canary of every kind that its shape alone gives away, for the place that `seed` names. */
export const shapedCanaries = (seed: string): Canary[] => build(shapes, seed);

/** The same, and those that a name in the text gives away. */
export const textCanaries = (seed: string): Canary[] => [...build(shapes, seed), ...build(named, seed)];

/** One that nothing but the field's name gives away. */
export const opaqueCanary = (seed: string): Canary => ({ name: `${seed}: opaque`, text: signs(seed, 24), needle: signs(seed, 24) });
