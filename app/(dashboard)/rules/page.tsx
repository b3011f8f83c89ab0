import type { Metadata } from "next";
import Link from "next/link";
import { currentContext } from "@/app/session";
import { Dot, LevelBadge } from "@/app/ui/badge";
import { LinkButton } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { Input, Select } from "@/app/ui/field";
import { PageHeader } from "@/app/ui/page-header";
import { EmptyState, NoPermission } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { Ago } from "@/app/ui/time";
import { may } from "@/lib/access/require-permission";
import { familyOf } from "@/lib/detection/sigma/tags";
import { Family, type Level } from "@/lib/model/alert";
import { formatCount, formatPercent, plural } from "@/lib/model/format";
import { type Catalog, loadCatalog } from "@/lib/rules/catalog";
import { db } from "@/lib/store/db";
import { countRuleAlerts, countRuleVerdicts, type RuleFigure } from "@/lib/store/rule-figures";
import { RuleSwitch } from "./rule-switch";
import styles from "./rules.module.css";
import { familyWord, SOURCE_WORDS } from "./words";

export const metadata: Metadata = { title: "Rules" };

const WEEK_MS = 7 * 86_400_000;
const QUARTER_MS = 91 * 86_400_000;

/** One line of the list: a Sigma rule or a behaviour detector. */
interface Line {
  id: string;
  title: string;
  summary: string;
  family: Family;
  level: Level;
  source: string;
  enabled: boolean;
  trouble: string | null;
  alerts: number;
  lastAt: number | null;
  judged: number;
  wrong: number;
}

type Figures = Pick<Line, "alerts" | "lastAt" | "judged" | "wrong">;

function linesOf(catalog: Catalog, figuresOf: (id: string) => Figures): Line[] {
  const rules = catalog.rules
    .filter(({ document }) => document.kind !== "filter" && document.extension.alert !== false)
    .map(
      ({ id, document, source, enabled, disabledReason }): Line => ({
        id,
        title: document.title,
        summary: document.description,
        family: document.extension.family ?? familyOf(document.tags),
        level: document.level,
        source: SOURCE_WORDS[source],
        enabled,
        trouble: disabledReason,
        ...figuresOf(id),
      }),
    );
  const detectors = catalog.detectors.map(
    ({ rule, enabled, disabledReason }): Line => ({
      ...rule,
      source: "Behaviour",
      enabled,
      trouble: disabledReason,
      ...figuresOf(rule.id),
    }),
  );
  return [...rules, ...detectors].sort((a, b) => b.alerts - a.alerts || a.title.localeCompare(b.title, "en"));
}

function figureReader(figures: readonly RuleFigure[], verdicts: readonly { ruleId: string; verdict: string; alerts: number }[]) {
  const byId = new Map(figures.map((figure) => [figure.ruleId, figure]));
  return (id: string): Figures => {
    const judged = verdicts.filter(({ ruleId }) => ruleId === id);
    const figure = byId.get(id);
    return {
      alerts: figure?.alerts ?? 0,
      lastAt: figure?.lastAt.getTime() ?? null,
      judged: judged.reduce((sum, { alerts }) => sum + alerts, 0),
      wrong: judged.filter(({ verdict }) => verdict === "false").reduce((sum, { alerts }) => sum + alerts, 0),
    };
  };
}

