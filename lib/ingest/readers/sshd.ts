/**
 * sshd, PAM, sudo and su from syslog files. sshd tells one attempt in up to five lines of one process; the reader keeps the last few thousand processes in
 * mind so that an attempt becomes one event, whether the server takes passwords (then "Failed password" tells it) or keys only (then only "Invalid user" or
 * "Connection closed by authenticating user" does).
 */
import { readPam } from "./pam";
import { type LogFormat, type ReaderOptions, type Reading, read, skip, unread } from "./reader";
import { type SignInFacts, signInEvent } from "./sign-in-event";
import { readSyslogLine, type SyslogLine } from "./syslog";

/** What is remembered of one sshd process: attempts told so far, and whether the next "Failed …" line repeats one of them. */
interface Connection {
  attempts: number;
  repeats: boolean;
}

/** Connections remembered; the oldest goes. A busy host under attack has hundreds open at once. */
const MEMORY = 4096;

type Teller = (parts: string[], connection: Connection) => SignInFacts | { skip: string };

const FROM = "(?:from|by) (\\S{1,255}) port (\\d{1,5})";
const attempt = (facts: Omit<SignInFacts, "action" | "outcome">): SignInFacts => ({ action: "user.login", outcome: "failure", ...facts });
const probe = (reason: string, from?: string, port?: string): SignInFacts => ({
  action: "connection.probe",
  outcome: "failure",
  reason,
  from,
  port,
});
const refused = (reason: string, from?: string, port?: string, user?: string): SignInFacts => ({
  action: "session.refused",
  outcome: "failure",
  reason,
  from,
  port,
  user,
});

/** A failure that a following "Failed …" line of the same process will repeat. */
function foretold(connection: Connection, facts: SignInFacts): SignInFacts {
  connection.attempts += 1;
  connection.repeats = true;
  return facts;
}

const failed: Teller = ([method = "", invalid, user, from, port], connection) => {
  if (connection.repeats) {
    connection.repeats = false;
    return { skip: "the same attempt as the line before it" };
  }
  if (method === "none") return { skip: "the client asked which methods are offered" };
  connection.attempts += 1;
  const reason = invalid ? "unknown_user" : method === "publickey" ? "bad_key" : "bad_password";
  return attempt({ reason, user, exists: invalid ? false : undefined, from, port, method });
};

/** The end of a connection that never signed in: an attempt of its own only when no line told one before (a server that takes keys only). */
const gaveUp: Teller = ([kind, user, from, port], connection) => {
  if (connection.attempts > 0) return { skip: "the end of a connection whose attempts are told already" };
  const invalid = kind === "invalid" || kind === "illegal";
  return attempt({ reason: invalid ? "unknown_user" : "gave_up", user, exists: invalid ? false : undefined, from, port });
};

