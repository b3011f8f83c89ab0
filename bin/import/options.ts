/** The options that `import` and `tail` share. */
import { parseArgs } from "node:util";
import { invalid } from "@/lib/errors";
import { findFormat, logFormats } from "@/lib/ingest/readers/formats";
import type { LogFormat } from "@/lib/ingest/readers/reader";
import { offsetMinutes } from "@/lib/ingest/readers/text";

/** What the command line said. `format` undefined: guess for each file. */
export interface Options {
  files: string[];
  format: LogFormat | undefined;
  service: string | undefined;
  environment: string | undefined;
  utcOffsetMinutes: number | undefined;
  remote: { url: string; key: string } | undefined;
  wait: boolean;
}

/** The lines of the usage text that explain the formats. */
export const formatTable = logFormats.map(({ name, title }) => `  ${name.padEnd(11)} ${title}`).join("\n");

export const sharedUsage = `  --format NAME         one of the formats below; guessed from the first lines when left out
  --service NAME        the sending application, as the dashboard will name it (default: the format's name)
  --environment NAME    production, staging, …
  --utc-offset ±HH:MM   for logs whose stamps name no zone (syslog, error logs); default +00:00
  --url URL --key KEY   send to an installation elsewhere with an API key, instead of the one on this machine`;

/** Reads the arguments of a command. Throws `invalid` with what is wrong. */
export function readOptions(args: string[]): Options {
  const { values, positionals } = parse(args);
  const format = values.format === undefined ? undefined : findFormat(values.format);
  if (values.format !== undefined && !format)
    throw invalid(`There is no format "${values.format}". Formats: ${logFormats.map(({ name }) => name).join(", ")}.`);
  const offset = values["utc-offset"] === undefined ? undefined : offsetMinutes(values["utc-offset"]);
  if (values["utc-offset"] !== undefined && offset === undefined) throw invalid("--utc-offset wants a value like +02:00.");
  if ((values.url === undefined) !== (values.key === undefined)) throw invalid("--url and --key go together.");
  if (values.url !== undefined && !URL.canParse(values.url)) throw invalid(`--url ${values.url} is no address.`);
  return {
    files: positionals,
    format,
    service: values.service,
    environment: values.environment,
    utcOffsetMinutes: offset,
    remote: values.url !== undefined && values.key !== undefined ? { url: values.url, key: values.key } : undefined,
    wait: !values["no-wait"],
  };
}

function parse(args: string[]) {
  const text = { type: "string" as const };
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        format: text,
        service: text,
        environment: text,
        "utc-offset": text,
        url: text,
        key: text,
        wait: { type: "boolean" },
        "no-wait": { type: "boolean" },
      },
    });
  } catch (error) {
    throw invalid(error instanceof Error ? (error.message.split(". ")[0] ?? "wrong arguments") : "wrong arguments");
  }
}
