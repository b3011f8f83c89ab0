"use client";
import { useRouter } from "next/navigation";
import { useTransition } from "react";
import { Button } from "@/app/ui/button";
import { useToast } from "@/app/ui/toast";
import { incidentName } from "@/lib/model/incident";
import { acknowledge } from "../incidents/actions";

/** Acknowledges an incident and gives it to whoever presses. */
export function TakeButton({ number }: { number: number }) {
  const [pending, start] = useTransition();
  const router = useRouter();
  const toast = useToast();
  const take = () =>
    start(async () => {
      const state = await acknowledge(number);
      toast(state.status === "failed" ? state.message : `${incidentName(number)} is yours.`);
      router.refresh();
    });
  return (
    <Button size="s" busy={pending} onClick={take} aria-label={`Take ${incidentName(number)}`}>
      Take it
    </Button>
  );
}
