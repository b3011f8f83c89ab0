"use client";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { Button } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { EmptyState } from "@/app/ui/states";
import { Time } from "@/app/ui/time";
import { returnToBuiltIn, saveDraft } from "./actions";
import { DiffView } from "./diff-view";
import styles from "./rules.module.css";

/** A version as the list shows it. */
export interface Version {
  version: number;
  yaml: string;
  comment: string;
  by: string;
  at: number;
}

/** Every text that the rule had, with the difference to the one in force and a way back. */
export function Versions({
  id,
  current,
  yaml,
  versions,
  isEdited,
  mayWrite,
}: {
  id: string;
  current: number;
  yaml: string;
  versions: readonly Version[];
  isEdited: boolean;
  mayWrite: boolean;
}) {
  const router = useRouter();
  const [open, setOpen] = useState<number>();
  const [failure, setFailure] = useState("");
  const [busy, start] = useTransition();
  const restore = (version: Version) =>
    start(async () => {
      const saved = await saveDraft({ id, yaml: version.yaml, comment: `Back to version ${version.version}`, basedOn: current });
      setFailure(saved.status === "failed" ? saved.message : "");
      router.refresh();
    });
  const reset = () =>
    start(async () => {
      const state = await returnToBuiltIn(id);
      setFailure(state.status === "failed" ? state.message : "");
      router.refresh();
    });
  return (
    <Card
      title="Versions"
      flush
      aside={
        mayWrite &&
        isEdited && (
          <Button size="s" busy={busy} onClick={reset}>
            Return to built-in
          </Button>
        )
      }
    >
      {versions.length === 0 && (
        <EmptyState title="Version 1, as built in.">The first change will be listed here, with a way back.</EmptyState>
      )}
      {failure && <p className={styles.error}>{failure}</p>}
      <ul className={styles.list}>
        {versions.map((version) => (
          <li key={version.version}>
            <span className={styles.line}>
              <b>
                Version {version.version}
                {version.version === current && " (in force)"}
              </b>
              <Time at={version.at} />
            </span>
            <span className={styles.line}>
              <span className="muted">
                {version.comment || "Without a word"}, {version.by}
              </span>
              {version.version !== current && (
                <span className="row">
                  <Button
                    size="s"
                    tone="quiet"
                    onClick={() => setOpen(open === version.version ? undefined : version.version)}
                    aria-expanded={open === version.version}
                  >
                    Compare
                  </Button>
                  {mayWrite && (
                    <Button size="s" busy={busy} onClick={() => restore(version)}>
                      Return to it
                    </Button>
                  )}
                </span>
              )}
            </span>
            {open === version.version && <DiffView before={yaml} after={version.yaml} />}
          </li>
        ))}
      </ul>
    </Card>
  );
}
