/** The organisation's own exits, one setting: few, always read together, and part of the revision that workers watch. */
import { z } from "zod";
import { OwnExit } from "@/lib/model/own-exit";
import type { Tx } from "./db";
import { OWN_EXITS } from "./rules";
import { findSetting, lockSetting, saveSetting } from "./settings";

const Exits = z.array(OwnExit);

/** All exits, by name. */
export const listOwnExits = async (): Promise<OwnExit[]> => (await findSetting(OWN_EXITS, Exits)) ?? [];

/** The same for a change in this transaction: nobody else changes them until its end. */
export const lockOwnExits = async (tx: Tx): Promise<OwnExit[]> => (await lockSetting(tx, OWN_EXITS, Exits)) ?? [];

/** Sets all exits. */
export async function saveOwnExits(tx: Tx, exits: readonly OwnExit[], by: { name: string; now: Date }): Promise<void> {
  const sorted = exits.toSorted((a, b) => a.name.localeCompare(b.name) || (a.network < b.network ? -1 : 1));
  await saveSetting(tx, { name: OWN_EXITS, value: sorted, by: by.name, at: by.now });
}
