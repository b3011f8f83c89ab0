"use client";
import { useRouter } from "next/navigation";
import { startTransition, useEffect } from "react";
import { DATABASE_AWAY } from "./database-away";
import { Button } from "./ui/button";
import { ErrorState } from "./ui/states";

/** What an error boundary gets. */
export interface Failed {
  error: Error & { digest?: string };
  reset: () => void;
}

/** A page that failed: what to do, and the id under which the log of the web process has the cause. Without a database it comes back by itself. */
export function Failure({ error, reset }: Failed) {
  const router = useRouter();
  const again = () =>
    startTransition(() => {
      router.refresh();
      reset();
    });
  const away = error.digest === DATABASE_AWAY;
  useEffect(() => {
    if (!away) return;
    const timer = setTimeout(again, 5000);
    return () => clearTimeout(timer);
  });
  if (away)
    return (
      <ErrorState title="The database is out of reach." action={<Button onClick={again}>Try again</Button>}>
        Senders are asked to come back, and nothing that was taken in is lost. This page looks again every five seconds.
      </ErrorState>
    );
  return (
    <ErrorState title="This page could not be loaded." reference={error.digest} action={<Button onClick={again}>Try again</Button>}>
      Nothing was lost: events are taken in and looked at whether or not this page works. The log of the web process has the cause.
    </ErrorState>
  );
}
