"use client";
import { type Failed, Failure } from "@/app/failure";
import { Card } from "@/app/ui/card";

/** A page that failed inside the frame. */
export default function PageError(failed: Failed) {
  return (
    <Card>
      <Failure {...failed} />
    </Card>
  );
}
