import type { Metadata } from "next";
import Link from "next/link";
import { currentContext } from "@/app/session";
import { Dot, LevelBadge } from "@/app/ui/badge";
import { Button, LinkButton } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { Input, Select } from "@/app/ui/field";
import { PageHeader } from "@/app/ui/page-header";
import { Banner, EmptyState, NoPermission } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { Ago } from "@/app/ui/time";
import { may } from "@/lib/access/require-permission";
import { Family, Level } from "@/lib/model/alert";
import { formatCount, formatPercent, plural } from "@/lib/model/format";
import { modeOf, RULE_MODE_WORDS, type RuleMode } from "@/lib/model/rule-mode";
import { type Catalog, loadCatalog, ruleFamily } from "@/lib/rules/catalog";
import { sayUpgrade } from "@/lib/rules/note-upgrade";
import { listRuleUpgrades, type RuleUpgrade } from "@/lib/store/built-in-texts";
import { db } from "@/lib/store/db";
import { listRuleCosts } from "@/lib/store/rule-costs";
import { countRuleAlerts, countRuleVerdicts, countTestAlerts, type RuleFigure } from "@/lib/store/rule-figures";
import { BulkRules } from "./bulk-rules";
import { RuleSwitch } from "./rule-switch";
import styles from "./rules.module.css";
import { familyWord, MODE_TONES, placeholderNames, SOURCE_WORDS, upgradeWord } from "./words";

export const metadata: Metadata = { title: "Rules" };

const WEEK_MS = 7 * 86_400_000;
const MONTH_MS = 30 * 86_400_000;
const PAGE = 100; // rules on a page: a row weighs five kilobytes
const NOISY = 50; // alerts a week that nobody reads one by one
const DEAR_US = 5; // a tenth of what all built-in rules together take for an event
const SOURCES: Record<string, string> = { ...SOURCE_WORDS, behaviour: "Behaviour" };
const QUARTER_MS = 91 * 86_400_000;

const HOW_AWAKE: Record<RuleMode, number> = { on: 2, test: 1, off: 0 };

/** One line of the list: a Sigma rule or a behaviour detector. */
interface Line {
  id: string;
  title: string;
  summary: string;
  family: Family;
  level: Level;
  source: string;
  mode: RuleMode;
  trouble: string | null;
  /** Placeholders whose values it waits for. */
  waits: readonly string[];
  /** Vedette brought another text for it. */
  outdated: boolean;
  /** `Changed by Vedette 0.2.0`, for a month. */
  upgraded: string;
  alerts: number;
  /** Said while it was only being tested. */
  tested: number;
  lastAt: number | null;
  judged: number;
  wrong: number;
  /** Microseconds per event of all that pass; null before it was measured. */
  cost: number | null;
}

type Figures = Pick<Line, "alerts" | "tested" | "lastAt" | "judged" | "wrong" | "cost">;

function linesOf(catalog: Catalog, upgrades: readonly RuleUpgrade[], figuresOf: (id: string) => Figures): Line[] {
  const rules = catalog.rules
    .filter(({ document }) => document.kind !== "filter" && document.extension.alert !== false)
    .map(
      ({ id, document, source, enabled, testOnly, disabledReason, outdated }): Line => ({
        id,
        title: document.title,
        summary: document.description,
        family: ruleFamily(document),
        level: document.level,
        source: SOURCE_WORDS[source],
        mode: modeOf({ enabled, testOnly }),
        trouble: disabledReason,
        waits: document.missing,
        outdated: outdated !== null,
        upgraded: outdated === null ? upgradeWord(upgrades.find(({ ruleId }) => ruleId === id)) : "",
        ...figuresOf(id),
      }),
    );
  const detectors = catalog.detectors.map(
    ({ rule, enabled, testOnly, disabledReason }): Line => ({
      ...rule,
      source: "Behaviour",
      mode: modeOf({ enabled, testOnly }),
      trouble: disabledReason,
      waits: [],
      outdated: false,
      upgraded: "",
      ...figuresOf(rule.id),
    }),
  );
  return [...rules, ...detectors].sort(
    (a, b) => b.alerts - a.alerts || b.tested - a.tested || HOW_AWAKE[b.mode] - HOW_AWAKE[a.mode] || a.title.localeCompare(b.title, "en"),
  );
}

