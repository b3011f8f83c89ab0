/** Auth0 log events (tenant log schema): the type code says what happened and how it went. */
import { addressIn, clip, compact, instantOf, record, said, storable } from "@/lib/ingest/readers/text";
import { type ProtocolItem, unmapped } from "./protocol";

type Meaning = [action: string, outcome: "success" | "failure", reason?: string, exists?: boolean];

/** The codes that matter for sign-ins and accounts; others keep their code as `auth0.<code>`. */
const MEANINGS: Record<string, Meaning> = {
  s: ["user.login", "success"],
  ssa: ["user.login", "success", "silent"],
  f: ["user.login", "failure"],
  fp: ["user.login", "failure", "bad_password", true],
  fu: ["user.login", "failure", "unknown_user", false],
  fsa: ["user.login", "failure", "silent"],
  fco: ["user.login", "failure", "wrong_origin"],
  slo: ["user.logout", "success"],
  flo: ["user.logout", "failure"],
  ss: ["user.create", "success"],
  fs: ["user.create", "failure"],
  sdu: ["user.delete", "success"],
  scp: ["user.password.change", "success"],
  fcp: ["user.password.change", "failure"],
  scpr: ["user.password.reset_request", "success"],
  fcpr: ["user.password.reset_request", "failure"],
  sce: ["user.email.change", "success"],
  scu: ["user.name.change", "success"],
  seacft: ["token.issue", "success"],
  feacft: ["token.issue", "failure"],
  seccft: ["token.issue", "success"],
  feccft: ["token.issue", "failure"],
  sepft: ["user.login", "success"],
  fepft: ["user.login", "failure", "bad_password"],
  sertft: ["token.refresh", "success"],
  fertft: ["token.refresh", "failure"],
  ferrt: ["token.refresh", "failure", "token_reused"],
  limit_wc: ["user.lockout", "failure", "too_many_attempts"],
  limit_sul: ["user.lockout", "failure", "too_many_attempts"],
  limit_mu: ["source.block", "failure", "too_many_attempts"],
  pwd_leak: ["user.login", "failure", "breached_password"],
  signup_pwd_leak: ["user.create", "failure", "breached_password"],
  gd_auth_succeed: ["user.mfa", "success"],
  gd_auth_failed: ["user.mfa", "failure", "bad_code"],
  gd_auth_rejected: ["user.mfa", "failure", "rejected_by_user"],
  gd_send_pn: ["user.mfa.push", "success"],
  gd_otp_rate_limit_exceed: ["user.mfa", "failure", "too_many_attempts"],
  gd_enrollment_complete: ["user.mfa.enroll", "success"],
  gd_unenroll: ["user.mfa.remove", "success"],
  sapi: ["management.call", "success"],
  fapi: ["management.call", "failure"],
  api_limit: ["management.call", "failure", "rate_limited"],
};

/** The item of one record of a log stream (`{log_id, data}`) or of a bare log event. */
export function auth0Event(sent: unknown): ProtocolItem {
  const envelope = record(sent);
  const data = typeof envelope.data === "object" && envelope.data !== null ? record(envelope.data) : envelope;
  const code = said(data.type);
  if (code === undefined) return unmapped("No Auth0 log event: type is missing.", sent);
  const [action, outcome, reason, exists] = MEANINGS[code] ?? [`auth0.${code}`, code.startsWith("f") ? "failure" : "success"];
  const text = (value: unknown, limit: number) => clip(typeof value === "string" && value !== "" ? storable(value) : undefined, limit);
  const id = text(data.user_id, 256) ?? text(data.user_name, 256);
  const geo = record(data.location_info);
  const session = text(data.session_id, 4096) ?? text(record(data.details).session_id, 4096);
  return {
    value: compact({
      id: text(envelope.log_id ?? data.log_id ?? data._id, 256),
      occurred_at: instantOf(data.date),
      action: clip(action, 128),
      outcome,
      reason: reason ?? (outcome === "failure" ? text(data.description, 256) : undefined),
      service: text(data.client_name, 256) ?? "auth0",
      environment: text(data.environment_name, 256),
      actor: id === undefined ? undefined : compact({ type: "user", id, name: text(data.user_name, 256), exists }),
      session: session === undefined ? undefined : { id: session },
      credential: credentialOf(code, reason, text(data.strategy_type, 32)),
      source: compact({
        ip: addressIn(data.ip),
        user_agent: text(data.user_agent, 2048),
        geo: compact({
          country: text(geo.country_code, 2),
          city: text(geo.city_name, 256),
          lat: coordinate(geo.latitude),
          lon: coordinate(geo.longitude),
        }),
      }),
      metadata: compact({
        auth0_type: code,
        connection: text(data.connection, 256),
        hostname: text(data.hostname, 256),
        description: text(data.description, 2048),
        client_id: text(data.client_id, 256),
        audience: text(data.audience, 256),
      }),
    }),
  };
}

/** A sign-in is by password unless another provider vouched for the person. */
function credentialOf(code: string, reason: string | undefined, strategy: string | undefined) {
  if (/password/.test(reason ?? "")) return { type: "password" };
  if (code !== "s") return undefined;
  return strategy === "social" || strategy === "enterprise"
    ? { type: "oauth" }
    : strategy === "database"
      ? { type: "password" }
      : undefined;
}

/** Auth0 writes coordinates as text. */
function coordinate(value: unknown): number | undefined {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) && Math.abs(number) <= 180 ? number : undefined;
}
