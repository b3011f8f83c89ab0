"use client";
import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "./button";

/** Puts `text` on the clipboard and says so on itself. `what` completes the name: "Copy app.js". */
export function CopyButton({ text, what, label = "Copy" }: { text: string; what: string; label?: string }) {
  const [state, setState] = useState<"idle" | "done" | "failed">("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), 2000); // long enough to read, short enough to copy again
    return () => clearTimeout(timer);
  }, [state]);
  const copy = async () => {
    // the clipboard is missing on plain http, except on localhost
    const done = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    setState(done ? "done" : "failed");
  };
  return (
    <Button size="s" tone="quiet" onClick={copy} aria-label={state === "idle" ? `${label} ${what}` : undefined}>
      {state === "done" ? <Check aria-hidden /> : <Copy aria-hidden />}
      <span aria-live="polite">{state === "done" ? "Copied" : state === "failed" ? "Select and copy by hand" : label}</span>
    </Button>
  );
}
