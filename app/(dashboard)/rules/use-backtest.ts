"use client";
import { useEffect, useState } from "react";
import type { Backtest } from "@/lib/model/backtest";

const ASK_EVERY_MS = 800;

/** Does it wait or run? */
export const isOpen = (backtest: Backtest | null): boolean => backtest?.state === "waiting" || backtest?.state === "running";

/** Asks how far a running backtest has come; a lost answer is simply asked for again. */
export function useBacktest(initial: Backtest | null) {
  const [backtest, setBacktest] = useState(initial);
  useEffect(() => {
    if (!backtest || !isOpen(backtest)) return;
    const timer = setTimeout(async () => {
      const answer = await fetch(`/api/dashboard/backtest?id=${backtest.id}`).catch(() => null);
      setBacktest(answer?.ok ? ((await answer.json()) as Backtest) : { ...backtest }); // cast: our own route's answer
    }, ASK_EVERY_MS);
    return () => clearTimeout(timer);
  }, [backtest]);
  return [backtest, setBacktest] as const;
}
