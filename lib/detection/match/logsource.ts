/** Which events a Sigma log source speaks of. */
import type { EventDocument } from "@/lib/model/event";
import type { Logsource } from "@/lib/detection/sigma/rule";

/** Does an event belong to a log source. */
export type LogsourceTest = (document: EventDocument) => boolean;

const SIGN_IN =
  /(^|[._-])(log[._-]?in|sign[._-]?in|log[._-]?on|auth|authenticate|authentication|authenticated|mfa|otp|password|token)([._-]|$)/i;

/** Is this a check of a credential: a sign-in, a second factor, a token? Read from the action, as all adapters name them. */
export const isSignIn = (document: EventDocument): boolean => SIGN_IN.test(document.action);

const categories: Readonly<Record<string, LogsourceTest>> = {
  api: () => true,
  application: () => true,
  authentication: isSignIn,
  webserver: (document) => document.http !== undefined && document.direction !== "outbound",
  proxy: (document) => document.http !== undefined && document.direction === "outbound",
  web: (document) => document.http !== undefined && document.direction !== "outbound",
};

/** Products and services that are no particular log: every event of this installation. */
const ours = new Set(["vedette", "api", "any"]);

/** Compiles a log source. Its parts are joined with and; an empty one speaks of every event. */
export function compileLogsource(logsource: Logsource): LogsourceTest {
  const parts: LogsourceTest[] = [];
  const { category, product, service } = logsource;
  const named = [product, service].filter((part): part is string => part !== undefined && !ours.has(part));
  if (named.length > 0) parts.push((document) => named.every((name) => speaksOf(document, name)));
  if (category !== undefined) parts.push(categories[category] ?? ((document) => speaksOf(document, category)));
  const [first, second] = parts;
  if (!first) return () => true;
  return second ? (document) => first(document) && second(document) : first;
}

/** The sender names its log in `service` or, when it ships many, in `metadata.logsource` (a text or Sigma's map). */
function speaksOf(document: EventDocument, name: string): boolean {
  const service = document.service?.toLowerCase();
  if (service !== undefined && (service === name || service.split(/[.:/_-]/).includes(name))) return true;
  const logsource = document.metadata?.logsource;
  if (typeof logsource === "string")
    return logsource
      .toLowerCase()
      .split(/[\s/:]+/)
      .includes(name);
  if (typeof logsource !== "object" || logsource === null) return false;
  return Object.values(logsource).some((value) => typeof value === "string" && value.toLowerCase() === name);
}

/** One word for each kind of log source that this installation can ever send; undefined for public ones that nobody may be sending. */
export const isOurCategory = (logsource: Logsource): boolean =>
  (logsource.category === undefined || logsource.category in categories) &&
  [logsource.product, logsource.service].every((part) => part === undefined || ours.has(part));
