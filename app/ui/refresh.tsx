"use client";
import { useRouter } from "next/navigation";
import { useEffect } from "react";

/** Reads the page again every so often while somebody looks at it. Draws nothing. */
export function Refresh({ everyMs }: { everyMs: number }) {
  const router = useRouter();
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && router.refresh(), everyMs);
    return () => clearInterval(timer);
  }, [router, everyMs]);
  return null;
}
