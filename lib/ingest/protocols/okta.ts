/** Okta system log events, as event hooks and log streams carry them. */
import { addressIn, clip, compact, instantOf, record, said, storable, wholeNumber } from "@/lib/ingest/readers/text";
import { type ProtocolItem, unmapped } from "./protocol";

/** Okta's names for what our rules know by another. Others stay as they are: they are dotted already. */
const ACTIONS: Record<string, string> = {
  "user.session.start": "user.login",
  "user.authentication.authenticate": "user.login",
  "user.authentication.sso": "user.sso",
  "user.session.end": "user.logout",
  "user.authentication.auth_via_mfa": "user.mfa",
  "user.mfa.okta_verify.deny_push": "user.mfa",
  "user.mfa.factor.activate": "user.mfa.enroll",
  "user.mfa.factor.deactivate": "user.mfa.remove",
  "user.account.lock": "user.lockout",
  "user.account.update_password": "user.password.change",
  "user.account.privilege.grant": "role.grant",
  "user.account.privilege.revoke": "role.revoke",
  "system.api_token.create": "key.create",
  "system.api_token.revoke": "key.revoke",
};

const OUTCOMES: Record<string, "success" | "failure" | "unknown"> = {
  SUCCESS: "success",
  ALLOW: "success",
  FAILURE: "failure",
  DENY: "failure",
  UNANSWERED: "failure",
  RATE_LIMIT: "failure",
};

const REASONS: Record<string, string> = {
  INVALID_CREDENTIALS: "bad_password",
  VERIFICATION_ERROR: "bad_password",
  LOCKED_OUT: "locked_out",
  PASSWORD_EXPIRED: "password_expired",
};

/** The item of one log event. */
export function oktaEvent(sent: unknown): ProtocolItem {
  const log = record(sent);
  const type = said(log.eventType);
  if (type === undefined) return unmapped("No Okta log event: eventType is missing.", sent);
  const [actor, client, outcome, security] = [record(log.actor), record(log.client), record(log.outcome), record(log.securityContext)];
  const reason = said(outcome.reason);
  const text = (value: unknown, limit: number) =>
    clip(typeof value === "string" && value !== "" && value !== "unknown" ? storable(value) : undefined, limit);
  const session = text(record(log.authenticationContext).externalSessionId, 4096);
  const id = text(actor.id, 256) ?? text(actor.alternateId, 256);
  return {
    value: compact({
      id: text(log.uuid, 256),
      occurred_at: instantOf(log.published),
      action: clip(ACTIONS[type] ?? type, 128),
      outcome: OUTCOMES[said(outcome.result) ?? ""] ?? "unknown",
      reason: clip(REASONS[reason ?? ""] ?? reason, 256),
      service: "okta",
      actor:
        id === undefined
          ? undefined
          : compact({
              type: text(actor.type, 256)?.toLowerCase(),
              id,
              name: text(actor.displayName, 256),
              email: /@/.test(String(actor.alternateId)) ? text(actor.alternateId, 320) : undefined,
            }),
      session: session === undefined ? undefined : { id: session },
      credential: compact({
        type: /PASSWORD/i.test(String(record(log.authenticationContext).credentialType)) ? ("password" as const) : undefined,
      }),
      source: compact({
        ip: addressIn(client.ipAddress),
        user_agent: text(record(client.userAgent).rawUserAgent, 2048),
        geo: placeOf(client, security),
      }),
      targets: targetsOf(log.target),
      metadata: compact({
        okta_type: type,
        message: text(log.displayMessage, 2048),
        severity: text(log.severity, 32),
        transaction: text(record(log.transaction).id, 256),
        is_proxy: typeof security.isProxy === "boolean" ? security.isProxy : undefined,
        debug: record(log.debugContext).debugData,
      }),
    }),
  };
}

function placeOf(client: Record<string, unknown>, security: Record<string, unknown>) {
  const area = record(client.geographicalContext);
  const point = record(area.geolocation);
  const degrees = (value: unknown) => (typeof value === "number" && Math.abs(value) <= 180 ? value : undefined);
  // Okta names countries in words; ours is the two-letter code that the address gives, so only the rest is taken
  return compact({
    city: clip(said(area.city), 256),
    lat: degrees(point.lat),
    lon: degrees(point.lon),
    asn: wholeNumber(security.asNumber),
    as_org: clip(said(security.asOrg), 256),
  });
}

function targetsOf(targets: unknown) {
  if (!Array.isArray(targets)) return undefined;
  const known = targets.slice(0, 100).map((one) => {
    const { type, id, displayName, alternateId } = record(one);
    return compact({ type: clip(said(type), 256), id: clip(said(id), 256), name: clip(said(displayName) ?? said(alternateId), 256) });
  });
  return known.filter((one) => one !== undefined);
}
