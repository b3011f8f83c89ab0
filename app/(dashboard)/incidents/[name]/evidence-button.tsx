"use client";
import { useEffect, useState } from "react";
import { LinkButton } from "@/app/ui/button";
import { Progress } from "@/app/ui/progress";
import { formatPercent } from "@/lib/model/format";
import { incidentName } from "@/lib/model/incident";
import { evidenceProgress } from "../actions";
import styles from "./case.module.css";

/** Downloads the evidence bundle; says how far it is while it is made. */
export function EvidenceButton({ number }: { number: number }) {
  const [share, setShare] = useState<number | null>(null);
  const [asking, setAsking] = useState(false);
  useEffect(() => {
    if (!asking) return;
    const timer = setInterval(async () => {
      const now = await evidenceProgress(number).catch(() => null);
      setShare(now);
      if (now === null) setAsking(false);
    }, 1500);
    return () => clearInterval(timer);
  }, [asking, number]);
  return (
    <span className={styles.export} role="status">
      <LinkButton
        tone="quiet"
        href={`/incidents/${incidentName(number)}/evidence`}
        prefetch={false}
        onClick={() => setAsking(true)}
        download
      >
        Evidence bundle
      </LinkButton>
      {share !== null && (
        <>
          <Progress share={share} label="Evidence bundle" /> <span className="num muted small">{formatPercent(share)}</span>
        </>
      )}
    </span>
  );
}
