/** The organisation's own exits: who appears at one of them has not travelled, and is not one guesser with everybody else there. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { conflict, invalid, notFound } from "@/lib/errors";
import { problemsOf } from "@/lib/input";
import { EXITS_MOST, isCovered, OwnExit, readNetwork } from "@/lib/model/own-exit";
import type { Context } from "@/lib/model/user";
import { recordAudit } from "@/lib/store/audit";
import { inTransaction } from "@/lib/store/db";
import { listOwnExits, lockOwnExits, saveOwnExits } from "@/lib/store/own-exits";
import { requirePermission } from "./require-permission";

const Input = z.object({ name: OwnExit.shape.name, network: z.string().max(200) });

/** The exits of this installation, by name. */
export function readOwnExits(ctx: Context): Promise<OwnExit[]> {
  requirePermission(ctx, "event:read");
  return listOwnExits();
}

/** Adds an exit, or changes the one with that id. Detection knows it from its next turn on; alerts of before stay. */
export async function writeOwnExit(ctx: Context, input: { id: string | null; name: string; network: string }): Promise<void> {
  requirePermission(ctx, "settings:write");
  const { name, network } = readExit(input);
  await inTransaction(async (tx) => {
    const exits = await lockOwnExits(tx);
    const before = exits.find(({ id }) => id === input.id);
    if (input.id !== null && !before) throw notFound("This exit is gone.");
    const others = exits.filter((exit) => exit !== before);
    if (others.length >= EXITS_MOST) throw conflict(`There may be ${EXITS_MOST} exits. Write neighbouring ones as one network.`);
    assertNew(network, others);
    const id = before?.id ?? randomUUID();
    const made = before ?? { addedAt: ctx.now.toISOString(), addedBy: ctx.actor.name };
    await saveOwnExits(tx, [...others, { id, name, network, addedAt: made.addedAt, addedBy: made.addedBy }], {
      name: ctx.actor.name,
      now: ctx.now,
    });
    await recordAudit(tx, ctx, before ? "own_exit.update" : "own_exit.create", {
      target: { type: "own_exit", id },
      ...(before ? { before: { name: before.name, network: before.network } } : {}),
      after: { name, network },
    });
  });
}

/** Removes an exit: who appears there is judged like anybody else from the next turn on. */
export async function removeOwnExit(ctx: Context, input: { id: string }): Promise<void> {
  requirePermission(ctx, "settings:write");
  await inTransaction(async (tx) => {
    const exits = await lockOwnExits(tx);
    const before = exits.find(({ id }) => id === input.id);
    if (!before) throw notFound("This exit is gone.");
    await saveOwnExits(
      tx,
      exits.filter((exit) => exit !== before),
      { name: ctx.actor.name, now: ctx.now },
    );
    await recordAudit(tx, ctx, "own_exit.remove", {
      target: { type: "own_exit", id: input.id },
      before: { name: before.name, network: before.network },
    });
  });
}

/** Everything that is wrong, by field. */
function readExit(input: { name: string; network: string }): { name: string; network: string } {
  const parsed = Input.safeParse(input);
  const read = readNetwork(input.network.slice(0, 200));
  const problems = [
    ...(parsed.success ? [] : problemsOf(parsed.error)),
    ...("problem" in read ? [{ pointer: "/network", detail: read.problem }] : []),
  ];
  if (!parsed.success || "problem" in read) throw invalid("The exit is not complete.", problems);
  return { name: parsed.data.name, network: read.network };
}

function assertNew(network: string, others: readonly OwnExit[]): void {
  const [outer, inner] = [others.find((exit) => isCovered(network, exit.network)), others.find((exit) => isCovered(exit.network, network))];
  const detail = outer
    ? `${network} is inside ${outer.name} (${outer.network}) already.`
    : inner && `${network} takes in ${inner.name} (${inner.network}). Remove that one first.`;
  if (detail) throw invalid(detail, [{ pointer: "/network", detail }]);
}
