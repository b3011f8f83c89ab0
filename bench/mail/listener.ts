/** A mail server that takes everything and remembers when: it answers 250 first and notes the time after. */
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";

/** A mail that was taken, and when, on the clock of `performance.now`. */
interface Taken {
  subject: string;
  to: string;
  at: number;
}

/** Starts it on a free port. */
export async function startListener(): Promise<{ url: string; taken: Taken[]; close(): Promise<void> }> {
  const taken: Taken[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    logger: false,
    onData(stream, { envelope }, callback) {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => {
        const subject = /^Subject: (.*)$/im.exec(Buffer.concat(parts).toString("utf8"))?.[1]?.trim() ?? "";
        callback();
        taken.push({ subject, to: envelope.rcptTo[0]?.address ?? "", at: performance.now() });
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.server.address() as AddressInfo; // a TCP server's address is one
  return { url: `smtp://127.0.0.1:${port}`, taken, close: () => new Promise((resolve) => server.close(() => resolve())) };
}
