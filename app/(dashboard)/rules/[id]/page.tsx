import type { Metadata } from "next";
import Link from "next/link";
import { notFound } from "next/navigation";
import { Exceptions } from "@/app/(dashboard)/rules/exceptions";
import { DiffView } from "@/app/(dashboard)/rules/diff-view";
import { DetectorPage } from "@/app/(dashboard)/rules/detector-page";
import { LatestAlerts } from "@/app/(dashboard)/rules/latest-alerts";
import { Lessons } from "@/app/(dashboard)/rules/lessons";
import { NewerText } from "@/app/(dashboard)/rules/newer-text";
import { OnlyTested } from "@/app/(dashboard)/rules/only-tested";
import { RuleEditor, type TakenExample } from "@/app/(dashboard)/rules/rule-editor";
import { RuleSwitch } from "@/app/(dashboard)/rules/rule-switch";
import { Versions } from "@/app/(dashboard)/rules/versions";
import { WasItRight } from "@/app/(dashboard)/rules/was-it-right";
import {
  exampleNote,
  exceptionOf,
  familyWord,
  MODE_TONES,
  placeholderNames,
  SOURCE_WORDS,
  upgradeWord,
} from "@/app/(dashboard)/rules/words";
import { currentContext } from "@/app/session";
import { Dot, LevelBadge } from "@/app/ui/badge";
import { LinkButton } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { Chip } from "@/app/ui/chip";
import { PageHeader } from "@/app/ui/page-header";
import { Time } from "@/app/ui/time";
import { Banner, NoPermission } from "@/app/ui/states";
import { findLatestBacktest } from "@/lib/backtest/manage";
import { may } from "@/lib/access/require-permission";
import { sayDuration, sayLimits } from "@/lib/detection/alert/sentence";
import type { SigmaDocument } from "@/lib/detection/sigma/rule";
import { AppError } from "@/lib/errors";
import { modeOf, RULE_MODE_WORDS } from "@/lib/model/rule-mode";
import type { Context } from "@/lib/model/user";
import { addExample } from "@/lib/rules/save-example";
import { plural } from "@/lib/model/format";
import { TriageQuestion, triageTexts } from "@/lib/model/triage";
import { type CatalogRule, loadCatalog, ruleFamily } from "@/lib/rules/catalog";
import { suggestSuppression } from "@/lib/rules/preview-suppression";
import { listSuppressions } from "@/lib/rules/suppressions";
import { ruleVocabulary } from "@/lib/rules/vocabulary";
import { listRuleUpgrades, type RuleUpgrade } from "@/lib/store/built-in-texts";
import { db } from "@/lib/store/db";
import { listHijackLessons } from "@/lib/incidents/hijack-lessons";
import { findAlertEvidence, listRuleAlerts } from "@/lib/store/rule-figures";
import { listRuleVersions } from "@/lib/store/rules";

const MONTH_MS = 30 * 86_400_000;

export const metadata: Metadata = { title: "Rule" };

