"use server";
import { cookies } from "next/headers";
import { updatePreferences } from "@/lib/access/account";
import { PREFERENCE_COOKIES } from "./preferences";
import { currentContext } from "./session";

const YEAR_S = 365 * 86_400;

/** Remembers theme, density or zone for this person, and in this browser for the first byte of the next page. */
export async function savePreference(input: {
  theme?: "system" | "light" | "dark";
  density?: "comfortable" | "compact";
  timeZone?: string;
}): Promise<void> {
  const ctx = await currentContext();
  await updatePreferences(ctx, input);
  const jar = await cookies();
  const named = {
    [PREFERENCE_COOKIES.theme]: input.theme,
    [PREFERENCE_COOKIES.density]: input.density,
    [PREFERENCE_COOKIES.zone]: input.timeZone,
  };
  for (const [name, value] of Object.entries(named)) if (value) jar.set(name, value, { path: "/", maxAge: YEAR_S, sameSite: "lax" });
}
