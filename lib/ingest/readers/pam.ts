/** PAM, sudo and su lines of any program. sshd's own PAM lines repeat what sshd says itself and are skipped. */
import { type ReaderOptions, type Reading, read, skip } from "./reader";
import { type SignInFacts, signInEvent } from "./sign-in-event";
import type { SyslogLine } from "./syslog";

const PAM = /^(?:\(?pam_[a-z_0-9]{1,32}\)?)\(([^:)]{1,64}):([a-z-]{1,32})\): (.*)$/s;
/** How syslog names the program of PAM before 0.99 (2005): then the module's line is the only one in its file. */
const OLD_PAM = /^([\w.-]{1,64})\(pam_[a-z_0-9]{1,32}\)$/;
const FAILURE = /^(?:\d{1,4} more )?authentication failures?; /;
const SUDO =
  /^ {0,8}(\S{1,256}) : (.{0,256}?)TTY=(\S{1,64}) ?; PWD=(.{0,1024}?) ?; USER=(\S{1,256}) ?;(?: (?:ENV|GROUP|TSID)=[^;]{0,1024};){0,4} COMMAND=(.*)$/s;
const SU = /^(?:(FAILED SU|Successful su|\(to) ?\(?(?:to |for )?)([^\s)]{1,256})\)? (?:by )?(\S{1,256}) on (\S{1,64})/;

/** The readings of a PAM, sudo or su message; undefined when the message is none of them. */
export function readPam(line: SyslogLine, options: ReaderOptions): Reading[] | undefined {
  const pam = PAM.exec(line.message);
  if (pam) return readModule(line, { service: pam[1] ?? "", stage: pam[2] ?? "", text: pam[3] ?? "" }, options);
  const old = OLD_PAM.exec(line.program);
  if (old)
    return FAILURE.test(line.message)
      ? readFailure(line, { service: old[1] ?? "", text: line.message }, options)
      : skip("PAM's housekeeping");
  if (/^PAM \d{1,4} more authentication failures?;/.test(line.message)) return skip("a sum of failures that have their own lines");
  if (/^(?:error: )?PAM service\(sshd\) ignoring max retries/.test(line.message))
    return skip("a sum of failures that have their own lines");
  if (line.program === "sudo") return readSudo(line, options);
  if (line.program === "su" || line.program === "su-l") return readSu(line, options);
  return undefined;
}

function readModule(line: SyslogLine, pam: { service: string; stage: string; text: string }, options: ReaderOptions): Reading[] {
  if (pam.service === "sshd") return skip("sshd says the same in a line of its own");
  if (pam.stage !== "auth" || !FAILURE.test(pam.text)) return skip("PAM's housekeeping");
  return readFailure(line, pam, options);
}

function readFailure(line: SyslogLine, pam: { service: string; text: string }, options: ReaderOptions): Reading[] {
  const named = namedValues(pam.text);
  const facts: SignInFacts = {
    action: pam.service === "sudo" || pam.service.startsWith("su") ? "user.elevate" : "user.login",
    outcome: "failure",
    reason: "bad_password",
    user: named.get("user") || named.get("ruser") || named.get("logname"),
    from: named.get("rhost") || undefined,
    method: "password",
    service: pam.service,
  };
  return read(signInEvent(line, facts, options));
}

/** `logname= uid=0 tty=ssh ruser= rhost=203.0.113.7  user=root`: the first mention of each name counts, as later ones may be the client's. */
function namedValues(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const word of text.split(" ").slice(0, 32)) {
    const mark = word.indexOf("=");
    const name = word.slice(0, mark);
    if (mark > 0 && !found.has(name)) found.set(name, word.slice(mark + 1));
  }
  return found;
}

function readSudo(line: SyslogLine, options: ReaderOptions): Reading[] {
  const parts = SUDO.exec(line.message);
  if (!parts) return skip("sudo's housekeeping");
  const [, user, complaint = "", terminal, directory, role, command = ""] = parts;
  const why = complaint.replace(/ ?; ?$/, "");
  const facts: SignInFacts = {
    action: "user.elevate",
    outcome: why === "" ? "success" : "failure",
    reason: why === "" ? undefined : /password/.test(why) ? "bad_password" : "not_allowed",
    user,
    service: "sudo",
    target: { type: "user", name: role ?? "root" },
    metadata: { command: command.slice(0, 2048), terminal, directory, message: why || undefined },
  };
  return read(signInEvent(line, facts, options));
}

function readSu(line: SyslogLine, options: ReaderOptions): Reading[] {
  const parts = SU.exec(line.message);
  if (!parts) return skip("su's housekeeping");
  const [, kind, role = "root", user, terminal] = parts;
  const ok = kind !== "FAILED SU";
  const facts: SignInFacts = {
    action: "user.elevate",
    outcome: ok ? "success" : "failure",
    reason: ok ? undefined : "bad_password",
    user,
    service: "su",
    target: { type: "user", name: role },
    metadata: { terminal },
  };
  return read(signInEvent(line, facts, options));
}
