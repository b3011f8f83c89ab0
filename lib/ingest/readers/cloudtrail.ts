/** AWS CloudTrail: whole files (`{"Records":[…]}`) or one record a line, as exports and forwarders write them. The record stays whole in `metadata`. */
import type { EventInput } from "@/lib/model/event";
import { type LogFormat, type ReaderOptions, type Reading, unread } from "./reader";
import { addressIn, clip, compact, instantOf, linesOf, parseJson, record, said, storable } from "./text";

type Fields = Record<string, unknown>;

/** Readings of the records in a parsed CloudTrail text: a file's object, an array, or a single record. */
function readCloudTrail(value: unknown, options: ReaderOptions): Reading[] {
  const records = Array.isArray(record(value).Records) ? (record(value).Records as unknown[]) : [value].flat(); // as: checked in this expression
  return records.map((one) => {
    const fields = record(one);
    if (said(fields.eventName) === undefined || said(fields.eventSource) === undefined)
      return { kind: "unread", why: "no CloudTrail record: eventName or eventSource is missing" };
    return { kind: "event", event: cloudTrailEvent(fields, options) };
  });
}

function cloudTrailEvent(fields: Fields, options: ReaderOptions): EventInput {
  const identity = record(fields.userIdentity);
  const error = said(fields.errorCode);
  const consoleAnswer = said(record(fields.responseElements).ConsoleLogin);
  const failed = error !== undefined || consoleAnswer === "Failure";
  const service = (said(fields.eventSource) ?? "").replace(/\.amazonaws\.com$/, "");
  const name = said(fields.eventName) ?? "";
  const ip = addressIn(fields.sourceIPAddress);
  const text = (value: unknown, limit: number) => clip(typeof value === "string" && value !== "" ? storable(value) : undefined, limit);
  return compact({
    id: text(fields.eventID, 256),
    occurred_at: instantOf(fields.eventTime),
    action: name === "ConsoleLogin" ? "user.login" : clip(`aws.${service}.${name}`, 128),
    outcome: failed ? "failure" : "success",
    reason: text(error ?? (failed ? fields.errorMessage : undefined), 256),
    service: clip(options.service ?? "aws", 256),
    environment: clip(options.environment, 256),
    actor: compact({
      type: text(identity.type, 256),
      id: text(identity.arn ?? identity.principalId ?? identity.invokedBy ?? identity.accountId, 256),
      name: text(identity.userName ?? record(record(identity.sessionContext).sessionIssuer).userName, 256),
    }),
    credential: credentialOf(fields, identity, name),
    source: compact({ ip, user_agent: text(fields.userAgent, 2048) }),
    targets: targetsOf(fields),
    metadata: fields as EventInput["metadata"], // as: parsed JSON
  } satisfies EventInput as EventInput) as EventInput; // as: action is always there
}

function credentialOf(fields: Fields, identity: Fields, name: string): EventInput["credential"] {
  const key = said(identity.accessKeyId);
  const mfa = said(record(record(identity.sessionContext).attributes).mfaAuthenticated) ?? said(record(fields.additionalEventData).MFAUsed);
  return compact({
    type:
      name === "ConsoleLogin"
        ? ("password" as const)
        : key?.startsWith("AKIA")
          ? ("api_key" as const)
          : key
            ? ("session" as const)
            : undefined,
    id: clip(key, 256),
    mfa: mfa === undefined ? undefined : mfa === "true" || mfa === "Yes",
  });
}

function targetsOf(fields: Fields): EventInput["targets"] {
  if (!Array.isArray(fields.resources)) return undefined;
  const targets = fields.resources
    .slice(0, 100)
    .map((one) => compact({ type: clip(said(record(one).type), 256), id: clip(said(record(one).ARN), 256) }));
  const known = targets.filter((target) => target !== undefined);
  return known.length === 0 ? undefined : known;
}

function open(options: ReaderOptions): (text: string) => Reading[] {
  return (text) => {
    const whole = parseJson(text);
    if (whole !== undefined) return readCloudTrail(whole, options);
    const lines = [...linesOf(text)];
    if (lines.length < 2) return unread("not JSON");
    return lines.flatMap((line) => {
      const value = parseJson(line);
      return value === undefined ? unread("not JSON") : readCloudTrail(value, options);
    });
  };
}

export const cloudTrailFormat: LogFormat = {
  name: "cloudtrail",
  title: 'AWS CloudTrail files, {"Records": […]} or one record a line',
  unit: "document",
  open,
};