function figureReader({
  figures,
  testing,
  verdicts,
  costs,
}: {
  figures: readonly RuleFigure[];
  testing: readonly RuleFigure[];
  verdicts: readonly { ruleId: string; verdict: string; alerts: number }[];
  costs: readonly { ruleId: string; microseconds: number }[];
}) {
  const tested = new Map(testing.map((figure) => [figure.ruleId, figure]));
  const judgedOf = new Map<string, typeof verdicts>();
  for (const each of verdicts) judgedOf.set(each.ruleId, [...(judgedOf.get(each.ruleId) ?? []), each]);
  const costOf = new Map(costs.map(({ ruleId, microseconds }) => [ruleId, microseconds]));
  const byId = new Map(figures.map((figure) => [figure.ruleId, figure]));
  return (id: string): Figures => {
    const judged = judgedOf.get(id) ?? [];
    const figure = byId.get(id);
    const test = tested.get(id);
    return {
      alerts: figure?.alerts ?? 0,
      tested: test?.alerts ?? 0,
      lastAt: Math.max(figure?.lastAt.getTime() ?? 0, test?.lastAt.getTime() ?? 0) || null,
      judged: judged.reduce((sum, { alerts }) => sum + alerts, 0),
      wrong: judged.filter(({ verdict }) => verdict === "false").reduce((sum, { alerts }) => sum + alerts, 0),
      cost: costOf.get(id) ?? null,
    };
  };
}

const tickColumn: Column<Line> = {
  id: "tick",
  header: "",
  label: "Tick",
  width: "36px",
  phone: "hide",
  cell: ({ id, title }) => <input type="checkbox" name="id" value={id} className={styles.tick} aria-label={`Tick ${title}`} />,
};

const columns = (change: boolean): Column<Line>[] => [
  ...(change ? [tickColumn] : []),
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
        {line.waits.length > 0 && <span className="small">Waits for values of {placeholderNames(line.waits)}</span>}
        {line.outdated && <span className="small">Vedette brings another text</span>}
        {line.upgraded && <span className="small">{line.upgraded}</span>}
      </span>
    ),
  },
  { id: "level", header: "Level", width: "100px", cell: ({ level }) => <LevelBadge level={level} bare /> },
  { id: "family", header: "Family", width: "140px", phone: "hide", cell: ({ family }) => familyWord(family) },
  { id: "source", header: "From", width: "108px", phone: "hide", cell: ({ source }) => <span className="muted">{source}</span> },
  {
    id: "alerts",
    header: "Alerts, 7 d",
    width: "96px",
    align: "end",
    cell: ({ alerts, tested, mode, lastAt }) => (
      <span className={alerts + tested === 0 ? "num faint" : "num"} title={lastAt ? `last ${new Date(lastAt).toISOString()}` : undefined}>
        {mode === "test" || tested > alerts ? `${formatCount(tested)} tested` : formatCount(alerts)}
      </span>
    ),
  },
  {
    id: "wrong",
    header: "False",
    label: "False alarms among judged alerts, 13 weeks",
    width: "66px",
    phone: "hide",
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
    width: "124px",
    phone: "hide",
    cell: ({ lastAt }) => (lastAt ? <Ago at={lastAt} /> : <span className="faint">never</span>),
  },
  {
    id: "cost",
    header: "Cost",
    label: "Microseconds per event, 7 days",
    width: "76px",
    phone: "hide",
    align: "end",
    cell: ({ cost }) =>
      cost === null ? <span className="faint">none</span> : <span className="num muted">{cost < 0.05 ? "< 0.1" : cost.toFixed(1)} µs</span>,
  },
  {
    id: "state",
    header: "State",
    width: change ? "150px" : "96px",
    cell: ({ id, title, mode, trouble, waits }) => {
      const waiting = mode !== "off" && waits.length > 0;
      return (
        <span className="row">
          {(!change || waiting || trouble) && (
            <Dot tone={trouble ? "critical" : waiting ? "info" : MODE_TONES[mode]}>
              {trouble ? "Out" : waiting ? "Waits" : RULE_MODE_WORDS[mode]}
            </Dot>
          )}
          {change && <RuleSwitch id={id} title={title} mode={mode} />}
        </span>
      );
    },
  },
];

