import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { finished } from "node:stream/promises";
import { parseArgs } from "node:util";
import { invalid } from "@/lib/errors";
import { attacksOf, simulate, type SimulateOptions } from "@/lib/simulate/simulate";

export const summary = "Write the API life of a simulated company, with labelled attacks in it";

export const usage = `Usage: vedette simulate [options] --out FILE

Writes one event per line (NDJSON), the same bytes for the same options. Import them with: vedette import --format ndjson FILE

  --seed N        which company and which weeks (default 1)
  --days D        how many days (default 21; the first third, at most 14 days, is calm so that baselines can form)
  --people P      how many people (default 50)
  --start DATE    first day, YYYY-MM-DD (default 2026-01-05)
  --out FILE      where to; - is standard output (default)
  --labels FILE   also write the attacks (one JSON line each, with the ids of their events)`;

function whole(name: string, text: string | undefined, fallback: number, most: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > most) throw invalid(`--${name} must be a whole number up to ${most}.`);
  return value;
}

/** Runs the command. */
export async function run(args: string[]): Promise<number> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: { seed: text, days: text, people: text, start: text, out: text, labels: text, help: { type: "boolean", short: "h" } },
  });
  if (values.help) {
    process.stderr.write(`${usage}\n`);
    return 0;
  }
  const start = Date.parse(`${values.start ?? "2026-01-05"}T00:00:00Z`);
  if (Number.isNaN(start)) throw invalid("--start must be a date, YYYY-MM-DD.");
  const options: SimulateOptions = {
    seed: whole("seed", values.seed, 1, 2 ** 32 - 1),
    days: whole("days", values.days, 21, 366),
    people: whole("people", values.people, 50, 10_000),
    start,
  };
  const toFile = values.out !== undefined && values.out !== "-";
  const out = toFile ? createWriteStream(values.out as string) : process.stdout; // toFile says that it is given
  const ids = new Map<string, string[]>();
  for (const { event, label } of simulate(options)) {
    if (label) ids.set(label, [...(ids.get(label) ?? []), event.id ?? ""]);
    if (!out.write(`${JSON.stringify(event)}\n`)) await once(out, "drain");
  }
  if (toFile) {
    out.end();
    await finished(out);
  }
  if (values.labels) {
    const labels = createWriteStream(values.labels);
    for (const attack of attacksOf(options)) labels.write(`${JSON.stringify({ ...attack, event_ids: ids.get(attack.id) ?? [] })}\n`);
    labels.end();
    await finished(labels);
  }
  return 0;
}
