"use client";
import { useEffect, useState } from "react";
import { classifyPaste } from "@/lib/query/classify";
import type { Suggestion } from "./suggest";

const NONE: Suggestion[] = [];

/** Asks what a typed or pasted text is. Null while the answer is not here. A whole API key never leaves this page: only its SHA-256 does. */
export function useResolved(text: string): Suggestion[] | null {
  const [found, setFound] = useState<{ text: string; results: Suggestion[] }>({ text: "", results: NONE });
  useEffect(() => {
    if (text.trim() === "") return;
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      const body = classifyPaste(text)[0]?.kind === "secret" ? { keyHash: await sha256(text.trim()) } : { text };
      const answer = await fetch("/api/dashboard/resolve", { method: "POST", body: JSON.stringify(body), signal: stop.signal }).catch(
        () => null,
      );
      if (!answer?.ok) return;
      const { results } = (await answer.json()) as { results: (Suggestion & { known: boolean | null })[] }; // cast: our own route
      setFound({
        text,
        results: results.map(({ known, ...one }) => ({ ...one, kind: known === false ? `${one.kind}, never seen` : one.kind })),
      });
    }, 150); // typing on must not ask for every letter
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text]);
  return text.trim() === "" ? NONE : found.text === text ? found.results : null;
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
