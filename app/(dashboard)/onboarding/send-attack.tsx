"use client";
import { useState, useTransition } from "react";
import { Button } from "@/app/ui/button";
import { attackMyself } from "./actions";

/** Sends the test attack. */
export function SendAttack({ again }: { again: boolean }) {
  const [busy, start] = useTransition();
  const [refused, setRefused] = useState<string>();
  const send = () =>
    start(async () => {
      const state = await attackMyself();
      setRefused(state.status === "failed" ? state.message : undefined);
    });
  return (
    <>
      <Button tone={again ? "plain" : "primary"} busy={busy} onClick={send}>
        {again ? "Send another" : "Send test attack"}
      </Button>
      {refused && <span role="alert">{refused}</span>}
    </>
  );
}
