import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Alert } from "@/lib/model/alert";
import type { EventDocument, EventInput, EventRecord } from "@/lib/model/event";
import { behaviourDetectors } from "@/lib/detection/detectors/registry";
import { MemoryWorld } from "@/lib/detection/memory-world";
import { requestDecoder } from "@/lib/detection/match/decoder";
import { compileRuleset, enabledDocuments, isOnByDefault, type Ruleset } from "@/lib/detection/ruleset";
import { invalid } from "@/lib/errors";
import { detectFormat, findFormat, logFormats } from "@/lib/ingest/readers/formats";
import { builtInFolder, readRuleFolders } from "@/lib/rules/rule-files";

export const summary = "Run detection over files: no database, no mail, one JSON line per alert";

export const usage = `Usage: vedette replay [options] FILE…

Each FILE is a world of its own with empty state. Prints one JSON line per alert; lines that are no events are counted on standard error.

  --rules DIR         rules to add to the built-in ones (may be given again)
  --rules-only DIR    these rules and nothing else, no behaviour detectors either (may be given again)
  --ignore-logsource  let every rule look at every event
  --format NAME       ${logFormats.map(({ name }) => name).join(", ")}; guessed from the first lines when absent
  --files-from LIST   a file that names one FILE per line`;

const EVENTS_PER_TURN = 2_000;
const PROBLEMS_SHOWN = 20;

interface Settings {
  files: string[];
  ruleset: Ruleset;
  format: string | undefined;
}

/** Runs the command. */
export async function run(args: string[]): Promise<number> {
  const settings = readSettings(args);
  if (settings.files.length === 0) {
    console.error(usage);
    return 2;
  }
  let bad = 0;
  for (const file of settings.files) {
    const replayed = replayFile(file, settings);
    bad += replayed.bad;
    if (replayed.bad > 0)
      console.error(`${file}: ${replayed.bad} of ${replayed.bad + replayed.events} lines are no events (first: ${replayed.firstWhy})`);
    if (replayed.alerts.length > 0) await write(replayed.alerts.map((alert) => `${JSON.stringify(contractOf(file, alert))}\n`).join(""));
  }
  if (bad > 0) console.error(`${bad} lines are no events.`);
  for (const [rule, reason] of settings.ruleset.disabled) console.error(`Rule ${rule} was put out of action: ${reason}`);
  return 0;
}

function readSettings(args: string[]): Settings {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      rules: { type: "string", multiple: true },
      "rules-only": { type: "string", multiple: true },
      "ignore-logsource": { type: "boolean" },
      format: { type: "string" },
      "files-from": { type: "string" },
    },
  });
  if (values.format !== undefined && !findFormat(values.format)) {
    throw invalid(`There is no format ${values.format}. Known: ${logFormats.map(({ name }) => name).join(", ")}.`);
  }
  const listed = values["files-from"] === undefined ? [] : fs.readFileSync(values["files-from"], "utf8").split(/\r?\n/).filter(Boolean);
  const only = values["rules-only"];
  const builtIn = builtInFolder(path.join(path.dirname(fileURLToPath(import.meta.url)), "../.."));
  return {
    files: [...positionals, ...listed],
    ruleset: loadRuleset(only ?? [builtIn, ...(values.rules ?? [])], values["ignore-logsource"] === true, only !== undefined),
    format: values.format,
  };
}

function loadRuleset(folders: readonly string[], ignoreLogsource: boolean, rulesOnly: boolean): Ruleset {
  const { documents, problems } = readRuleFolders(folders);
  const wanted = rulesOnly ? documents : enabledDocuments(documents, isOnByDefault);
  const ruleset = compileRuleset(wanted, { decoder: requestDecoder, ignoreLogsource, detectors: rulesOnly ? [] : behaviourDetectors });
  const errors = [...problems, ...ruleset.problems].filter(({ severity }) => severity === "error");
  for (const { file, line, column, detail } of errors.slice(0, PROBLEMS_SHOWN)) console.error(`${file}:${line}:${column}: ${detail}`);
  if (errors.length > PROBLEMS_SHOWN) console.error(`… and ${errors.length - PROBLEMS_SHOWN} more problems in rules.`);
  return ruleset;
}

interface Replayed {
  alerts: Alert[];
  events: number;
  bad: number;
  firstWhy: string;
}

function replayFile(file: string, settings: Settings): Replayed {
  const text = fs.readFileSync(file, "utf8");
  const referenceTime = fs.statSync(file).mtimeMs;
  const lines = text.split("\n");
  const format =
    settings.format === undefined
      ? (detectFormat(lines.slice(0, 200), referenceTime) ?? findFormat("ndjson"))
      : findFormat(settings.format);
  if (!format) throw invalid("The log format is not known.");
  const read = format.open({ referenceTime });
  const world = new MemoryWorld(settings.ruleset);
  const result: Replayed = { alerts: [], events: 0, bad: 0, firstWhy: "" };
  let turn: EventRecord[] = [];
  for (const [number, line] of (format.unit === "document" ? [text] : lines).entries()) {
    for (const [part, reading] of read(line).entries()) {
      if (reading.kind === "event") {
        // Within a document the number counts its events, else it is that of the line.
        turn.push(recordOf(reading.event, String(format.unit === "document" ? part : number), referenceTime));
        result.events++;
      } else if (reading.kind === "unread") {
        result.bad++;
        result.firstWhy ||= `line ${number + 1}: ${reading.why}`;
      }
    }
    if (turn.length < EVENTS_PER_TURN) continue;
    world.take(turn);
    turn = [];
  }
  world.take(turn);
  world.finish();
  return { ...result, alerts: world.standing() };
}

function recordOf(event: EventInput, number: string, referenceTime: number): EventRecord {
  const { occurred_at, ...rest } = event;
  const occurredAt = occurred_at === undefined ? referenceTime : Date.parse(occurred_at);
  const document: EventDocument = {
    ...rest,
    id: event.id ?? number,
    occurred_at: new Date(occurredAt).toISOString(),
    outcome: event.outcome ?? "unknown",
    direction: event.direction ?? "inbound",
  };
  return { id: document.id, occurredAt, receivedAt: occurredAt, document };
}

/** An alert in the keys that the command promises. Evidence without an id of its own is the 0-based number of its line. */
const contractOf = (file: string, alert: Alert) => ({
  file,
  rule: alert.ruleId,
  family: alert.family,
  level: alert.level,
  title: alert.title,
  entity: alert.entity,
  first_at: new Date(alert.firstAt).toISOString(),
  last_at: new Date(alert.lastAt).toISOString(),
  event_count: alert.eventCount,
  evidence: alert.evidence,
  source_ips: alert.sourceIps,
  techniques: alert.techniques,
});

const write = (text: string): Promise<void> =>
  new Promise((resolve, reject) => process.stdout.write(text, (error) => (error ? reject(error) : resolve())));
