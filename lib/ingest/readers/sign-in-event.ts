/** The event of a sign-in or another act at a machine's door, as sshd, PAM, sudo and su tell it. */
import type { EventInput } from "@/lib/model/event";
import type { ReaderOptions } from "./reader";
import type { SyslogLine } from "./syslog";
import { addressIn, clip, compact, portNumber, storable } from "./text";

export interface SignInFacts {
  action: string;
  outcome: "success" | "failure" | "unknown";
  reason?: string | undefined;
  user?: string | undefined;
  /** false when the log says that there is no such account. */
  exists?: boolean | undefined;
  from?: string | undefined;
  port?: string | undefined;
  /** `password`, `publickey`, `keyboard-interactive/pam` … */
  method?: string | undefined;
  credentialId?: string | undefined;
  service?: string | undefined;
  target?: { type: string; name: string } | undefined;
  metadata?: Record<string, string | undefined>;
}

/** Builds the event; the host that wrote the line is `destination.host`. */
export function signInEvent(line: SyslogLine, facts: SignInFacts, options: ReaderOptions): EventInput {
  const ip = addressIn(facts.from);
  const user = facts.user === undefined ? undefined : clip(storable(facts.user), 256);
  const typed = facts.method !== undefined && /password|keyboard-interactive/.test(facts.method);
  return compact({
    occurred_at: line.occurredAt,
    action: facts.action,
    outcome: facts.outcome,
    reason: facts.reason,
    service: clip(options.service ?? facts.service ?? "sshd", 256),
    environment: clip(options.environment, 256),
    actor: user ? compact({ type: "user", id: user, exists: facts.exists }) : undefined,
    credential: compact({ type: typed ? ("password" as const) : undefined, id: clip(facts.credentialId, 256) }),
    source: compact({ ip, port: ip ? portNumber(facts.port) : undefined }),
    destination: { host: clip(storable(line.host), 256) },
    targets: facts.target ? [{ type: facts.target.type, name: clip(storable(facts.target.name), 256) }] : undefined,
    metadata: compact({
      auth_method: facts.method,
      client: ip || !facts.from ? undefined : clip(storable(facts.from), 256),
      ...facts.metadata,
    }) as EventInput["metadata"], // as: strings only
  } satisfies EventInput as EventInput) as EventInput; // as: action is always there
}
