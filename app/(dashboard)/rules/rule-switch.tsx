"use client";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { Select } from "@/app/ui/field";
import { RULE_MODE_WORDS, RuleMode } from "@/lib/model/rule-mode";
import { switchRule } from "./actions";
import styles from "./rules.module.css";

/** Lets a rule run, run without telling anybody, or not at all; says what happened when it did not. */
export function RuleSwitch({ id, mode, title }: { id: string; mode: RuleMode; title: string }) {
  const router = useRouter();
  const [busy, start] = useTransition();
  const [wanted, setWanted] = useState<RuleMode>();
  const [failure, setFailure] = useState("");
  const change = (to: RuleMode) => {
    setWanted(to);
    start(async () => {
      const state = await switchRule(id, to);
      setFailure(state.status === "failed" ? state.message : "");
      router.refresh();
    });
  };
  return (
    <>
      <Select
        value={busy && wanted ? wanted : mode}
        disabled={busy}
        className={styles.mode}
        onChange={(event) => change(RuleMode.parse(event.target.value))}
        aria-label={`How it runs: ${title}`}
      >
        {RuleMode.options.toReversed().map((each) => (
          <option key={each} value={each}>
            {RULE_MODE_WORDS[each]}
          </option>
        ))}
      </Select>
      {failure && <span role="alert">{failure}</span>}
    </>
  );
}
