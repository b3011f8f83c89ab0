"use client";
import { useCallback, useEffect, useRef, useState } from "react";
import type { EventSummary } from "@/lib/model/event-words";

const BUFFER = 1000; // rows kept; older ones are in the address' range anyway

/** What arrives while live: shown at once, or held back while `hold` is true. */
export interface Live {
  /** Shown above the page's own rows, newest first. */
  shown: EventSummary[];
  waiting: number;
  /** So much arrived that some was left out. */
  thinned: boolean;
  lost: boolean;
  resume: () => void;
}

const NOTHING: EventSummary[] = [];

/** Follows the stream behind `search` (the address of the page) while `on`. A new address starts anew, so that an old filter never shows through. */
export function useLive(on: boolean, { search, hold }: { search: string; hold: boolean }): Live {
  const [shown, setShown] = useState(NOTHING);
  const [held, setHeld] = useState(NOTHING);
  const [thinned, setThinned] = useState(false);
  const [lost, setLost] = useState(false);
  const holding = useRef(hold);
  useEffect(() => {
    holding.current = hold;
  }, [hold]);
  useEffect(() => {
    setShown(NOTHING);
    setHeld(NOTHING);
    setThinned(false);
    if (!on) return;
    const source = new EventSource(`/api/dashboard/events/live?${search}`);
    source.onopen = () => setLost(false);
    source.onerror = () => setLost(true);
    source.onmessage = (message: MessageEvent<string>) => {
      const { events, thinned: some } = JSON.parse(message.data) as { events: EventSummary[]; thinned: boolean }; // cast: our own route
      if (some) setThinned(true);
      const add = (before: EventSummary[]) => [...events, ...before].slice(0, BUFFER);
      if (holding.current) setHeld(add);
      else setShown(add);
    };
    return () => source.close();
  }, [on, search]);
  const resume = useCallback(() => {
    setShown((before) => [...held, ...before].slice(0, BUFFER));
    setHeld(NOTHING);
  }, [held]);
  useEffect(() => {
    if (!hold && held.length > 0) resume();
  }, [hold, held, resume]);
  return { shown, waiting: held.length, thinned, lost, resume };
}
