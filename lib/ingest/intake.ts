/** The real way in for the adapters of foreign protocols: the same steps as the native one. */
import { z } from "zod";
import { AppError, notFound } from "@/lib/errors";
import type { Route } from "@/lib/http/route";
import { findSetting } from "@/lib/store/settings";
import { isDatabaseUp } from "@/lib/store/up";
import type { ItemResult } from "./accept-events";
import { callOf, taking } from "./call";
import { ingestHouse } from "./house";
import type { Intake, ItemOutcome, Sender } from "./protocols/protocol";
import { protocolRoutes } from "./protocols/routes";
import { mappingSetting, webhookSecretOf } from "./webhook-mappings";

/** What a sender is in here: the request it sent. */
interface CallSender extends Sender {
  readonly request: Request;
}

const intake: Intake = {
  admit: async (request, _peer, key): Promise<CallSender> => ({ keyId: (await callOf(request).admit(key)).id, request }),
  admitSigned: async (request, _peer, keyId): Promise<CallSender> => ({ keyId: (await callOf(request).admitSigned(keyId)).id, request }),
  readBody: (request) => callOf(request).readBody(),
  accept: async (sender, items) => {
    const { request } = sender as CallSender; // every sender comes from the two lines above
    const { limits } = await ingestHouse();
    if (items.length > limits.items) throw new AppError("too_large", `More than ${limits.items} events in one request.`);
    return (await callOf(request).accept(items)).map(outcomeOf);
  },
  webhookSecret: webhookSecretOf,
  webhookMapping: async (name) => {
    const yaml = await findSetting(mappingSetting(name), z.string());
    if (yaml === null) throw notFound(`There is no webhook mapping named ${name}.`);
    return yaml;
  },
  ready: isDatabaseUp,
  now: () => Date.now(),
};

function outcomeOf(result: ItemResult): ItemOutcome {
  const { id } = result;
  if (result.status === "rejected")
    return {
      id,
      status: "rejected",
      error: result.problems.map((problem) => `${problem.pointer || "event"}: ${problem.detail}`).join(" "),
    };
  if (result.status === "conflict") return { id, status: "conflict", error: `The id ${id} is taken by an event with another content.` };
  return { id, status: result.status };
}

/** The routes of all foreign protocols, ready to be mounted. */
export const foreignRoutes = (): Route[] => protocolRoutes(intake).map((route) => ({ ...route, handler: taking(route.handler) }));
