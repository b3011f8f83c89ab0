import Link from "next/link";
import { Dot } from "@/app/ui/badge";
import { judgeHealth } from "@/lib/model/health";
import { readHealthFacts } from "@/lib/store/health-reads";
import styles from "./shell.module.css";

/** The product's own state as a light with a word, in the header of every page. */
export async function HealthLight({ now }: { now: Date }) {
  const findings = judgeHealth(await readHealthFacts(now));
  const bad = findings.some((finding) => finding.tone === "bad");
  const word = findings.length === 0 ? "Healthy" : bad ? "Broken" : "Strained";
  return (
    <Link
      href="/health"
      className={styles.health}
      title={findings[0]?.text ?? "Events are taken in, looked at, and mailed."}
      aria-label={`System health: ${word}`}
    >
      <Dot tone={findings.length === 0 ? "ok" : bad ? "critical" : "medium"}>
        <span className="hide-on-phone">{word}</span>
      </Dot>
    </Link>
  );
}
