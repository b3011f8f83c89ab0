/** Rules for programs: list, read and write them, run them over the past, make exceptions, import and export. Reading needs a key of scope `read`, changing one of scope `rules`. */
import { z } from "zod";
import { getBacktest, startBacktest, stopBacktest } from "@/lib/backtest/manage";
import { AppError, malformed, notFound } from "@/lib/errors";
import { readInput, readParameters } from "@/lib/input";
import { onePerKey, recognise } from "@/lib/http/read/asked";
import { json } from "@/lib/http/problem";
import type { Handler } from "@/lib/http/route";
import type { Backtest } from "@/lib/model/backtest";
import { modeOf } from "@/lib/model/rule-mode";
import type { Context, Permission } from "@/lib/model/user";
import { percentDecoded } from "@/lib/percent";
import { type CatalogRule, loadCatalog, ruleFamily } from "@/lib/rules/catalog";
import { saveRule, setRuleMode } from "@/lib/rules/change-rule";
import { exportRules } from "@/lib/rules/export-rules";
import { IMPORT_LIMITS, importRules, readUpload } from "@/lib/rules/import-rules";
import { listPlaceholders, setPlaceholder } from "@/lib/rules/placeholders";
import { previewSuppression } from "@/lib/rules/preview-suppression";
import { addSuppression, listSuppressions, stopSuppression } from "@/lib/rules/suppressions";
import { db } from "@/lib/store/db";
import type { Suppression } from "@/lib/store/suppressions";
import { listTestAlerts } from "@/lib/store/test-alerts";
import {
  BacktestInput,
  type BacktestOutput,
  ExceptionInput,
  type ExceptionOutput,
  PlaceholderInput,
  RuleInput,
  type RuleOutput,
  type TestAlertOutput,
} from "./records";

const TEXT_BYTES = 512 * 1024;
const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

/** A handler for a key that may do something; at most four at once for each key. */
const forKey =
  (permission: Permission, work: (ctx: Context, request: Request) => Promise<Response>): Handler =>
  async (request, peer) => {
    const ctx = await recognise(request, peer, permission);
    return onePerKey(ctx, () => work(ctx, request));
  };

/** A part of the path, from the end. What is no UTF-8 is no id. */
function segment(request: Request, fromEnd = 1): string {
  const text = new URL(request.url).pathname.split("/").at(-fromEnd) ?? "";
  const decoded = percentDecoded(text);
  if (decoded === undefined) throw notFound("There is no such thing.");
  return decoded;
}

