"use client";
import { useRouter, useSearchParams } from "next/navigation";
import { type FormEvent, useState } from "react";
import { Button } from "@/app/ui/button";
import { Field, Input } from "@/app/ui/field";
import { Popover } from "@/app/ui/popover";
import { useViewer } from "@/app/ui/viewer";
import { formatInstant, formatOffset, fromLocal, toLocal, type Zone } from "@/lib/model/format";
import { RELATIVE_RANGES, type RelativeRange, readTimeRange, type TimeRange, writeTimeRange } from "@/lib/model/time-range";
import styles from "./pickers.module.css";

const words: Record<RelativeRange, string> = {
  "15m": "Last 15 minutes",
  "1h": "Last hour",
  "6h": "Last 6 hours",
  "24h": "Last 24 hours",
  "7d": "Last 7 days",
  "30d": "Last 30 days",
};

const rangeWords = (range: TimeRange, zone: Zone, now: number) =>
  range.relative ? words[range.relative] : `${formatInstant(range.from, zone, now)} to ${formatInstant(range.to, zone, now)}`;

/** Which span the page looks at. It lives in the address, so that a link shows the same. `d` opens it. */
export function TimePicker() {
  const router = useRouter();
  const params = useSearchParams();
  const { zone, now } = useViewer();
  const [open, setOpen] = useState(false);
  const range = readTimeRange(Object.fromEntries(params), now);
  const go = (next: TimeRange) => {
    const query = new URLSearchParams(params);
    for (const key of ["last", "from", "to", "cursor"]) query.delete(key);
    for (const [key, value] of Object.entries(writeTimeRange(next))) query.set(key, value);
    setOpen(false);
    router.push(`?${query}`);
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const from = fromLocal(String(form.get("from")), zone);
    const to = fromLocal(String(form.get("to")), zone);
    if (from < to) go({ from, to });
  };
  return (
    <Popover
      label="Time range"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button size="s" className={styles.trigger}>
          <span className="truncate">{rangeWords(range, zone, now)}</span>{" "}
          <span className="faint hide-on-phone">{formatOffset(range.to, zone)}</span>
        </Button>
      }
    >
      <div className={styles.panel}>
        <div className={styles.choices}>
          {(Object.keys(RELATIVE_RANGES) as RelativeRange[]).map((relative) => (
            <button
              key={relative}
              type="button"
              className={styles.choice}
              aria-pressed={range.relative === relative}
              onClick={() => go({ from: now - RELATIVE_RANGES[relative], to: now, relative })}
            >
              {words[relative]}
            </button>
          ))}
        </div>
        <form onSubmit={submit} className={styles.form}>
          <Field id="range-from" label={`From (${formatOffset(range.from, zone)})`}>
            <Input id="range-from" name="from" type="datetime-local" required defaultValue={toLocal(range.from, zone)} />
          </Field>
          <Field id="range-to" label={`To (${formatOffset(range.to, zone)})`}>
            <Input id="range-to" name="to" type="datetime-local" required defaultValue={toLocal(range.to, zone)} />
          </Field>
          <Button type="submit" tone="primary" size="s">
            Show this span
          </Button>
        </form>
      </div>
    </Popover>
  );
}
