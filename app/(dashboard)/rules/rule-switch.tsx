"use client";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { Button } from "@/app/ui/button";
import { switchRule } from "./actions";

/** Switches a rule on or off, and says what happened when it did not. */
export function RuleSwitch({ id, enabled, title }: { id: string; enabled: boolean; title: string }) {
  const router = useRouter();
  const [busy, start] = useTransition();
  const [failure, setFailure] = useState("");
  const change = () =>
    start(async () => {
      const state = await switchRule(id, !enabled);
      setFailure(state.status === "failed" ? state.message : "");
      router.refresh();
    });
  return (
    <>
      <Button size="s" busy={busy} onClick={change} aria-label={`Switch ${enabled ? "off" : "on"}: ${title}`}>
        {enabled ? "Switch off" : "Switch on"}
      </Button>
      {failure && <span role="alert">{failure}</span>}
    </>
  );
}
