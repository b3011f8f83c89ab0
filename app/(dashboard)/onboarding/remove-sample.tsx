"use client";
import { ConfirmButton } from "@/app/ui/confirm-button";
import { plural } from "@/lib/model/format";
import { removeSample } from "./sample-actions";

/** Asks once, then removes the sample data with everything that came of it. */
export function RemoveSample({ events }: { events: number }) {
  return (
    <ConfirmButton
      label="Remove sample data"
      verb="Remove"
      title="Remove the sample data?"
      description={`${plural(events, "event")} go, with their alerts and incidents. What your own services sent stays.`}
      act={removeSample}
      said="The sample data is gone."
    />
  );
}
