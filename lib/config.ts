/**
 * All settings of the product, from the environment, read once. The launcher (`npm start`) sets the ones marked "made on first start".
 * Nothing else in the code reads process.env.
 */
import { z } from "zod";

const port = z.coerce.number().int().min(1).max(65_535);
const whole = (fallback: number, min: number, max: number) => z.coerce.number().int().min(min).max(max).default(fallback);
const megabytes = (fallback: number) => whole(fallback, 1, 1024).transform((n) => n * 1024 * 1024);
const secret = z.string().min(32, "must have at least 32 characters");
const postgresUrl = z.string().regex(/^postgres(ql)?:\/\//, "must be a postgres:// URL");

/** One line per setting: name, type, default and what it is for. The table in the README is this list. */
export const Environment = z.object({
  NODE_ENV: z.enum(["production", "development", "test"]).default("production"),
  VEDETTE_HOME: z.string().default(".vedette").describe("Data directory: embedded PostgreSQL, secrets, logs."),
  HOST: z.string().default("localhost").describe("Address to listen on; 0.0.0.0 for every network."),
  PORT: port.default(4600).describe("Port of the dashboard and the API."),
  BASE_URL: z
    .url()
    .optional()
    .describe(
      "The address people and mails use, when a proxy stands before Vedette. Default: http://localhost:PORT, https with TLS_CERT_FILE.",
    ),
  DATABASE_URL: postgresUrl.describe("PostgreSQL 15 or newer. Default: the embedded one."),
  DATABASE_OWNER_URL: postgresUrl.optional().describe("A role that may change the schema, for migrations. Default: DATABASE_URL."),
  DATABASE_ROLE: z.string().optional().describe("Role that web and workers take on after connecting. Set by the launcher."),
  DATABASE_CONNECTIONS: whole(10, 2, 500).describe("Connections per process."),
  QUEUE_URL: z
    .string()
    .regex(/^(postgres(ql)?|rediss?):\/\//, "must be a postgres:// or redis:// URL")
    .optional()
    .describe("Where the bells ring: postgres:// or redis://. Default: DATABASE_URL."),
  QUEUE_PREFIX: z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/)
    .default("bullmq")
    .describe("Namespace of the queue, when several installations share one Redis or PostgreSQL."),
  AUTH_SECRET: secret.describe("Signs the sign-in cookie. Made on first start."),
  HASH_KEY: secret.describe(
    "Keys the hash under which session ids are kept. Made on first start; changing it makes old sessions unsearchable.",
  ),
  LINK_KEY: secret.describe("Signs the links in mails. Made on first start."),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\//, "must be an smtp:// or smtps:// URL")
    .optional()
    .describe("Mail server. Without it mails stay in the local outbox, which the dashboard shows."),
  MAIL_FROM: z.string().default("Vedette <vedette@localhost>").describe("Sender of every mail."),
  DKIM_DOMAIN: z.string().optional().describe("Signs every mail for this domain (DKIM), with the two settings below."),
  DKIM_SELECTOR: z.string().optional().describe("The selector under which the public key stands in DNS."),
  DKIM_KEY_FILE: z.string().optional().describe("Path of the private key, PEM."),
  WEBHOOK_HOSTS: z
    .string()
    .default("")
    .describe("Inner hosts (host or host:port, separated by commas) that webhooks may call; all others must be public and https."),
  TRUSTED_PROXIES: whole(0, 0, 10).describe("How many proxies before us add to X-Forwarded-For. 0: the header is ignored."),
  TLS_CERT_FILE: z.string().optional().describe("Our TLS certificate with its chain, PEM. With TLS_KEY_FILE we speak HTTPS ourselves."),
  TLS_KEY_FILE: z.string().optional().describe("The private key of TLS_CERT_FILE, PEM."),
  TLS_CLIENT_CA_FILE: z
    .string()
    .optional()
    .describe("Authorities whose client certificates we accept, PEM. An API key can then be bound to a certificate's fingerprint."),
  CLIENT_CERT_HEADER: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/, "must be the name of a header")
    .transform((name) => name.toLowerCase())
    .optional()
    .describe(
      "Header in which the nearest trusted proxy passes the client certificate or its SHA-256. The proxy must remove what clients write there.",
    ),
  GEO_CITY_MMDB: z.string().optional().describe("Path of a MaxMind-format city database, for cities and coordinates."),
  RETENTION_DAYS: whole(90, 1, 3650).describe("Events older than this are dropped, a day at a time."),
  MAX_BODY_MB: megabytes(8).describe("Largest request body, as sent."),
  MAX_INFLATED_MB: megabytes(64).describe("Largest request body, after decompression."),
  REDACT_NAMES: z.string().default("").describe("More field names whose values are masked, separated by commas."),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info").describe("How much the processes log."),
});

/** The settings, plus what follows from them. */
export type Config = z.infer<typeof Environment> & { BASE_URL: string; QUEUE_URL: string };

/** Every problem of an environment at once, or the settings. Empty values count as not given. */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = Environment.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(
      (issue) => `  ${issue.path.join(".")}: ${given[String(issue.path[0])] === undefined ? "is not set" : issue.message}`,
    );
    throw new Error(`The configuration has ${lines.length === 1 ? "a problem" : `${lines.length} problems`}:\n${lines.join("\n")}`);
  }
  const settings = parsed.data;
  assertTogether(settings);
  return {
    ...settings,
    BASE_URL: (settings.BASE_URL ?? `http${settings.TLS_CERT_FILE ? "s" : ""}://localhost:${settings.PORT}`).replace(/\/$/, ""),
    QUEUE_URL: settings.QUEUE_URL ?? settings.DATABASE_URL,
  };
}

/** Settings that mean something only together. */
function assertTogether(settings: z.infer<typeof Environment>): void {
  const { TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE, CLIENT_CERT_HEADER, TRUSTED_PROXIES } = settings;
  const dkim = [settings.DKIM_DOMAIN, settings.DKIM_SELECTOR, settings.DKIM_KEY_FILE].filter((each) => each !== undefined).length;
  const alone = [
    ...((TLS_CERT_FILE === undefined) === (TLS_KEY_FILE === undefined) ? [] : ["TLS_CERT_FILE and TLS_KEY_FILE go together."]),
    ...(dkim % 3 === 0 ? [] : ["DKIM_DOMAIN, DKIM_SELECTOR and DKIM_KEY_FILE go together."]),
    ...(TLS_CLIENT_CA_FILE !== undefined && TLS_CERT_FILE === undefined
      ? ["TLS_CLIENT_CA_FILE needs TLS_CERT_FILE and TLS_KEY_FILE."]
      : []),
    ...(CLIENT_CERT_HEADER !== undefined && TRUSTED_PROXIES === 0
      ? ["CLIENT_CERT_HEADER needs TRUSTED_PROXIES: without a proxy anybody could write it."]
      : []),
  ];
  if (alone.length > 0) throw new Error(`The configuration has a problem:\n  ${alone.join("\n  ")}`);
}

let known: Config | undefined;

/** The settings of this process. Read at first use: building the app needs none. */
export function config(): Config {
  known ??= readConfig(process.env);
  return known;
}

/** The data directory alone, for commands that need no installation on this machine. */
export const homeDirectory = (): string => process.env.VEDETTE_HOME || ".vedette";
