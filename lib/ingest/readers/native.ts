/** Our own wire form: one event a line (`ndjson`), or one event or an array of them as a text (`json`). */
import { EventInput } from "@/lib/model/event";
import { type LogFormat, type ReaderOptions, type Reading, unread } from "./reader";
import { parseJson } from "./text";

function readEvent(value: unknown, options: ReaderOptions): Reading {
  const parsed = EventInput.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue && issue.path.length > 0 ? `${issue.path.join(".")}: ` : "";
    return { kind: "unread", why: `${place}${issue?.message ?? "not an event"}` };
  }
  const event = parsed.data;
  const service = event.service ?? options.service;
  const environment = event.environment ?? options.environment;
  return {
    kind: "event",
    event: { ...event, ...(service === undefined ? {} : { service }), ...(environment === undefined ? {} : { environment }) },
  };
}

const openLines = (options: ReaderOptions) => (line: string) => {
  const value = parseJson(line);
  return value === undefined ? unread("not JSON") : [readEvent(value, options)];
};

const openDocument = (options: ReaderOptions) => (text: string) => {
  const value = parseJson(text);
  return value === undefined ? unread("not JSON") : [value].flat().map((one) => readEvent(one, options));
};

export const ndjsonFormat: LogFormat = {
  name: "ndjson",
  title: "Vedette's own events, one JSON object a line",
  unit: "line",
  open: openLines,
};
export const jsonFormat: LogFormat = {
  name: "json",
  title: "Vedette's own events, one object or an array of them",
  unit: "document",
  open: openDocument,
};
