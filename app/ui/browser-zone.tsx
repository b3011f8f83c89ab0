"use client";
import { useRouter } from "next/navigation";
import { useEffect } from "react";

const COOKIE = "vedette-zone";
const YEAR_S = 365 * 86_400;

/** Tells the server the browser's time zone, once: until then times are written in UTC, and say so. */
export function BrowserZone() {
  const router = useRouter();
  useEffect(() => {
    if (document.cookie.includes(`${COOKIE}=`)) return;
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    document.cookie = `${COOKIE}=${zone}; path=/; max-age=${YEAR_S}; samesite=lax`;
    if (zone !== "UTC") router.refresh();
  }, [router]);
  return null;
}
