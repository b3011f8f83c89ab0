/** The log formats that the command line, `tail` and replay know, and the guess at which of them a file has. */
import { readAccessLine } from "./access-line";
import { caddyFacts, envoyFacts, jsonAccessReader, kongFacts, nginxFacts, traefikFacts } from "./access-json";
import { cloudTrailFormat } from "./cloudtrail";
import { readEnvoyLine } from "./envoy-line";
import { readErrorLine } from "./error-line";
import { jsonFormat, ndjsonFormat } from "./native";
import { type LogFormat, MAX_LINE_LENGTH, type ReaderOptions, type Reading, skip, unread } from "./reader";
import { sshdFormat } from "./sshd";
import { parseJson } from "./text";

type LineReader = (line: string, options: ReaderOptions, format: string) => Reading[] | undefined;

/** A format whose lines stand alone: the first reader that knows the line's shape reads it. */
function lines(name: string, title: string, json: ReturnType<typeof jsonAccessReader> | undefined, readers: LineReader[]): LogFormat {
  const open = (options: ReaderOptions) => (line: string) => {
    if (json && line.startsWith("{")) return json(line, options);
    for (const reader of readers) {
      const readings = reader(line, options, name);
      if (readings) return readings;
    }
    return unread(`not a line as ${name} writes it`);
  };
  return { name, title, unit: "line", open };
}

const known: LogFormat[] = [
  lines("nginx", "nginx: combined or JSON access log, error log", jsonAccessReader("nginx", nginxFacts), [readAccessLine, readErrorLine]),
  lines("apache", "Apache: common, combined or vhost_combined access log, error log", undefined, [readAccessLine, readErrorLine]),
  sshdFormat,
  lines("caddy", "Caddy: JSON access log", jsonAccessReader("caddy", caddyFacts), [readAccessLine]),
  lines("traefik", "Traefik: JSON or common access log", jsonAccessReader("traefik", traefikFacts), [readAccessLine]),
  lines("envoy", "Envoy: default text or JSON access log", jsonAccessReader("envoy", envoyFacts), [readEnvoyLine]),
  lines("kong", "Kong: file-log or http-log JSON, or its nginx access log", jsonAccessReader("kong", kongFacts), [
    readAccessLine,
    readErrorLine,
  ]),
  cloudTrailFormat,
  ndjsonFormat,
  jsonFormat,
];

/** Every format, in the order in which help lists them. Blank and over-long texts are dealt with here, once. */
export const logFormats: readonly LogFormat[] = known.map((format) => ({ ...format, open: guarded(format) }));

function guarded(format: LogFormat): LogFormat["open"] {
  return (options) => {
    const reader = format.open(options);
    return (text) => {
      const line = format.unit === "line" && text.endsWith("\r") ? text.slice(0, -1) : text;
      if (line.trim() === "") return skip("blank");
      if (format.unit === "line" && format.name !== "ndjson" && line.length > MAX_LINE_LENGTH) return unread("longer than 64 KiB");
      return reader(line);
    };
  };
}

/** The format with that command-line name. */
export function findFormat(name: string): LogFormat | undefined {
  return logFormats.find((format) => format.name === name);
}

/** Lines looked at by `detectFormat`; enough to pass over a start-up banner or an hour of cron. */
export const SAMPLE = 200;

/** In the order of how particular they are, so that a tie goes to the more particular one. A JSON line names its writer; a combined line does not. */
const JSON_GUESSES = ["cloudtrail", "ndjson", "kong", "caddy", "traefik", "envoy", "nginx"];
const TEXT_GUESSES = ["sshd", "envoy", "nginx", "apache"];

/** The format that understands most of the sample lines, some of them as events; undefined when none understands at least a third. */
export function detectFormat(sample: readonly string[], referenceTime: number): LogFormat | undefined {
  const texts = sample.filter((line) => line.trim() !== "").slice(0, SAMPLE);
  if (texts[0]?.startsWith("[") && parseJson(texts.join("\n")) !== undefined) return findFormat("json");
  const json = texts.filter((line) => line.startsWith("{")).length * 2 > texts.length;
  let best: { format: LogFormat; understood: number } | undefined;
  for (const name of json ? JSON_GUESSES : TEXT_GUESSES) {
    const format = findFormat(name);
    if (!format) continue;
    const reader = format.open({ referenceTime });
    const readings = texts.map((line) => reader(line));
    const understood = readings.filter((ones) => ones.every(({ kind }) => kind !== "unread")).length; // sshd tells one attempt in several lines
    const events = readings.some((ones) => ones.some(({ kind }) => kind === "event"));
    if (events && understood > (best?.understood ?? 0)) best = { format, understood };
  }
  return best && best.understood * 3 >= texts.length ? best.format : undefined;
}
