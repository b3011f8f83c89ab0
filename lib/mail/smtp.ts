/** The only door to SMTP. Takes rendered mails and addresses; knows nothing of incidents. */
import fs from "node:fs";
import { createTransport, type Transporter } from "nodemailer";
import { config } from "@/lib/config";
import type { Mail } from "@/lib/model/mail";

/** One mail to one address. The recipient comes from the database, never from an event. */
export interface Letter {
  to: { name?: string; address: string };
  messageId: string;
  date: Date;
  mail: Mail;
}

/**
 * Why a mail did not leave. `server`: the mail server is out of reach or refuses us, every mail would fail; `recipient`: it refuses this one.
 * `permanent`: it will not change its mind.
 */
export class MailFailure extends Error {
  constructor(
    message: string,
    readonly scope: "server" | "recipient",
    readonly permanent: boolean,
  ) {
    super(message);
    this.name = "MailFailure";
  }
}

/** True when mails can leave; without SMTP_URL they stay in the local outbox. */
export const hasMailServer = (): boolean => config().SMTP_URL !== undefined;

let transporter: Transporter | undefined;
let transporterUrl: string | undefined;

const LOCAL = /^(localhost|127\.|\[?::1|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/;

/**
 * Settings from SMTP_URL. TLS is required for servers beyond this machine and the private network; `?tls=required`, `?tls=opportunistic` or `?tls=none` says otherwise.
 */
export function smtpSettings(url: string) {
  const parsed = new URL(url);
  const secure = parsed.protocol === "smtps:";
  const near = LOCAL.test(parsed.hostname) || !parsed.hostname.includes(".");
  const tls = parsed.searchParams.get("tls") ?? (near ? "opportunistic" : "required");
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ""),
    port: Number(parsed.port) || (secure ? 465 : 587),
    secure,
    requireTLS: !secure && tls === "required",
    ignoreTLS: !secure && tls === "none",
    // a near server's certificate is seldom signed; the private network is trusted as far as opportunistic TLS goes
    tls: { rejectUnauthorized: tls === "required" || secure, minVersion: "TLSv1.2" as const },
    ...(parsed.username ? { auth: { user: decodeURIComponent(parsed.username), pass: decodeURIComponent(parsed.password) } } : {}),
    pool: true as const,
    maxConnections: 3,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
    dnsTimeout: 10_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** The key that signs every mail, when one is configured. A key that cannot be read fails the mail with its reason: unsigned mails would be refused quietly. */
function dkimSettings() {
  const { DKIM_DOMAIN: domainName, DKIM_SELECTOR: keySelector, DKIM_KEY_FILE } = config();
  if (!domainName || !keySelector || !DKIM_KEY_FILE) return {};
  try {
    return { dkim: { domainName, keySelector, privateKey: fs.readFileSync(DKIM_KEY_FILE, "utf8") } };
  } catch (error) {
    throw new MailFailure(`The DKIM key cannot be read: ${(error as Error).message}`, "server", false);
  }
}

function theTransporter(url: string): Transporter {
  if (!transporter || transporterUrl !== url) {
    transporter?.close();
    transporter = createTransport({ ...smtpSettings(url), ...dkimSettings() });
    transporterUrl = url;
  }
  return transporter;
}

interface SmtpError extends Error {
  code?: string;
  command?: string;
  responseCode?: number;
}

/** What the commonest troubles with a mail server mean, and what to do about each. The server's own words follow in brackets. */
const troubles: readonly [pattern: RegExp, advice: string][] = [
  [
    /self[- ]signed|unable to verify|unable to get (local )?issuer/i,
    "The mail server's certificate is signed by nobody we know. Name its authority in NODE_EXTRA_CA_CERTS, or accept it by ?tls=opportunistic in SMTP_URL",
  ],
  [/certificate has expired|CERT_HAS_EXPIRED/i, "The mail server's certificate has expired. Renew it there"],
  [
    /does not match certificate|altnames/i,
    "The mail server's certificate is for another name. Use the name that stands in it as the host in SMTP_URL",
  ],
  [
    /wrong version number|packet length too long/i,
    "The mail server speaks no TLS at this port. Use smtp:// (587) or smtps:// (465) in SMTP_URL",
  ],
  [/STARTTLS/, "The mail server offers no TLS. Use a port that does, or allow it in clear by ?tls=opportunistic in SMTP_URL"],
  [/ECONNREFUSED/, "Nothing answers at the mail server's port. Check host and port in SMTP_URL"],
  [/ENOTFOUND|EAI_AGAIN|EDNS/, "The mail server's name is not known here. Check the host in SMTP_URL"],
  [/timed? ?out|ETIMEDOUT|Greeting never received/i, "The mail server does not answer in time. Check that this machine may reach it"],
  [/EAUTH|\b535\b|Invalid login/, "The mail server refuses our user name or password. Check them in SMTP_URL"],
];

/** The trouble in words that say what to do, with the original after it. */
function adviceOn({ message, code }: { message: string; code?: string | undefined }): string {
  const text = message.replace(/\s+/g, " ").slice(0, 300);
  const known = troubles.find(([pattern]) => pattern.test(`${code ?? ""} ${text}`));
  return known ? `${known[1]} (${text}).` : text;
}

/** SMTP replies that speak of this message or this recipient come to these commands; everything before is about us. */
function failureOf(error: SmtpError): MailFailure {
  const code = error.responseCode ?? 0;
  const aboutMessage = (error.code === "EENVELOPE" && error.command !== "MAIL FROM") || error.code === "EMESSAGE";
  if (!aboutMessage) return new MailFailure(adviceOn(error), "server", false);
  return new MailFailure(error.message.replace(/\s+/g, " ").slice(0, 300), "recipient", code >= 500 && code !== 503);
}

/** One line without line breaks: header values never carry more. */
const line = (text: string): string => text.replace(/[\r\n\u0000]+/g, " ").slice(0, 998);

/** Hands one mail to the server and gives its answer. Throws MailFailure; resolves only after the server has taken the mail (250). */
export async function sendLetter({ to, messageId, date, mail }: Letter): Promise<string> {
  const { SMTP_URL, MAIL_FROM } = config();
  if (!SMTP_URL) throw new MailFailure("No mail server is configured (SMTP_URL).", "server", false);
  try {
    const { response } = await theTransporter(SMTP_URL).sendMail({
      from: MAIL_FROM,
      to: { name: line(to.name ?? ""), address: line(to.address) },
      subject: line(mail.subject),
      html: mail.html,
      text: mail.text,
      messageId,
      date,
      headers: Object.fromEntries(Object.entries(mail.headers).map(([name, value]) => [name, { prepared: true, value: line(value) }])),
      textEncoding: "quoted-printable",
    });
    return response ?? "accepted";
  } catch (error) {
    throw error instanceof MailFailure ? error : failureOf(error as SmtpError); // cast: nodemailer rejects with its own errors only
  }
}

/** Closes the connections, so that the process can end. */
export function closeMail(): void {
  transporter?.close();
  transporter = undefined;
}
