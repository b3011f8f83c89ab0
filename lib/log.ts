/** One structured line per request or job, with ids; never the body of an event, never a secret. */
import pino from "pino";

// Where lines go has no patience of its own: a reader that is gone (a launcher that was killed) must not hold a process that wants to end.
if (process.stdout.listenerCount("error") === 0) process.stdout.on("error", () => undefined);
const out = { write: (line: string) => void process.stdout.write(line) };

/** The log of one part of a process. `LOG_LEVEL` is read here and not through config(), so that a bad configuration can still be logged. */
export const log = pino(
  {
    level: process.env.LOG_LEVEL || "info", // the one reading of the environment outside lib/config.ts
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: ["*.password", "*.secret", "*.authorization", "*.token", "*.cookie"], censor: "[redacted]" },
  },
  out,
);
