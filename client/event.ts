/** The event as the client sends it. The installation's reference (/docs) says what each field means and how long it may be. */

/** Who did it. `exists: false` on a failed sign-in says that there is no such account. */
export interface Actor {
  type?: string;
  id?: string;
  name?: string;
  email?: string;
  role?: string;
  exists?: boolean;
}

/** What the actor proved itself with. */
export interface Credential {
  type?: "password" | "api_key" | "oauth" | "session" | "mtls" | "none";
  id?: string;
  scopes?: string[];
  mfa?: boolean;
}

/** Something that happened. Only `action` is required; `id` and `occurred_at` are filled in when it is recorded. */
export interface VedetteEvent {
  id?: string;
  occurred_at?: string;
  action: string;
  outcome?: "success" | "failure" | "unknown";
  reason?: string;
  direction?: "inbound" | "outbound";
  service?: string;
  environment?: string;
  actor?: Actor;
  /** Only a keyed hash of it is ever stored. */
  session?: { id: string };
  credential?: Credential;
  source?: { ip?: string; port?: number; user_agent?: string; language?: string; device_id?: string; ja4?: string };
  destination?: { host?: string; ip?: string; port?: number };
  targets?: { type?: string; id?: string; name?: string }[];
  http?: {
    method?: string;
    host?: string;
    path?: string;
    route?: string;
    query?: string;
    status?: number;
    request_bytes?: number;
    response_bytes?: number;
    duration_ms?: number;
    referrer?: string;
    headers?: Record<string, string>;
    body?: string;
  };
  metadata?: Record<string, string | number | boolean | null>;
}
