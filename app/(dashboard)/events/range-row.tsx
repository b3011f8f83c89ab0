"use client";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { type FormEvent, useRef } from "react";
import { IconButton } from "@/app/ui/button";
import { useViewer } from "@/app/ui/viewer";
import { fromLocal, toLocal } from "@/lib/model/format";
import type { TimeRange } from "@/lib/model/time-range";
import styles from "./events.module.css";
import { ZoomButtons } from "./histogram";

/** The span as two fields and four buttons: everything that dragging does, without dragging. */
export function RangeRow({ range, onZoom }: { range: TimeRange; onZoom: (range: TimeRange) => void }) {
  const { zone } = useViewer();
  const form = useRef<HTMLFormElement>(null);
  const half = (range.to - range.from) / 2;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const [from, to] = ["from", "to"].map((name) => fromLocal(String(data.get(name)), zone));
    if (from !== undefined && to !== undefined && from < to) onZoom({ from, to });
  };
  const field = (name: "from" | "to", label: string) => (
    <label className={styles.instant}>
      <span>{label}</span>
      <input
        type="datetime-local"
        step="1"
        name={name}
        defaultValue={toLocal(range[name], zone, "second")}
        onBlur={(event) => event.target.value !== event.target.defaultValue && form.current?.requestSubmit()}
      />
    </label>
  );
  return (
    <form ref={form} className={styles.range} onSubmit={submit} key={`${range.from} ${range.to} ${zone}`} aria-label="Time range">
      {field("from", "From")}
      {field("to", "To")}
      <button type="submit" className="visually-hidden">
        Show this span
      </button>
      <IconButton label="Half a span earlier" size="s" onClick={() => onZoom({ from: range.from - half, to: range.to - half })}>
        <ChevronLeft aria-hidden />
      </IconButton>
      <IconButton label="Half a span later" size="s" onClick={() => onZoom({ from: range.from + half, to: range.to + half })}>
        <ChevronRight aria-hidden />
      </IconButton>
      <ZoomButtons range={range} onZoom={onZoom} />
    </form>
  );
}
