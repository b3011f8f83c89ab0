"use client";
import { type ReactNode, useState } from "react";
import { SegmentButtons } from "@/app/ui/tabs";
import styles from "./case.module.css";

/** What a line of the timeline is about. */
export type TimelineKind = "alert" | "pin" | "mail" | "person" | "other";

const KINDS = [
  ["alert", "Alerts"],
  ["pin", "Pinned"],
  ["mail", "Mails"],
  ["person", "People"],
] as const;

/** The lines, all or of one kind; kinds without a line are not offered. */
export function TimelineList({ entries }: { entries: readonly { key: string; kind: TimelineKind; line: ReactNode }[] }) {
  const [shown, setShown] = useState<TimelineKind | "all">("all");
  const count = (kind: TimelineKind) => entries.filter((entry) => entry.kind === kind).length;
  const options = KINDS.filter(([kind]) => count(kind) > 0).map(([key, label]) => ({ key, label: `${label} ${count(key)}` }));
  const kind = shown !== "all" && count(shown) > 0 ? shown : "all"; // the last pin may have gone
  return (
    <>
      {options.length > 1 && (
        <div className={styles.kinds}>
          <SegmentButtons<TimelineKind | "all">
            label="Show"
            options={[{ key: "all", label: "All" }, ...options]}
            current={kind}
            onChange={setShown}
          />
        </div>
      )}
      <ol className={styles.timeline}>
        {entries
          .filter((entry) => kind === "all" || entry.kind === kind)
          .map(({ key, line }) => (
            <li key={key}>{line}</li>
          ))}
      </ol>
    </>
  );
}