/** Tried in order. User names are the client's own text, so they are matched greedily up to the last address of the line. */
const TELLERS: [RegExp, Teller][] = [
  [new RegExp(`^Failed (\\S{1,64}) for (invalid user |illegal user )?(.{0,1024}) ${FROM}(?: ssh\\d?)?(?:: .*)?$`, "s"), failed],
  [
    new RegExp(`^Accepted (\\S{1,64}) for (.{0,1024}) ${FROM}(?: ssh\\d?)?(?:: (\\S{1,32}) (\\S{1,128}).*)?$`, "s"),
    ([method, user, from, port, keyType, key]) => ({
      action: "user.login",
      outcome: "success",
      user,
      exists: true,
      from,
      port,
      method,
      credentialId: key,
      metadata: { key_type: keyType },
    }),
  ],
  [
    new RegExp(`^(?:Invalid|Illegal) user (.{0,1024}?) ?from (\\S{1,255})(?: port (\\d{1,5}))?$`, "s"),
    ([user, from, port], connection) => foretold(connection, attempt({ reason: "unknown_user", user, exists: false, from, port })),
  ],
  [
    /^User (.{1,1024}) from (\S{1,255}) not allowed because (.{1,200})$/s,
    ([user, from, why], connection) =>
      foretold(connection, attempt({ reason: "not_allowed", user, exists: true, from, metadata: { message: why } })),
  ],
  [
    new RegExp(`^ROOT LOGIN REFUSED ${FROM.replace("(?:from|by)", "FROM")}`),
    ([from, port], connection) => foretold(connection, attempt({ reason: "not_allowed", user: "root", from, port })),
  ],
  [
    /^(?:error: )?PAM: (?:Authentication failure|User not known to the underlying authentication module) for (illegal user |invalid user )?(.{0,1024}) from (\S{1,255})$/s,
    ([invalid, user, from], connection) => {
      if (connection.repeats) return { skip: "the same attempt as the line before it" };
      return foretold(
        connection,
        attempt({
          reason: invalid ? "unknown_user" : "bad_password",
          user,
          exists: invalid ? false : undefined,
          from,
          method: "keyboard-interactive/pam",
        }),
      );
    },
  ],
  [
    new RegExp(
      `^(?:error: )?(?:maximum authentication attempts exceeded|Too many authentication failures) for (?:invalid user |illegal user )?(.{0,1024}) ${FROM}`,
      "s",
    ),
    ([user, from, port]) => refused("too_many_attempts", from, port, user),
  ],
  [
    new RegExp(
      `^(?:Connection (?:closed|reset)|Disconnected|Disconnecting) (?:from|by) (authenticating|invalid|illegal) user (.{0,1024}) (\\S{1,255}) port (\\d{1,5})(?:: .*)?$`,
      "s",
    ),
    gaveUp,
  ],
  [
    /^(?:Disconnected from|Connection closed by) user (.{1,1024}) (\S{1,255}) port (\d{1,5})$/s,
    ([user, from, port]) => ({ action: "user.logout", outcome: "success", user, from, port }),
  ],
  [
    /^Disconnecting: Too many authentication failures for (.{1,1024})$/s,
    ([user]) => refused("too_many_attempts", undefined, undefined, user),
  ],
  [
    new RegExp(`^Disconnecting (.{0,1024}) ?(\\S{1,255}) port (\\d{1,5}): (?:Too many authentication failures|Change of username)`, "s"),
    ([user, from, port]) => refused("too_many_attempts", from, port, user?.replace(/^(authenticating|invalid) user /, "")),
  ],
  [/^Did not receive identification string from (\S{1,255})(?: port (\d{1,5}))?/, ([from, port]) => probe("no_identification", from, port)],
  [/^Bad protocol version identification '.*' from (\S{1,255})(?: port (\d{1,5}))?/s, ([from, port]) => probe("bad_protocol", from, port)],
  [
    /^(?:error: )?(?:banner exchange|kex_exchange_identification|ssh_dispatch_run_fatal|kex protocol error|Protocol major versions differ).{0,64}?(?:Connection from|for) (\S{1,255}) port (\d{1,5}): (.{0,200})/s,
    ([from, port]) => probe("bad_protocol", from, port),
  ],
  [/^(?:fatal: )?Unable to negotiate with (\S{1,255}) port (\d{1,5}): /, ([from, port]) => probe("no_common_algorithm", from, port)],
  [
    /^(?:fatal: )?Timeout before authentication for (?:connection from )?(\S{1,255})(?: port (\d{1,5})| to )/,
    ([from, port]) => probe("timeout", from?.replace(/,$/, ""), port),
  ],
  [/^(?:fatal: )?Read from socket failed: /, () => ({ skip: "a connection broke; the line names no client" })],
  [
    /^drop connection #\d{1,6} from \[?([\da-fA-F.:]{2,45})\]?:(\d{1,5}) on .{0,128}?(?:penalty: (.{1,64})|Maxstartups)/s,
    ([from, port, why]) => refused(why?.trim().replace(/\s+/g, "_") ?? "too_many_connections", from, port),
  ],
  [
    /^(?:reverse mapping checking getaddrinfo for|Address) .{1,512}(?:POSSIBLE BREAK-IN ATTEMPT|but this does not map back)/s,
    () => ({ skip: "reverse name of the client does not match; the attempt has its own line" }),
  ],
  [
    /^Received disconnect (?:from|by) \S{1,255}(?: port \d{1,5})?:(?: ?\d{1,3}:)? ?.{0,200}$/s,
    () => ({ skip: "the end of a connection; what it did has its own line" }),
  ],
  [
    /^(?:Connection (?:closed|reset)|Disconnected) (?:by|from) (?!UNKNOWN)(\S{1,255})(?: port (\d{1,5}))?$/,
    ([from, port], connection) =>
      connection.attempts > 0
        ? { skip: "the end of a connection whose attempts are told already" }
        : probe("left_before_sign_in", from, port),
  ],
  [
    /^(?:Connection from |Postponed |Starting session|Close session|Server listening|Received signal|Exiting on signal|Received SIGHUP|Transferred|User child|subsystem request|Received request|Accepted key|Found matching|Set \/|rexec|Authentication refused|Could not load host key|pam_|Connection closed by UNKNOWN|error: (?:kex_exchange|beginning|Received disconnect|Could not|Bind to)|kex_exchange|syslogin_perform_logout|srclimit|mm_|channel |debug\d|input_userauth_request: |fatal: (?:mm_|ssh_packet|userauth|Access denied|Write failed)|packet_write|Write failed|Nasty PTR|Authorized to|session opened)/,
    () => ({ skip: "sshd's housekeeping" }),
  ],
];

