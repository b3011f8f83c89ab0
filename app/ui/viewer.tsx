"use client";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";

interface Viewer {
  /** IANA zone in which this person reads times. */
  zone: string;
  /** The server's clock at render, ms: the first paint in the browser says the same as the HTML. */
  now: number;
}

const ViewerContext = createContext<Viewer>({ zone: "UTC", now: 0 });

/** Gives every `Time` and chart below the reader's zone and the moment of rendering. */
export function ViewerProvider({ zone, now, children }: Viewer & { children: ReactNode }) {
  return <ViewerContext value={{ zone, now }}>{children}</ViewerContext>;
}

export const useViewer = (): Viewer => useContext(ViewerContext);

/** The moment of rendering, then the clock, once every `everyMs`. */
export function useNow(everyMs = 15_000): number {
  const { now: rendered } = useViewer();
  const [now, setNow] = useState(rendered);
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