/** The whole body, or `too_large` as soon as it is longer. */
async function bodyOf(request: Request, most: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request.body ?? []) {
    length += part.length;
    if (length > most) throw new AppError("too_large", `The body may have at most ${most} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

async function inputOf<Input extends z.ZodType>(request: Request, shape: Input): Promise<z.infer<Input>> {
  let given: unknown;
  try {
    given = JSON.parse((await bodyOf(request, TEXT_BYTES)).toString("utf8"));
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw malformed("The body is no JSON.");
  }
  return readInput(shape, given, "The body is not right.");
}

const ruleOutput = ({
  id,
  document,
  source,
  enabled,
  testOnly,
  version,
  yaml,
  disabledReason,
  outdated,
  updatedAt,
  updatedBy,
}: CatalogRule): z.infer<typeof RuleOutput> => ({
  id,
  title: document.title,
  level: document.level,
  family: ruleFamily(document),
  source,
  enabled,
  test_only: enabled && testOnly,
  version,
  disabled_reason: disabledReason,
  outdated: outdated !== null,
  updated_at: iso(updatedAt),
  updated_by: updatedBy,
  yaml,
});

const findRule = async (id: string): Promise<CatalogRule> => {
  const rule = (await loadCatalog()).rules.find((each) => each.id === id);
  if (!rule) throw notFound("There is no such rule.");
  return rule;
};

const ListRules = z.strictObject({ cursor: z.string().max(256).default(""), limit: z.coerce.number().int().min(1).max(1000).default(100) });

/** GET /api/v1/rules: by id. */
export const readRules = forKey("rule:read", async (_, request) => {
  const { cursor, limit } = readParameters(ListRules, request);
  const rules = (await loadCatalog()).rules.filter(({ id }) => id > cursor).sort((a, b) => (a.id < b.id ? -1 : 1));
  const page = rules.slice(0, limit);
  return json({ data: page.map(ruleOutput), next_cursor: rules.length > limit ? (page.at(-1)?.id ?? null) : null });
});

/** GET /api/v1/rules/{id}. */
export const readRule = forKey("rule:read", async (_, request) => json(ruleOutput(await findRule(segment(request)))));

/** PUT /api/v1/rules/{id}: its text, its switch, or both. A new id makes a new rule; its text must carry the same id. */
export const writeRule = forKey("rule:write", async (ctx, request) => {
  const id = segment(request);
  const { yaml, comment, based_on: basedOn, enabled, test_only: testOnly = false } = await inputOf(request, RuleInput);
  const known = (await loadCatalog()).rules.some((rule) => rule.id === id);
  const mode = enabled === undefined ? undefined : modeOf({ enabled, testOnly });
  if (yaml !== undefined) {
    const about = {
      ...(comment === undefined ? {} : { comment }),
      ...(basedOn === undefined ? {} : { basedOn }),
      ...(mode === undefined ? {} : { mode }),
    };
    await saveRule(ctx, { yaml, ...(known ? { id } : { newId: id }), ...about });
  }
  if (yaml === undefined && mode !== undefined) await setRuleMode(ctx, { id, mode });
  return json(ruleOutput(await findRule(id)), { status: known ? 200 : 201 });
});

/** GET /api/v1/rules/{id}/test-alerts: what it said while it was only being tested, the newest 100. */
export const readTestAlerts = forKey("rule:read", async (_, request) => {
  const { id } = await findRule(segment(request, 2));
  const data = (await listTestAlerts(db, id)).map(
    (alert): z.infer<typeof TestAlertOutput> => ({
      key: alert.key,
      title: alert.title,
      level: alert.level,
      entity: alert.entity,
      first_at: alert.firstAt.toISOString(),
      last_at: alert.lastAt.toISOString(),
      event_count: alert.eventCount,
      sentence: alert.sentence,
    }),
  );
  return json({ data });
});

const backtestOutput = (backtest: Backtest): z.infer<typeof BacktestOutput> => ({
  id: backtest.id,
  rule_id: backtest.ruleId,
  state: backtest.state,
  from: new Date(backtest.from).toISOString(),
  until: new Date(backtest.until).toISOString(),
  read_to: new Date(backtest.readTo).toISOString(),
  read: backtest.read,
  total: backtest.total,
  compared_with: backtest.comparedWith,
  cut: backtest.cut ?? null,
  error: backtest.error,
  result: backtest.result,
});

/** POST /api/v1/backtests: begins one; ask for it until its state is an end. */
export const beginBacktest = forKey("rule:read", async (ctx, request) => {
  const { rule_id: id, yaml, days, from, until } = await inputOf(request, BacktestInput);
  const text = yaml ?? (id === undefined ? "" : (await findRule(id)).yaml);
  const span = from !== undefined && until !== undefined ? { from: Date.parse(from), until: Date.parse(until) } : { days: days ?? 7 };
  return json(backtestOutput(await startBacktest(ctx, { ...(id === undefined ? {} : { id }), yaml: text, ...span })), { status: 202 });
});

/** GET /api/v1/backtests/{id}: one's own. */
export const readBacktest = forKey("rule:read", async (ctx, request) => json(backtestOutput(await getBacktest(ctx, segment(request)))));

/** DELETE /api/v1/backtests/{id}: stops it; what it found stays. */
export const endBacktest = forKey("rule:read", async (ctx, request) => json(backtestOutput(await stopBacktest(ctx, segment(request)))));

const exceptionOutput = ({
  id,
  ruleId,
  query,
  reason,
  ownerName,
  createdAt,
  expiresAt,
  endedAt,
  hits,
}: Suppression): z.infer<typeof ExceptionOutput> => ({
  id,
  rule_id: ruleId,
  query,
  reason,
  owner: ownerName,
  created_at: createdAt.toISOString(),
  expires_at: iso(expiresAt),
  ended_at: iso(endedAt),
  held_back: hits,
});

/** GET /api/v1/exceptions: the newest 200, those that have not ended first. */
export const readExceptions = forKey("rule:read", async (ctx) => json({ data: (await listSuppressions(ctx, null)).map(exceptionOutput) }));

/** POST /api/v1/exceptions; with `?preview=true` only says what it would have hidden. */
export const makeException = forKey("rule:read", async (ctx, request) => {
  const { rule_id: ruleId, query, reason, days } = await inputOf(request, ExceptionInput);
  if (new URL(request.url).searchParams.get("preview") === "true") return json(await previewSuppression(ctx, { ruleId, query }));
  const id = await addSuppression(ctx, { ruleId, query, reason: reason ?? "", days: days ?? 30 });
  const made = (await listSuppressions(ctx, ruleId)).find((each) => each.id === id);
  if (!made) throw notFound("The exception ended at once.");
  return json(exceptionOutput(made), { status: 201 });
});

/** DELETE /api/v1/exceptions/{id}: ends it. */
export const endException = forKey("rule:read", async (ctx, request) => {
  await stopSuppression(ctx, { id: segment(request) });
  return new Response(null, { status: 204 });
});

/** GET /api/v1/placeholders: all, those that rules wait for first. */
export const readPlaceholders = forKey("rule:read", async (ctx) => json({ data: await listPlaceholders(ctx) }));

/** PUT /api/v1/placeholders/{id}: the values of one; none takes them away. */
export const writePlaceholder = forKey("rule:write", async (ctx, request) => {
  const { values } = await inputOf(request, PlaceholderInput);
  await setPlaceholder(ctx, { name: segment(request), values });
  return json({ data: await listPlaceholders(ctx) });
});

/** POST /api/v1/rules/import: a YAML file or a ZIP archive as the body; with `?dry_run=true` only the report. */
export const takeRules = forKey("rule:write", async (ctx, request) => {
  const bytes = await bodyOf(request, IMPORT_LIMITS.bytes);
  const files = await readUpload([{ name: "upload.yml", bytes }]);
  return json(await importRules(ctx, files, { dryRun: new URL(request.url).searchParams.get("dry_run") === "true" }));
});

/** GET /api/v1/rules/export: all rules as a ZIP archive. */
export const giveRules = forKey("rule:read", async (ctx) => {
  const { name, bytes } = await exportRules(ctx);
  const headers = {
    "content-type": "application/zip",
    "content-disposition": `attachment; filename="${name}"`,
    "cache-control": "no-store",
  };
  return new Response(new Uint8Array(bytes), { headers });
});
