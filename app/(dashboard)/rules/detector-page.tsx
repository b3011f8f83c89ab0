import Link from "next/link";
import { Dot, LevelBadge } from "@/app/ui/badge";
import { Card } from "@/app/ui/card";
import { Chip } from "@/app/ui/chip";
import { PageHeader } from "@/app/ui/page-header";
import { Banner, EmptyState } from "@/app/ui/states";
import { sayDuration } from "@/lib/detection/alert/sentence";
import { modeOf, RULE_MODE_WORDS } from "@/lib/model/rule-mode";
import type { CatalogDetector } from "@/lib/rules/catalog";
import type { RuleAlert } from "@/lib/store/rule-figures";
import { LatestAlerts } from "./latest-alerts";
import { RuleSwitch } from "./rule-switch";
import styles from "./rules.module.css";
import { WasItRight } from "./was-it-right";
import { OnlyTested } from "./only-tested";
import { familyWord, MODE_TONES } from "./words";

interface DetectorProps {
  detector: CatalogDetector;
  mayWrite: boolean;
  mayExcept: boolean;
  alerts: readonly RuleAlert[];
  exceptions: React.ReactNode;
  /** What only this detector has to show. */
  more: React.ReactNode;
  now: number;
}

/** What a detector goes by. The weights of sessions stand in a card of their own, with what verdicts made of them. */
function Settings({ rule: { settings, needs } }: { rule: CatalogDetector["rule"] }) {
  const shown = Object.entries(settings as Record<string, unknown>).filter(([, value]) => typeof value !== "object");
  return (
    <Card
      title="Settings"
      note={`needs ${needs.join(", ")}`}
      flush
      footer="It has no draft to run over the past: its settings are fixed, and what it says follows from weeks of learning. What it said stands above."
    >
      <ul className={styles.list}>
        {shown.map(([name, value]) => (
          <li key={name}>
            <span className={styles.line}>
              <span>{settingWord(name)}</span>
              <b className="num">{typeof value === "number" && name.endsWith("Ms") ? sayDuration(value) : String(value)}</b>
            </span>
          </li>
        ))}
      </ul>
      {shown.length === 0 && <EmptyState title="It has nothing to set." />}
    </Card>
  );
}

/** `signOutGraceMs` as people say it. */
const settingWord = (name: string): string => {
  const words = name.replace(/Ms$/, "").replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** A behaviour detector: what it said, whether it was right, and what it goes by. */
export function DetectorPage({
  detector: { rule, enabled, testOnly, disabledReason },
  mayWrite,
  mayExcept,
  alerts,
  exceptions,
  more,
  now,
}: DetectorProps) {
  const mode = modeOf({ enabled, testOnly });
  return (
    <>
      <PageHeader
        above={<Link href="/rules">Rules</Link>}
        title={rule.title}
        proof={rule.summary}
        actions={
          <>
            <LevelBadge level={rule.level} />
            <Chip>{familyWord(rule.family)}</Chip>
            <Chip>Behaviour</Chip>
            <Chip>
              <Dot tone={MODE_TONES[mode]}>{RULE_MODE_WORDS[mode]}</Dot>
            </Chip>
            {mayWrite && <RuleSwitch id={rule.id} title={rule.title} mode={mode} />}
          </>
        }
      />
      {disabledReason && <Banner tone="bad">Vedette put this detector out of action: {disabledReason}</Banner>}
      {mode === "test" && <OnlyTested what="detector" />}
      <div className="grid-3">
        <LatestAlerts alerts={alerts} mayExcept={mayExcept} />
        <WasItRight ruleId={rule.id} now={now} mayExcept={mayExcept} />
        {exceptions}
      </div>
      <div className="grid-2">
        <Settings rule={rule} />
        {more}
      </div>
    </>
  );
}