/** What the filters ask for; empty: anything. */
interface Asked {
  text: string;
  family: string;
  level: string;
  source: string;
  state: string;
}

const stateTests: Record<string, (line: Line) => boolean> = {
  on: ({ mode }) => mode === "on",
  test: ({ mode }) => mode === "test",
  off: ({ mode }) => mode === "off",
  broken: ({ trouble }) => trouble !== null,
  waiting: ({ waits }) => waits.length > 0,
  outdated: ({ outdated }) => outdated,
  upgraded: ({ upgraded }) => upgraded !== "",
  dear: ({ cost }) => cost !== null && cost > DEAR_US,
  noisy: ({ alerts, judged, wrong }) => alerts > NOISY || (judged > 2 && wrong / judged > 0.5),
};

const isAsked = (line: Line, { text, family, level, source, state }: Asked): boolean =>
  (text === "" || `${line.title} ${line.summary} ${line.id}`.toLowerCase().includes(text)) &&
  (family === "" || line.family === family) &&
  (level === "" || line.level === level) &&
  (source === "" || line.source === SOURCES[source]) &&
  (state === "" || (stateTests[state]?.(line) ?? true));

const one = (value: string | string[] | undefined): string => (typeof value === "string" ? value.slice(0, 200) : "");

/** Every rule and detector: what it does, whether it is on, how it fares. */
export default async function RulesPage({ searchParams }: { searchParams: Promise<Record<string, string | string[] | undefined>> }) {
  const ctx = await currentContext();
  if (!may(ctx, "rule:read")) return <NoPermission what="look at rules" />;
  const params = await searchParams;
  const asked = {
    text: one(params.q).toLowerCase(),
    family: one(params.family),
    level: one(params.level),
    source: one(params.source),
    state: one(params.state),
  };
  const now = ctx.now.getTime();
  const [catalog, upgrades, figures, testing, verdicts, costs] = await Promise.all([
    loadCatalog(),
    listRuleUpgrades(db, new Date(now - MONTH_MS)),
    countRuleAlerts(db, new Date(now - WEEK_MS)),
    countTestAlerts(db, new Date(now - WEEK_MS)),
    countRuleVerdicts(db, new Date(now - QUARTER_MS)),
    listRuleCosts(db, new Date(now - WEEK_MS)),
  ]);
  const lines = linesOf(catalog, upgrades, figureReader({ figures, testing, verdicts, costs }));
  const shown = lines.filter((line) => isAsked(line, asked));
  const pages = Math.max(1, Math.ceil(shown.length / PAGE));
  const page = Math.min(pages, Math.max(1, Number.parseInt(one(params.page), 10) || 1));
  const on = lines.filter(({ mode, waits }) => mode === "on" && waits.length === 0).length;
  const table = (
    <Table
      caption="Rules"
      columns={columns(may(ctx, "rule:write"))}
      rows={shown.slice((page - 1) * PAGE, page * PAGE)}
      rowKey={({ id }) => id}
      empty={<EmptyState title="No rule is like that.">Other words, or fewer filters, find more.</EmptyState>}
    />
  );
  const broken = lines.filter(({ trouble }) => trouble !== null).length;
  return (
    <>
      <PageHeader
        title={broken > 0 ? `${plural(broken, "rule is", "rules are")} out of action.` : `${plural(on, "rule")} on watch.`}
        proof={`${formatCount(lines.length)} in all, ${formatCount(lines.filter(({ alerts }) => alerts > 0).length)} of them spoke in the last 7 days.`}
        actions={
          <>
            <LinkButton href="/rules/coverage">Coverage</LinkButton>
            <LinkButton href="/rules/exceptions">Exceptions</LinkButton>
            <LinkButton href="/rules/placeholders">Placeholders</LinkButton>
            <a href="/rules/export" className={styles.download} download>
              Export
            </a>
            {may(ctx, "rule:write") && <LinkButton href="/rules/import">Import</LinkButton>}
            {may(ctx, "rule:write") && (
              <LinkButton tone="primary" href="/rules/new">
                New rule
              </LinkButton>
            )}
          </>
        }
      />
      <Upgraded upgrades={upgrades.filter(({ at }) => now - at.getTime() < WEEK_MS)} />
      <Filters asked={asked} text={one(params.q)} />
      <Card flush>
        {may(ctx, "rule:write") ? <BulkRules key={JSON.stringify(params)}>{table}</BulkRules> : table}
        {pages > 1 && <Pages page={page} pages={pages} params={params} total={shown.length} />}
      </Card>
    </>
  );
}

