/** Webhooks of identity providers and forges: Auth0 log streams, Okta event hooks, GitHub, and whatever an administrator maps himself. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { invalid, unauthenticated } from "@/lib/errors";
import { parseJson, record } from "@/lib/ingest/readers/text";
import { auth0Event } from "./auth0";
import { githubEvent } from "./github";
import { applyMapping, readMapping } from "./mapping";
import { oktaEvent } from "./okta";
import {
  acceptGroups,
  type Intake,
  type ItemOutcome,
  jsonResponse,
  linesIn,
  type ProtocolItem,
  type ProtocolRoute,
  presentedKey,
  recordCounter,
} from "./protocol";

const ROOT = "/api/webhooks";

export function webhookRoutes(intake: Intake): ProtocolRoute[] {
  const keyed =
    (itemsOf: (text: string, request: Request) => ProtocolItem[] | Promise<ProtocolItem[]>): ProtocolRoute["handler"] =>
    async (request, peer) => {
      const sender = await intake.admit(request, peer, presentedKey(request));
      const items = await itemsOf((await intake.readBody(request)).toString("utf8"), request);
      return answer(
        await acceptGroups(
          intake,
          sender,
          items.map((item) => [item]),
        ),
      );
    };
  return [
    { method: "POST", path: `${ROOT}/auth0`, handler: keyed((text) => recordsIn(text).map(auth0Event)) },
    { method: "GET", path: `${ROOT}/okta`, handler: oktaChallenge(intake) },
    { method: "POST", path: `${ROOT}/okta`, handler: keyed((text) => oktaEvents(text).map(oktaEvent)) },
    { method: "POST", path: `${ROOT}/github/{key}`, handler: github(intake) },
    {
      method: "POST",
      path: `${ROOT}/custom/{name}`,
      handler: keyed(async (text, request) => applyMapping(readMapping(await intake.webhookMapping(lastSegment(request))), jsonIn(text))),
    },
  ];
}

const lastSegment = (request: Request): string => new URL(request.url).pathname.split("/").at(-1) ?? "";

function jsonIn(text: string): unknown {
  const value = parseJson(text);
  if (value === undefined) throw invalid("The body is not JSON.");
  return value;
}

/** Auth0 sends an array, one object a line, or one object, as the stream is configured. */
function recordsIn(text: string): readonly unknown[] {
  const whole = parseJson(text);
  return whole === undefined ? linesIn(text).map(parseJson) : recordCounter()([whole].flat());
}

function oktaEvents(text: string): readonly unknown[] {
  const { events } = record(record(jsonIn(text)).data);
  if (!Array.isArray(events)) throw invalid("No Okta event hook: data.events is missing.");
  return recordCounter()(events);
}

/** Okta asks once, with the hook's own header, whether we want its events. */
function oktaChallenge(intake: Intake): ProtocolRoute["handler"] {
  return async (request, peer) => {
    await intake.admit(request, peer, presentedKey(request));
    const verification = request.headers.get("x-okta-verification-challenge");
    if (!verification) throw invalid("The header X-Okta-Verification-Challenge is missing.");
    return jsonResponse({ verification });
  };
}

/** GitHub proves itself by a signature over the body with the hook's secret; the address names the key that it writes for. */
function github(intake: Intake): ProtocolRoute["handler"] {
  return async (request, peer) => {
    const keyId = lastSegment(request);
    const body = await intake.readBody(request);
    if (!isSigned(body, intake.webhookSecret(keyId), request.headers.get("x-hub-signature-256")))
      throw unauthenticated("The signature is not that of this webhook's secret.");
    const sender = await intake.admitSigned(request, peer, keyId);
    const kind = request.headers.get("x-github-event") ?? "";
    if (kind === "ping") return jsonResponse({ accepted: 0, duplicates: 0, rejected: 0, results: [] });
    const form = /x-www-form-urlencoded/.test(request.headers.get("content-type") ?? "");
    const text = form ? (new URLSearchParams(body.toString("utf8")).get("payload") ?? "") : body.toString("utf8");
    const item = githubEvent(jsonIn(text), { kind, delivery: request.headers.get("x-github-delivery") ?? undefined });
    return answer(await intake.accept(sender, [item]));
  };
}

function isSigned(body: Buffer, secret: string, signature: string | null): boolean {
  const expected = Buffer.from(`sha256=${createHmac("sha256", secret).update(body).digest("hex")}`);
  const given = Buffer.from(signature ?? "");
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** 200 whenever something was understood: providers switch a hook off that answers errors. All refused is an error, so that it is noticed. */
function answer(outcomes: readonly ItemOutcome[]): Response {
  const count = (...statuses: ItemOutcome["status"][]) => outcomes.filter((one) => statuses.includes(one.status)).length;
  const rejected = count("rejected", "conflict");
  const body = {
    accepted: count("accepted"),
    duplicates: count("duplicate"),
    rejected,
    results: outcomes.map((one, index) => ({ index, ...one })),
  };
  return jsonResponse(body, rejected > 0 && rejected === outcomes.length ? 422 : 200);
}
