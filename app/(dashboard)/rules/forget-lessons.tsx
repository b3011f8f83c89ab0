"use client";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { Button } from "@/app/ui/button";
import { forgetLessons } from "./actions";

/** Takes the session detector's points back to those it came with. */
export function ForgetLessons() {
  const router = useRouter();
  const [busy, start] = useTransition();
  const [failure, setFailure] = useState("");
  const forget = () =>
    start(async () => {
      const state = await forgetLessons();
      setFailure(state.status === "failed" ? state.message : "");
      router.refresh();
    });
  return (
    <>
      <Button size="s" busy={busy} onClick={forget}>
        Reset
      </Button>
      {failure && <span role="alert">{failure}</span>}
    </>
  );
}
