"use client";
import { type Failed, Failure } from "./failure";

/** Where even the frame of the dashboard, or the door, could not be made. */
export default function RootError(failed: Failed) {
  return (
    <main>
      <Failure {...failed} />
    </main>
  );
}
