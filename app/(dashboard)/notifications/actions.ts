"use server";
import { revalidatePath } from "next/cache";
import { z } from "zod";
import { attempt, type FormState } from "@/app/attempt";
import { currentContext } from "@/app/session";
import { addWebhook, changeWebhook, chooseDigest, deleteRoute, resendMessage, testRoute, wantMails, writeRoute } from "@/lib/notify/manage";
import { deleteGroup, writeGroup } from "@/lib/notify/manage-groups";
import { decidePersonMail, sendPersonExample } from "@/lib/notify/person-setting";
import { previewRoute, type RoutePreview } from "@/lib/notify/preview";

type Context = Awaited<ReturnType<typeof currentContext>>;

async function done<T>(work: (ctx: Context) => Promise<T>): Promise<FormState<T>> {
  const ctx = await currentContext();
  const state = await attempt(() => work(ctx));
  revalidatePath("/notifications");
  return state;
}

const Id = z.uuid();

export async function saveRouteAction(id: string | null, route: unknown): Promise<FormState<string>> {
  return done((ctx) => writeRoute(ctx, { id: id === null ? null : Id.parse(id), route }));
}

export async function removeRouteAction(id: string): Promise<FormState<null>> {
  return done((ctx) => deleteRoute(ctx, { id: Id.parse(id) }).then(() => null));
}

export async function testRouteAction(id: string, to: "me" | "everybody"): Promise<FormState<number>> {
  return done((ctx) => testRoute(ctx, { id: Id.parse(id), to: z.enum(["me", "everybody"]).parse(to) }));
}

export async function saveGroupAction(id: string | null, group: unknown): Promise<FormState<string>> {
  return done((ctx) => writeGroup(ctx, { id: id === null ? null : Id.parse(id), group }));
}

export async function removeGroupAction(id: string): Promise<FormState<null>> {
  return done((ctx) => deleteGroup(ctx, { id: Id.parse(id) }).then(() => null));
}

export async function decidePersonMailAction(setting: unknown): Promise<FormState<null>> {
  return done((ctx) => decidePersonMail(ctx, setting).then(() => null));
}

export async function sendPersonExampleAction(): Promise<FormState<null>> {
  return done((ctx) => sendPersonExample(ctx).then(() => null));
}

/** Changes nothing: asked for again with every key in the form. */
export async function previewRouteAction(route: unknown): Promise<FormState<RoutePreview>> {
  const ctx = await currentContext();
  return attempt(() => previewRoute(ctx, { route }));
}

export async function resendAction(id: number): Promise<FormState<null>> {
  return done((ctx) => resendMessage(ctx, { id: z.number().int().parse(id) }).then(() => null));
}

export async function addWebhookAction(
  _: FormState<{ secret: string | null }>,
  form: FormData,
): Promise<FormState<{ secret: string | null }>> {
  return done((ctx) => addWebhook(ctx, Object.fromEntries(form)).then(({ secret }) => ({ secret })));
}

export async function changeWebhookAction(id: string, to: "on" | "removed"): Promise<FormState<null>> {
  return done((ctx) => changeWebhook(ctx, { id: Id.parse(id), to: z.enum(["on", "removed"]).parse(to) }).then(() => null));
}

export async function chooseDigestAction(_: FormState<null>, form: FormData): Promise<FormState<null>> {
  return done((ctx) =>
    chooseDigest(ctx, { kind: form.get("kind"), hour: Number(form.get("hour")), weekday: Number(form.get("weekday")) }).then(() => null),
  );
}

export async function wantMailsAction(kind: string): Promise<FormState<null>> {
  return done((ctx) => wantMails(ctx, { kind }).then(() => null));
}