const columns = (change: boolean): Column<Line>[] => [
  {
    id: "title",
    header: "Rule",
    phone: "title",
    cell: (line) => (
      <span className={styles.title}>
        <Link prefetch={false} href={`/rules/${encodeURIComponent(line.id)}`}>
          {line.title}
        </Link>
        <span className="muted small truncate">{line.trouble ? `Out of action: ${line.trouble}` : line.summary}</span>
      </span>
    ),
  },
  { id: "level", header: "Level", width: "110px", cell: ({ level }) => <LevelBadge level={level} bare /> },
  { id: "family", header: "Family", width: "150px", cell: ({ family }) => familyWord(family) },
  { id: "source", header: "From", width: "130px", phone: "hide", cell: ({ source }) => <span className="muted">{source}</span> },
  {
    id: "alerts",
    header: "Alerts, 7 d",
    width: "110px",
    align: "end",
    cell: ({ alerts, lastAt }) => (
      <span className="num" title={lastAt ? `last ${new Date(lastAt).toISOString()}` : undefined}>
        {formatCount(alerts)}
      </span>
    ),
  },
  {
    id: "wrong",
    header: "False",
    label: "False alarms among judged alerts, 13 weeks",
    width: "80px",
    align: "end",
    cell: ({ judged, wrong }) =>
      judged === 0 ? (
        <span className="faint" title="No alert of it was judged">
          none
        </span>
      ) : (
        <span title={`${wrong} of ${judged} judged`}>{formatPercent(wrong / judged)}</span>
      ),
  },
  {
    id: "last",
    header: "Last",
    width: "110px",
    phone: "hide",
    cell: ({ lastAt }) => (lastAt ? <Ago at={lastAt} /> : <span className="faint">never</span>),
  },
  {
    id: "state",
    header: "State",
    width: change ? "170px" : "80px",
    cell: ({ id, title, enabled, trouble }) => (
      <span className="row">
        <Dot tone={trouble ? "critical" : enabled ? "ok" : "info"}>{enabled ? "On" : "Off"}</Dot>
        {change && <RuleSwitch id={id} title={title} enabled={enabled} />}
      </span>
    ),
  },
];

const one = (value: string | string[] | undefined): string => (typeof value === "string" ? value.slice(0, 200) : "");

/** Every rule and detector: what it does, whether it is on, how it fares. */
export default async function RulesPage({ searchParams }: { searchParams: Promise<Record<string, string | string[] | undefined>> }) {
  const ctx = await currentContext();
  if (!may(ctx, "rule:read")) return <NoPermission what="look at rules" />;
  const params = await searchParams;
  const [text, family, state] = [one(params.q).toLowerCase(), one(params.family), one(params.state)];
  const now = ctx.now.getTime();
  const [catalog, figures, verdicts] = await Promise.all([
    loadCatalog(),
    countRuleAlerts(db, new Date(now - WEEK_MS)),
    countRuleVerdicts(db, new Date(now - QUARTER_MS)),
  ]);
  const lines = linesOf(catalog, figureReader(figures, verdicts));
  const shown = lines.filter(
    (line) =>
      (text === "" || `${line.title} ${line.summary} ${line.id}`.toLowerCase().includes(text)) &&
      (family === "" || line.family === family) &&
      (state === "" || (state === "on" ? line.enabled : state === "off" ? !line.enabled : line.trouble !== null)),
  );
  const on = lines.filter(({ enabled }) => enabled).length;
  const broken = lines.filter(({ trouble }) => trouble !== null).length;
  return (
    <>
      <PageHeader
        title={broken > 0 ? `${plural(broken, "rule is", "rules are")} out of action.` : `${plural(on, "rule")} on watch.`}
        proof={`${formatCount(lines.length)} in all, ${formatCount(lines.filter(({ alerts }) => alerts > 0).length)} of them spoke in the last 7 days.`}
        actions={
          <>
            <LinkButton href="/rules/coverage">Coverage</LinkButton>
            {may(ctx, "rule:write") && (
              <LinkButton tone="primary" href="/rules/new">
                New rule
              </LinkButton>
            )}
          </>
        }
      />
      <form className={styles.search} action="/rules">
        <Input
          name="q"
          defaultValue={one(params.q)}
          placeholder="Words of the title, an id"
          aria-label="Search rules"
          className={styles.query}
        />
        <Select name="family" defaultValue={family} aria-label="Family">
          <option value="">Every family</option>
          {Family.options.map((each) => (
            <option key={each} value={each}>
              {familyWord(each)}
            </option>
          ))}
        </Select>
        <Select name="state" defaultValue={state} aria-label="State">
          <option value="">On and off</option>
          <option value="on">On</option>
          <option value="off">Off</option>
          <option value="broken">Out of action</option>
        </Select>
        <button type="submit" className="visually-hidden">
          Search
        </button>
      </form>
      <Card flush>
        <Table
          caption="Rules"
          columns={columns(may(ctx, "rule:write"))}
          rows={shown}
          rowKey={({ id }) => id}
          empty={<EmptyState title="No rule is like that.">Other words, or fewer filters, find more.</EmptyState>}
        />
      </Card>
    </>
  );
}
