import type { Metadata } from "next";
import Link from "next/link";
import { notFound } from "next/navigation";
import { Exceptions } from "@/app/(dashboard)/rules/exceptions";
import { Lessons } from "@/app/(dashboard)/rules/lessons";
import { NewerText } from "@/app/(dashboard)/rules/newer-text";
import { RuleEditor } from "@/app/(dashboard)/rules/rule-editor";
import { RuleSwitch } from "@/app/(dashboard)/rules/rule-switch";
import styles from "@/app/(dashboard)/rules/rules.module.css";
import { Versions } from "@/app/(dashboard)/rules/versions";
import { exceptionOf, familyWord, SOURCE_WORDS } from "@/app/(dashboard)/rules/words";
import { currentContext } from "@/app/session";
import { Dot, LevelBadge } from "@/app/ui/badge";
import { Card } from "@/app/ui/card";
import { CodeBlock } from "@/app/ui/code";
import { PageHeader } from "@/app/ui/page-header";
import { Banner, EmptyState, NoPermission } from "@/app/ui/states";
import { Time } from "@/app/ui/time";
import { findLatestBacktest } from "@/lib/backtest/manage";
import { may } from "@/lib/access/require-permission";
import { sayDuration, sayLimits } from "@/lib/detection/alert/sentence";
import type { SigmaDocument } from "@/lib/detection/sigma/rule";
import { Level } from "@/lib/model/alert";
import { incidentName } from "@/lib/model/incident";
import { plural } from "@/lib/model/format";
import { TriageQuestion, triageTexts } from "@/lib/model/triage";
import { type CatalogDetector, type CatalogRule, loadCatalog, ruleFamily } from "@/lib/rules/catalog";
import { suggestSuppression } from "@/lib/rules/preview-suppression";
import { listSuppressions } from "@/lib/rules/suppressions";
import { ruleVocabulary } from "@/lib/rules/vocabulary";
import { db } from "@/lib/store/db";
import { listHijackLessons } from "@/lib/incidents/hijack-lessons";
import { listRuleAlerts, type RuleAlert } from "@/lib/store/rule-figures";
import { listRuleVersions } from "@/lib/store/rules";

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
  const [versions, suppressions, alerts, backtest] = await Promise.all([
    listRuleVersions(db, id),
    listSuppressions(ctx, id),
    listRuleAlerts(db, id),
    findLatestBacktest(ctx, id),
  ]);
  const mayWrite = may(ctx, "rule:write");
  const mayExcept = may(ctx, "suppression:write");
  const asked = await searchParams;
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
      <DetectorPage detector={detector} mayWrite={mayWrite} mayExcept={mayExcept} alerts={alerts} exceptions={exceptions} more={more} />
    );
  }
  return (
    <>
      <Header rule={rule} mayWrite={mayWrite} />
      {rule.disabledReason && <Banner tone="bad">Vedette put this rule out of action: {rule.disabledReason}</Banner>}
      {rule.outdated !== null && rule.builtInYaml !== null && (
        <NewerText id={id} before={rule.outdated} now={rule.builtInYaml} own={rule.yaml} mayWrite={mayWrite} />
      )}
      <RuleEditor
        key={rule.version}
        id={id}
        yaml={rule.yaml}
        version={rule.version}
        mayWrite={mayWrite}
        vocabulary={ruleVocabulary(catalog.rules)}
        backtest={backtest}
        view={asked.view === "difference" ? "difference" : "edit"}
      />
      <div className="grid-3">
        <Alerts alerts={alerts} mayExcept={mayExcept} />
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
      <Guide document={rule.document} />
    </>
  );
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
          <span className="muted small">{familyWord(ruleFamily(document))}</span>
          <span className="muted small">{SOURCE_WORDS[rule.source]}</span>
          <Dot tone={rule.enabled ? "ok" : "info"}>
            {rule.enabled ? "On" : "Off"}, version {rule.version}
          </Dot>
          {mayWrite && <RuleSwitch id={rule.id} title={document.title} enabled={rule.enabled} />}
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

function Alerts({ alerts, mayExcept }: { alerts: readonly RuleAlert[]; mayExcept: boolean }) {
  return (
    <Card title="Latest alerts" flush>
      {alerts.length === 0 && <EmptyState title="It has not spoken yet." />}
      <ul className={styles.list}>
        {alerts.map((alert) => (
          <li key={alert.key}>
            <span className={styles.line}>
              <Link prefetch={false} className="link" href={`/incidents/${incidentName(alert.incident)}`}>
                {incidentName(alert.incident)}
              </Link>
              <LevelBadge level={Level.catch("medium").parse(alert.level)} bare />
              <Time at={alert.firstAt.getTime()} />
            </span>
            <span>{alert.sentence ?? alert.title}</span>
            <span className={styles.line}>
              <span className="muted">{alert.verdict ? `Judged ${alert.verdict}` : ""}</span>
              {mayExcept && (
                <Link
                  prefetch={false}
                  className="link small"
                  href={`/rules/${encodeURIComponent(alert.ruleId)}?except=${encodeURIComponent(alert.key)}#exceptions`}
                >
                  Make an exception
                </Link>
              )}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Guide({ document }: { document: SigmaDocument }) {
  const questions = (document.extension.triage ?? []).flatMap((question) => {
    const known = TriageQuestion.safeParse(question);
    return known.success ? triageTexts[known.data].question : question;
  });
  if (questions.length + document.falsePositives.length + document.references.length === 0) return null;
  return (
    <Card title="Triage guide" note={plural(questions.length, "question")}>
      <div className="grid-3">
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

interface DetectorProps {
  detector: CatalogDetector;
  mayWrite: boolean;
  mayExcept: boolean;
  alerts: readonly RuleAlert[];
  exceptions: React.ReactNode;
  /** What only this detector has to show. */
  more: React.ReactNode;
}

function DetectorPage({ detector: { rule, enabled, disabledReason }, mayWrite, mayExcept, alerts, exceptions, more }: DetectorProps) {
  return (
    <>
      <PageHeader
        above={<Link href="/rules">Rules</Link>}
        title={rule.title}
        proof={rule.summary}
        actions={
          <>
            <LevelBadge level={rule.level} />
            <span className="muted small">{familyWord(rule.family)}</span>
            <Dot tone={enabled ? "ok" : "info"}>{enabled ? "On" : "Off"}</Dot>
            {mayWrite && <RuleSwitch id={rule.id} title={rule.title} enabled={enabled} />}
          </>
        }
      />
      {disabledReason && <Banner tone="bad">Vedette put this detector out of action: {disabledReason}</Banner>}
      <div className="grid-3">
        <CodeBlock name="Settings" note={`needs ${rule.needs.join(", ")}`} code={JSON.stringify(rule.settings, null, 2)} />
        <Alerts alerts={alerts} mayExcept={mayExcept} />
        {exceptions}
        {more}
      </div>
    </>
  );
}
