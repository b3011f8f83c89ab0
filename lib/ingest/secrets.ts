/** What a secret looks like: by the name it stands under, and by its own shape. */

const exactNames = new Set(
  (
    "auth authentication bearer credential credentials cookie cookies setcookie csrf xsrf csrftoken xsrftoken jwt otp totp pin cvv cvc ssn sid sessionid session sessid phpsessid jsessionid " +
    "mysqlpwd pwd pass passwd password passphrase secret token apikey xapikey key authkey privatekey signingkey encryptionkey accesskey accesskeyid clientsecret recoverycode " +
    "xauthtoken xaccesstoken xcsrftoken xamzsecuritytoken xforwardedaccesstoken proxyauthorization authorization assertion samlresponse code sig signature xamzsignature xamzcredential"
  ).split(" "),
);
const endings = [
  "password",
  "passwd",
  "passphrase",
  "secret",
  "token",
  "apikey",
  "privatekey",
  "secretkey",
  "accesskey",
  "authorization",
  "cookie",
  "credential",
  "credentials",
  "sessionid",
];
/** Names that are secret only in a query or a form (`code` of OAuth, `key`, `pin`, `session`), not as a field of free metadata. */
const onlyInForms = new Set(["code", "key", "pin", "pass", "session", "auth", "sid", "assertion", "sig", "signature"]);

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/** A set of names, remembered answers included. `place` tells a free field from a query or form, where short names are secrets too. */
export class SecretNames {
  readonly #extra: ReadonlySet<string>;
  readonly #field = new Map<string, boolean>();
  readonly #form = new Map<string, boolean>();

  constructor(extra: readonly string[] = []) {
    this.#extra = new Set(extra.map(plain));
  }

  has(name: string, place: "field" | "form"): boolean {
    const known = place === "field" ? this.#field : this.#form;
    const answer = known.get(name);
    if (answer !== undefined) return answer;
    const fresh = this.#judge(plain(name), place);
    if (known.size < 10_000) known.set(name, fresh); // 10,000: names are written by attackers
    return fresh;
  }

  #judge(name: string, place: "field" | "form"): boolean {
    if (this.#extra.has(name)) return true;
    if (place === "field" && onlyInForms.has(name)) return false;
    return exactNames.has(name) || endings.some((ending) => name.endsWith(ending));
  }
}

/** A secret known by its shape. `hashed`: it is random enough that a keyed hash may stand for it, so that pasting it finds the event. */
export interface SecretPattern {
  name: string;
  source: string;
  hashed: boolean;
}

/** Each begins with something rare, so that ordinary text is passed over quickly, and none nests a repetition. Blanks may be encoded as in an address. */
export const secretPatterns: readonly SecretPattern[] = [
  // one without its dots matches too and is no token: looking for the dot from each "eyJ" of a long text anew would take for ever
  { name: "jwt", source: String.raw`\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]{2,}(?:\.[A-Za-z0-9_-]*)?)?`, hashed: true },
  {
    name: "private_key",
    source: String.raw`-----BEGIN[A-Z0-9 +%]{1,60}KEY(?:(?: |%20|\+)BLOCK)?-----[^-]*(?:-----END[A-Z0-9 +%]{1,60}-----)?`,
    hashed: false,
  },
  { name: "vedette_key", source: String.raw`\bvdt_[A-Za-z0-9]{20,}`, hashed: true },
  { name: "aws_key", source: String.raw`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`, hashed: true },
  { name: "google_key", source: String.raw`\bAIza[A-Za-z0-9_-]{35}`, hashed: true },
  { name: "google_token", source: String.raw`\bya29\.[A-Za-z0-9_-]{20,}`, hashed: true },
  { name: "github_token", source: String.raw`\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})`, hashed: true },
  { name: "gitlab_token", source: String.raw`\bglpat-[A-Za-z0-9_-]{20,}`, hashed: true },
  { name: "slack_token", source: String.raw`\bxox[abeoprs]-[A-Za-z0-9-]{10,}`, hashed: true },
  { name: "stripe_key", source: String.raw`\b[rs]k_(?:live|test)_[A-Za-z0-9]{10,}`, hashed: true },
  { name: "openai_key", source: String.raw`\bsk-[A-Za-z0-9_-]{32,}`, hashed: true },
  { name: "npm_token", source: String.raw`\bnpm_[A-Za-z0-9]{36}\b`, hashed: true },
  { name: "sendgrid_key", source: String.raw`\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}`, hashed: true },
  { name: "bearer", source: String.raw`\b[Bb]earer(?: |%20|\+)+[A-Za-z0-9._~+/=-]{8,}`, hashed: true },
  { name: "basic", source: String.raw`\b[Bb]asic(?: |%20|\+)+[A-Za-z0-9+/]{8,}={0,2}`, hashed: false },
  {
    name: "url_password",
    source: String.raw`(?<=://|%3[Aa]%2[Ff]%2[Ff])[^\s/:@?#%&]{1,100}(?::|%3[Aa])[^\s/@?#&]{1,200}?(?=@|%40)`,
    hashed: false,
  },
  { name: "card", source: String.raw`\b[2-6]\d{3}(?:[ -]?\d){9,15}(?!\d)`, hashed: false },
];

/** What the patterns begin with, or hold near their beginning. */
const tokens =
  "eyJ -----BEGIN vdt_ AKIA ASIA AIza ya29. ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- xox rk_ sk_ sk- npm_ SG. earer asic :// %2F %2f".split(
    " ",
  );
const tokensByPair = new Map<number, string[]>();
const isPair = new Uint8Array(128 * 128);
for (const token of tokens) {
  const pair = token.charCodeAt(0) * 128 + token.charCodeAt(1);
  isPair[pair] = 1;
  tokensByPair.set(pair, [...(tokensByPair.get(pair) ?? []), token]);
}
const CARD_DIGITS = 13;

/** A quick look: false when no pattern can match. One table access a character, because all patterns together cost six times as much. */
export function mayHoldSecret(text: string): boolean {
  if (text.length < CARD_DIGITS) return text.includes("://"); // every other pattern is longer, an encoded address too
  let before = 0;
  let digits = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) {
      if (++digits >= CARD_DIGITS) return true;
    } else if (code !== 32 && code !== 45) digits = 0; // a space or dash may stand between the digits of a card
    if (code < 128 && isPair[before * 128 + code] === 1 && startsToken(text, at - 1, before * 128 + code)) return true;
    before = code < 128 ? code : 0;
  }
  return false;
}

const startsToken = (text: string, at: number, pair: number): boolean =>
  tokensByPair.get(pair)?.some((token) => text.startsWith(token, at)) ?? false;

/** ISO/IEC 7812 check digit: true for the digits of a payment card number, spaces and dashes ignored. */
export function passesLuhn(text: string): boolean {
  let sum = 0;
  let digits = 0;
  for (let at = text.length - 1; at >= 0; at--) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) continue;
    const doubled = digits % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
    digits++;
  }
  return digits >= 13 && digits <= 19 && sum % 10 === 0;
}
