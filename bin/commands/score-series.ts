import { createReadStream, createWriteStream, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { once } from "node:events";
import { finished } from "node:stream/promises";
import { parseArgs } from "node:util";
import { emptySeries, observe } from "@/lib/detection/detectors/series/observe";
import { AppError, invalid } from "@/lib/errors";

export const summary = "Score every value of a time series with the traffic anomaly detector";

export const usage = `Usage: vedette score-series [--out DIR] FILE.csv…

Reads rows "timestamp,value" (a header line names the columns; times without an offset are UTC) and writes "timestamp,value,anomaly_score",
0 (ordinary) to 1 (never seen); 0.5 and above is what would raise an alert. Streaming: a row is judged only by the rows before it.

  --out DIR   write one file of the same name per input into DIR instead of writing to standard output`;

/** Milliseconds since the epoch of a CSV time; a missing offset means UTC. NaN when it is no time. */
function timeOf(text: string): number {
  const iso = text.trim().replace(" ", "T");
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(iso) ? iso : `${iso}Z`);
}

interface Columns {
  time: number;
  value: number;
}

function columnsOf(header: string, file: string): Columns {
  const names = header.split(",").map((name) => name.trim().toLowerCase());
  const columns = { time: names.indexOf("timestamp"), value: names.indexOf("value") };
  if (columns.time < 0 || columns.value < 0) throw invalid(`${file}: the first line must name the columns "timestamp" and "value".`);
  return columns;
}

async function scoreFile(file: string, out: NodeJS.WritableStream): Promise<number> {
  const write = async (line: string) => {
    if (!out.write(`${line}\n`)) await once(out, "drain");
  };
  let columns: Columns | undefined;
  let state = emptySeries();
  let skipped = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === "") continue;
    if (!columns) {
      columns = columnsOf(line, file);
      await write("timestamp,value,anomaly_score");
      continue;
    }
    const cells = line.split(",");
    const [time = "", text = ""] = [cells[columns.time], cells[columns.value]];
    const at = timeOf(time);
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!Number.isFinite(at) || !Number.isFinite(value)) {
      skipped++; // a gap is a gap: the row stays in the output, unjudged
      await write(`${time},${text},0`);
      continue;
    }
    const { state: next, score } = observe(state, at, value);
    state = next;
    await write(`${time},${text},${score.toFixed(6)}`);
  }
  return skipped;
}

/** Runs the command; the exit code is 0 when every file was scored. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { out: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help || positionals.length === 0) {
    process.stderr.write(`${usage}\n`);
    return values.help ? 0 : 2;
  }
  if (values.out) mkdirSync(values.out, { recursive: true });
  const names = positionals.map((file) => basename(file));
  if (values.out && new Set(names).size < names.length)
    throw new AppError("conflict", "Two inputs have the same file name; score them into different directories.");
  for (const file of positionals) {
    const out = values.out ? createWriteStream(join(values.out, basename(file))) : process.stdout;
    const skipped = await scoreFile(file, out);
    if (values.out) {
      out.end();
      await finished(out);
    }
    if (skipped > 0) process.stderr.write(`${file}: ${skipped} rows without a readable time or value were left unjudged\n`);
  }
  return 0;
}
