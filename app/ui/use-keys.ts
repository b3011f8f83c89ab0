"use client";
import { useEffect, useLayoutEffect, useRef } from "react";

const OFF = "vedette-keys-off";

/** Whether single keys do something; off for those whose speech or hands press keys by accident (WCAG 2.1.4). */
export const keysAreOn = (): boolean => typeof localStorage === "undefined" || localStorage.getItem(OFF) === null;

/** Switches single keys for this browser. */
export function switchKeys(on: boolean): void {
  if (on) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "1");
}

/**
 * Calls the function of a single key, by `KeyboardEvent.key`. Never while typing, in a menu or in a dialog, nor with Ctrl, Alt or Cmd.
 * `<html data-keys>` says that the keys are heard.
 */
export function useKeys(keys: Record<string, (event: KeyboardEvent) => void>): void {
  const latest = useRef(keys);
  useLayoutEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.target instanceof Element ? event.target : null;
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (target?.closest("input, textarea, select, [contenteditable], [role=menu], [role=dialog], [role=listbox]")) return;
      const act = Object.hasOwn(latest.current, event.key) ? latest.current[event.key] : undefined;
      if (!act || (event.key.length === 1 && !keysAreOn())) return;
      // Enter on a link or a button is theirs
      if (event.key === "Enter" && target?.closest("a, button, [tabindex='0']")) return;
      act(event);
    };
    document.addEventListener("keydown", onKey);
    document.documentElement.dataset.keys = "";
    return () => {
      document.removeEventListener("keydown", onKey);
      delete document.documentElement.dataset.keys;
    };
  }, []);
}
