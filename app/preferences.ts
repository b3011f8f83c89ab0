import { cookies } from "next/headers";
import { isZone, type Zone } from "@/lib/model/format";

/** How a person likes to look at the product. Cookies carry it to the first byte of the page, so that nothing flashes. */
export interface Preferences {
  theme: "system" | "light" | "dark";
  density: "comfortable" | "compact";
  /** Undefined until the browser has said it once. */
  zone: Zone | undefined;
}

export const PREFERENCE_COOKIES = { theme: "vedette-theme", density: "vedette-density", zone: "vedette-zone" } as const;

/** Reads the preferences from the request; anything unknown counts as not set. */
export async function readPreferences(): Promise<Preferences> {
  const jar = await cookies();
  const theme = jar.get(PREFERENCE_COOKIES.theme)?.value;
  const zone = jar.get(PREFERENCE_COOKIES.zone)?.value;
  return {
    theme: theme === "light" || theme === "dark" ? theme : "system",
    density: jar.get(PREFERENCE_COOKIES.density)?.value === "compact" ? "compact" : "comfortable",
    zone: zone && isZone(zone) ? zone : undefined,
  };
}
