/** A real mail server on a port of its own: keeps what it accepted, and can refuse, hang or be away. */
import type { AddressInfo } from "node:net";
import { simpleParser } from "mailparser";
import { SMTPServer, type SMTPServerSession } from "smtp-server";

/** One accepted mail. */
export interface Arrived {
  to: string;
  messageId: string;
  subject: string;
  raw: string;
}

/** How the server behaves: takes mails, answers DATA with a code, or never answers. */
export type Mood = "accept" | "hang" | number;

export interface MailServer {
  url: string;
  port: number;
  arrived: Arrived[];
  mood: Mood;
  /** Called after the server has said 250 and before the client can act on it. */
  afterAccept?: (mail: Arrived) => void;
  close(): Promise<void>;
}

/** Starts the server; port 0 finds a free one. With a certificate it offers TLS. */
export async function startMailServer(port = 0, certificate?: { cert: string; key: string }): Promise<MailServer> {
  const state = { arrived: [] as Arrived[], mood: "accept" as Mood } as MailServer;
  const server = new SMTPServer({
    authOptional: true,
    ...(certificate ?? { disabledCommands: ["STARTTLS"] }),
    closeTimeout: 50,
    logger: false,
    onData(stream, session: SMTPServerSession, callback) {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", async () => {
        if (state.mood === "hang") return;
        if (typeof state.mood === "number") {
          callback(Object.assign(new Error("not now"), { responseCode: state.mood }));
          return;
        }
        const raw = Buffer.concat(parts).toString("utf8");
        const header = (name: string) => new RegExp(`^${name}: (.*)$`, "im").exec(raw)?.[1]?.trim() ?? "";
        const mail = { to: session.envelope.rcptTo[0]?.address ?? "", messageId: header("Message-ID"), subject: header("Subject"), raw };
        state.arrived.push(mail);
        callback();
        state.afterAccept?.(mail);
      });
    },
  });
  server.on("error", () => undefined); // a client that goes away is part of the tests
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  state.port = (server.server.address() as AddressInfo).port;
  state.url = `smtp://127.0.0.1:${state.port}`;
  state.close = () => new Promise((resolve) => server.close(() => resolve()));
  return state;
}

/** Both parts and the headers of an arrived mail. */
export const parseMail = (mail: Arrived) => simpleParser(mail.raw);