/** What the latest upgrade of this week changed. */
function Upgraded({ upgrades }: { upgrades: readonly RuleUpgrade[] }) {
  const [newest] = upgrades;
  if (!newest) return null;
  const mine = upgrades.filter(({ product }) => product === newest.product);
  const changed = mine.filter(({ before, after }) => before !== null && after !== null).length;
  const added = mine.filter(({ before }) => before === null).length;
  const said = sayUpgrade(newest.product, { changed, added, removed: mine.length - changed - added });
  return <Banner action={<LinkButton href="/rules?state=upgraded">See them</LinkButton>}>{said}. What you edited stays as it is.</Banner>;
}

function Filters({ asked, text }: { asked: Asked; text: string }) {
  const option = ([value, word]: readonly [string, string]) => (
    <option key={value} value={value}>
      {word}
    </option>
  );
  return (
    <form className={styles.search} action="/rules">
      <Input name="q" defaultValue={text} placeholder="Words of the title, an id" aria-label="Search rules" className={styles.query} />
      <Select name="family" defaultValue={asked.family} aria-label="Family">
        <option value="">Every family</option>
        {Family.options.map((each) => option([each, familyWord(each)]))}
      </Select>
      <Select name="level" defaultValue={asked.level} aria-label="Level">
        <option value="">Every level</option>
        {Level.options.toReversed().map((each) => option([each, each]))}
      </Select>
      <Select name="source" defaultValue={asked.source} aria-label="From">
        <option value="">From anywhere</option>
        {Object.entries(SOURCES).map(option)}
      </Select>
      <Select name="state" defaultValue={asked.state} aria-label="State">
        <option value="">On and off</option>
        <option value="on">On</option>
        <option value="test">Test only</option>
        <option value="off">Off</option>
        <option value="broken">Out of action</option>
        <option value="waiting">Waiting for values</option>
        <option value="outdated">Vedette brings another text</option>
        <option value="upgraded">Changed by an upgrade</option>
        <option value="dear">Dear</option>
        <option value="noisy">Noisy or often wrong</option>
      </Select>
      <Button type="submit">Filter</Button>
    </form>
  );
}

function Pages({
  page,
  pages,
  params,
  total,
}: {
  page: number;
  pages: number;
  params: Record<string, string | string[] | undefined>;
  total: number;
}) {
  const href = (to: number) =>
    `/rules?${new URLSearchParams([...Object.entries(params).flatMap(([name, value]) => (name === "page" ? [] : [[name, one(value)]])), ["page", String(to)]])}`;
  return (
    <nav className={styles.bulk} aria-label="Pages of rules">
      <span className="muted">
        Page {page} of {pages}, {plural(total, "rule")}
      </span>
      <span className={styles.buttons}>
        {page > 1 && (
          <LinkButton size="s" href={href(page - 1)}>
            Before
          </LinkButton>
        )}
        {page < pages && (
          <LinkButton size="s" href={href(page + 1)}>
            Next
          </LinkButton>
        )}
      </span>
    </nav>
  );
}
