/** Values of the placeholders of Sigma rules, one setting: always read together, and part of the revision that workers watch. */
import { PlaceholderValues } from "@/lib/model/placeholder";
import type { Tx } from "./db";
import { PLACEHOLDERS } from "./rules";
import { findSetting, lockSetting, saveSetting } from "./settings";

/** All values, by name. */
export const findPlaceholders = async (): Promise<PlaceholderValues> => (await findSetting(PLACEHOLDERS, PlaceholderValues)) ?? {};

/** The same for a change in this transaction: nobody else changes them until its end. */
export const lockPlaceholders = async (tx: Tx): Promise<PlaceholderValues> =>
  (await lockSetting(tx, PLACEHOLDERS, PlaceholderValues)) ?? {};

/** Sets all values. */
export const savePlaceholders = (tx: Tx, values: PlaceholderValues, by: { name: string; now: Date }): Promise<void> =>
  saveSetting(tx, { name: PLACEHOLDERS, value: values, by: by.name, at: by.now });