interface Props {
  params: Promise<{ id: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

/** The workbench of one rule. */
export default async function RulePage({ params, searchParams }: Props) {
  const ctx = await currentContext();
  if (!may(ctx, "rule:read")) return <NoPermission what="look at rules" />;
  const id = decodeURIComponent((await params).id);
  const catalog = await loadCatalog();
  const rule = catalog.rules.find((each) => each.id === id);
  const detector = catalog.detectors.find((each) => each.rule.id === id);
  if (!rule && !detector) notFound();
  const [upgrades, versions, suppressions, alerts, backtest] = await Promise.all([
    listRuleUpgrades(db, new Date(ctx.now.getTime() - MONTH_MS)),
    listRuleVersions(db, id),
    listSuppressions(ctx, id),
    listRuleAlerts(db, id),
    findLatestBacktest(ctx, id),
  ]);
  const mayWrite = may(ctx, "rule:write");
  const mayExcept = may(ctx, "suppression:write");
  const asked = await searchParams;
  const example = rule && mayWrite && typeof asked.test === "string" ? await exampleOf(ctx, rule, asked.test) : null;
  const suggestion = typeof asked.except === "string" ? await suggestSuppression(ctx, asked.except) : null;
  const exceptions = (
    <Exceptions
      key={suggestion?.title ?? ""}
      ruleId={id}
      exceptions={suppressions.map((each) => exceptionOf(each, ctx.now))}
      mayWrite={mayExcept}
      suggestion={suggestion}
    />
  );
  if (!rule) {
    if (!detector) notFound();
    const more = id === "session-hijack" ? <Lessons lessons={await listHijackLessons(ctx)} mayWrite={mayWrite} /> : null;
    return (
      <DetectorPage
        detector={detector}
        mayWrite={mayWrite}
        mayExcept={mayExcept}
        alerts={alerts}
        exceptions={exceptions}
        more={more}
        now={ctx.now.getTime()}
      />
    );
  }
  return (
    <>
      <Header rule={rule} mayWrite={mayWrite} />
      {rule.disabledReason && <Banner tone="bad">Vedette put this rule out of action: {rule.disabledReason}</Banner>}
      {modeOf(rule) === "test" && <OnlyTested what="rule" />}
      {rule.document.missing.length > 0 && (
        <Banner
          tone="warn"
          action={
            mayWrite && (
              <LinkButton href={`/rules/placeholders?name=${encodeURIComponent(rule.document.missing[0] ?? "")}`}>Give values</LinkButton>
            )
          }
        >
          This rule waits for values of {placeholderNames(rule.document.missing)}. It does not run until they are given.
        </Banner>
      )}
      {rule.outdated !== null && rule.builtInYaml !== null && (
        <NewerText id={id} before={rule.outdated} now={rule.builtInYaml} own={rule.yaml} mayWrite={mayWrite} />
      )}
      {rule.source === "built-in" && <ChangedText upgrade={upgrades.find(({ ruleId }) => ruleId === id)} />}
      <RuleEditor
        key={`${rule.version}${example ? asked.test : ""}`}
        id={id}
        yaml={rule.yaml}
        version={rule.version}
        mode={modeOf(rule)}
        mayWrite={mayWrite}
        vocabulary={ruleVocabulary(catalog.rules)}
        backtest={backtest}
        example={example}
        view={asked.view === "difference" ? "difference" : "edit"}
      />
      <div className="grid-3">
        <WasItRight ruleId={id} now={ctx.now.getTime()} mayExcept={mayExcept} />
        {exceptions}
        <Versions
          id={id}
          current={rule.version}
          yaml={rule.yaml}
          isEdited={rule.source === "edited"}
          mayWrite={mayWrite}
          versions={versions.map((each) => ({
            version: each.version,
            yaml: each.yaml,
            comment: each.comment ?? "",
            by: each.createdBy ?? "",
            at: each.createdAt.getTime(),
          }))}
        />
      </div>
      <div className="grid-2">
        <LatestAlerts alerts={alerts} mayExcept={mayExcept} mayTest={mayWrite} />
        <Guide document={rule.document} />
      </div>
    </>
  );
}

/** What an upgrade of the last month did to a rule that nobody here edited. */
function ChangedText({ upgrade }: { upgrade: RuleUpgrade | undefined }) {
  if (!upgrade || upgrade.after === null) return null;
  return (
    <Card
      title={upgradeWord(upgrade)}
      note={
        <>
          in force since <Time at={upgrade.at.getTime()} />; edit it, and upgrades leave it alone
        </>
      }
      flush
    >
      {upgrade.before !== null && <DiffView before={upgrade.before} after={upgrade.after} isShort />}
    </Card>
  );
}

/** The draft that has the events of an alert as an example; an alert judged false is one to ignore. */
async function exampleOf(ctx: Context, rule: CatalogRule, key: string): Promise<TakenExample> {
  const alert = await findAlertEvidence(db, key);
  if (!alert) return { yaml: rule.yaml, note: "That alert is no longer kept." };
  const list = alert.verdict === "false" ? "ignores" : "matches";
  const span = { events: alert.ids, from: alert.firstAt, until: alert.lastAt };
  try {
    const { yaml, fault } = await addExample(ctx, { id: rule.id, yaml: rule.yaml, list, ...span });
    return { yaml, note: exampleNote(list, fault) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { yaml: rule.yaml, note: error.publicMessage };
  }
}

function Header({ rule, mayWrite }: { rule: CatalogRule; mayWrite: boolean }) {
  const { document } = rule;
  return (
    <PageHeader
      above={<Link href="/rules">Rules</Link>}
      title={document.title}
      proof={
        <>
          {document.description} {inWords(document)}
        </>
      }
      actions={
        <>
          <LevelBadge level={document.level} />
          <Chip>{familyWord(ruleFamily(document))}</Chip>
          <Chip>{SOURCE_WORDS[rule.source]}</Chip>
          <Chip>
            <Dot tone={MODE_TONES[modeOf(rule)]}>
              {RULE_MODE_WORDS[modeOf(rule)]}, version {rule.version}
            </Dot>
          </Chip>
          {mayWrite && <RuleSwitch id={rule.id} title={document.title} mode={modeOf(rule)} />}
        </>
      }
    />
  );
}

/** What a correlation counts, in a sentence. */
function inWords(document: SigmaDocument): string {
  if (document.kind !== "correlation")
    return document.extension.alert === false ? "It serves other rules and does not alert by itself." : "";
  const group = document.groupBy.length > 0 ? ` for the same ${document.groupBy.join(" and ")}` : "";
  const field = document.valueFields.length > 0 ? ` of ${document.valueFields.join(" and ")}` : "";
  const limits = sayLimits(document.limits);
  return `Alerts on ${document.type.replaceAll("_", " ")}${field}${limits ? `, ${limits},` : ""} within ${sayDuration(document.timespanMs)}${group}.`;
}

function Guide({ document }: { document: SigmaDocument }) {
  const questions = (document.extension.triage ?? []).flatMap((question) => {
    const known = TriageQuestion.safeParse(question);
    return known.success ? triageTexts[known.data].question : question;
  });
  if (questions.length + document.falsePositives.length + document.references.length === 0) return null;
  return (
    <Card title="Triage guide" note={plural(questions.length, "question")}>
      <div className="grid-2">
        <List title="Ask" items={questions} />
        <List title="It may be harmless" items={document.falsePositives} />
        <List title="Read more" items={document.references} />
      </div>
    </Card>
  );
}

function List({ title, items }: { title: string; items: readonly string[] }) {
  if (items.length === 0) return null;
  return (
    <div>
      <b className="small">{title}</b>
      <ul>
        {items.map((item) => (
          <li key={item} className="small break">
            {item}
          </li>
        ))}
      </ul>
    </div>
  );
}
