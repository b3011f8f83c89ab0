"use client";
import { useRouter } from "next/navigation";
import { startTransition } from "react";
import { Button } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { ErrorState } from "@/app/ui/states";

/** A page that failed: what to do, and the id under which the log of the web process has the cause. */
export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  const router = useRouter();
  const again = () =>
    startTransition(() => {
      router.refresh();
      reset();
    });
  return (
    <Card>
      <ErrorState title="This page could not be loaded." reference={error.digest} action={<Button onClick={again}>Try again</Button>}>
        Nothing was lost: events are taken in and looked at whether or not this page works. The log of the web process has the cause.
      </ErrorState>
    </Card>
  );
}