const UNAUTHENTICATED = / \[(?:preauth|postauth)\]$/;

function readSshd(line: SyslogLine, connection: Connection, options: ReaderOptions): Reading[] {
  const message = line.message.trim().replace(UNAUTHENTICATED, "");
  for (const [pattern, tell] of TELLERS) {
    const parts = pattern.exec(message);
    if (!parts) continue;
    if (parts[0].length > 4096) return unread("an sshd line of more than 4 KiB");
    const told = tell(parts.slice(1), connection);
    return "skip" in told ? skip(told.skip) : read(signInEvent(line, told, options));
  }
  return unread("sshd's wording is not known");
}

const REPEATED = /^message repeated (\d{1,5}) times: \[ ?(.*)\]$/s;

/** Lines folded by rsyslog count as often as they say, up to what one connection can do. */
const MOST_REPEATS = 1000;

function open(options: ReaderOptions): (text: string) => Reading[] {
  const connections = new Map<string, Connection>();
  const connectionOf = (line: SyslogLine): Connection => {
    const key = `${line.host} ${line.pid}`;
    const known = connections.get(key) ?? { attempts: 0, repeats: false };
    connections.delete(key); // to the end: the map's order is the order of use
    connections.set(key, known);
    const [oldest] = connections.size > MEMORY ? connections.keys() : [];
    if (oldest !== undefined) connections.delete(oldest);
    return known;
  };
  const readMessage = (line: SyslogLine): Reading[] => {
    if (line.pid === "1" || line.program === "systemd" || line.program === "kernel") return skip("not about signing in");
    const pam = readPam(line, options);
    if (pam) return pam;
    if (!/^sshd(-session|-auth)?$/.test(line.program)) return skip(`not about signing in: ${line.program.slice(0, 64)}`);
    return readSshd(line, connectionOf(line), options);
  };
  return (text) => {
    const line = readSyslogLine(text, options);
    if (!line) return unread("not a syslog line");
    if (line.occurredAt === undefined) return unread("the time stamp is no date");
    const repeated = REPEATED.exec(line.message);
    if (!repeated) return readMessage(line);
    const times = Math.min(Number(repeated[1]), MOST_REPEATS);
    const once = { ...line, message: (repeated[2] ?? "").trim() };
    return Array.from({ length: times }, () => readMessage(once)).flat();
  };
}

export const sshdFormat: LogFormat = {
  name: "sshd",
  title: "sshd, PAM, sudo and su in syslog files (auth.log, secure)",
  unit: "line",
  open,
};
