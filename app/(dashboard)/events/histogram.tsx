"use client";
import { Minus, Plus } from "lucide-react";
import Link from "next/link";
import { type PointerEvent, useEffect, useRef, useState } from "react";
import { Button } from "@/app/ui/button";
import { cx } from "@/app/ui/cx";
import { useViewer } from "@/app/ui/viewer";
import { niceTicks, timeTicks } from "@/lib/charts/axes";
import { formatClock, formatCount, formatInstant, formatShort } from "@/lib/model/format";
import type { TimeRange } from "@/lib/model/time-range";
import styles from "./histogram.module.css";

/** A kind of bar part: its name and colour. */
export interface Kind {
  key: string;
  label: string;
  colour: string;
  total: number;
}

export interface Mark {
  at: number;
  label: string;
  href: string;
}

interface HistogramProps {
  bars: readonly { at: number; counts: readonly number[] }[];
  widthMs: number;
  kinds: readonly Kind[];
  range: TimeRange;
  marks: readonly Mark[];
  onZoom: (range: TimeRange) => void;
}

const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);

/** Events over time as stacked bars. Dragging previews a span and its count; a button, a double click or Enter zooms into it. */
export function Histogram({ bars, widthMs, kinds, range, marks, onZoom }: HistogramProps) {
  const { zone, now } = useViewer();
  const start = bars[0]?.at ?? range.from;
  const end = start + bars.length * widthMs;
  const tops = niceTicks(Math.max(...bars.map(({ counts }) => sum(counts)), 0), 3);
  const max = tops.at(-1) ?? 1;
  const x = (at: number) => `${Math.min(100, Math.max(0, ((at - start) / (end - start)) * 100))}%`;
  const brush = useBrush(bars.length, { key: `${start} ${end}` });
  const chosen = brush.span && { from: start + brush.span[0] * widthMs, to: start + (brush.span[1] + 1) * widthMs };
  const inside = brush.span ? bars.slice(brush.span[0], brush.span[1] + 1).reduce((total, bar) => total + sum(bar.counts), 0) : 0;
  const zoom = () => chosen && onZoom({ from: Math.max(chosen.from, range.from), to: Math.min(chosen.to, range.to) });
  const hovered = brush.hover === null || brush.span ? undefined : bars[brush.hover];
  const precision = widthMs < 1000 ? "ms" : widthMs < 60_000 ? "second" : "minute";
  return (
    <div className={styles.chart}>
      <div className={styles.axis} aria-hidden>
        {tops.map((top) => (
          <span key={top} style={{ bottom: `${(top / max) * 100}%` }}>
            {formatShort(top)}
          </span>
        ))}
      </div>
      <div
        className={styles.plot}
        {...brush.handlers}
        onDoubleClick={zoom}
        onKeyDown={(event) => {
          if (event.key === "Enter") zoom();
          brush.onKey(event.key);
        }}
        role="group"
        aria-label="Events over time. Arrow keys move, with Shift they widen the span, Enter zooms in."
        tabIndex={0}
      >
        {tops.map((top) => (
          <i key={top} className={styles.grid} style={{ bottom: `${(top / max) * 100}%` }} />
        ))}
        <svg viewBox={`0 0 ${bars.length} ${max}`} preserveAspectRatio="none" className={styles.bars} aria-hidden>
          {bars.map((bar, i) => {
            let below = 0;
            return bar.counts.map((count, k) => {
              if (count === 0) return null;
              below += count;
              // at least a visible sliver, however small beside the tallest
              const height = Math.max(count, max / 90);
              return <rect key={kinds[k]?.key} x={i + 0.09} y={max - below} width={0.82} height={height} fill={kinds[k]?.colour} />;
            });
          })}
        </svg>
        {marks.map((mark) => (
          <Link
            key={mark.href}
            href={mark.href}
            className={styles.mark}
            style={{ left: x(mark.at) }}
            title={mark.label}
            onPointerDown={(event) => event.stopPropagation()}
          >
            <span className="visually-hidden">{mark.label}</span>
          </Link>
        ))}
        {hovered && (
          <div className={styles.tip} style={{ left: `clamp(64px, ${x(hovered.at + widthMs / 2)}, calc(100% - 64px))` }}>
            <b>{formatInstant(hovered.at, zone, now, precision)}</b>
            {kinds.map((kind, k) => (
              <span key={kind.key}>
                <i style={{ background: kind.colour }} />
                {kind.label} <em className="num">{formatCount(hovered.counts[k] ?? 0)}</em>
              </span>
            ))}
          </div>
        )}
        {chosen && (
          <>
            <div className={styles.span} style={{ left: x(chosen.from), width: `${((chosen.to - chosen.from) / (end - start)) * 100}%` }}>
              <i />
              <i />
            </div>
            <div className={styles.preview} style={{ left: `clamp(110px, ${x((chosen.from + chosen.to) / 2)}, calc(100% - 110px))` }}>
              <span className="num">
                {formatClock(chosen.from, zone, precision)} to {formatClock(chosen.to, zone, precision)} · <b>{formatCount(inside)}</b>
              </span>
              <button type="button" onPointerDown={(event) => event.stopPropagation()} onClick={zoom}>
                Zoom in
              </button>
            </div>
          </>
        )}
      </div>
      <div className={styles.ticks} aria-hidden>
        {timeTicks(start, end, zone, 7).map((tick) => (
          <span key={tick.at} style={{ left: `clamp(16px, ${x(tick.at)}, calc(100% - 18px))` }}>
            {tick.text}
          </span>
        ))}
      </div>
    </div>
  );
}

/** The same numbers as a table. */
export function HistogramTable({ bars, kinds }: Pick<HistogramProps, "bars" | "kinds">) {
  const { zone, now } = useViewer();
  return (
    <div className={styles.table} tabIndex={0} role="region" aria-label="Events over time">
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            {kinds.map((kind) => (
              <th key={kind.key} scope="col">
                {kind.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {bars
            .filter(({ counts }) => sum(counts) > 0)
            .map((bar) => (
              <tr key={bar.at}>
                <th scope="row">{formatInstant(bar.at, zone, now, "second")}</th>
                {bar.counts.map((count, k) => (
                  <td key={kinds[k]?.key}>{formatCount(count)}</td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}

/** What the pointer or the keys have chosen, as numbers of the first and the last bar. Works with mouse, pen and finger alike. */
function useBrush(length: number, { key }: { key: string }) {
  const [span, setSpan] = useState<[number, number] | null>(null);
  const [hover, setHover] = useState<number | null>(null);
  const origin = useRef<number | null>(null);
  useEffect(() => setSpan(null), [key]);
  const barAt = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(length - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * length)));
  };
  const onKey = (pressed: string) => {
    if (pressed === "Escape") setSpan(null);
  };
  const handlers = {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      origin.current = barAt(event);
      setSpan([origin.current, origin.current]);
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      const at = barAt(event);
      setHover(at);
      const from = origin.current;
      if (from !== null) setSpan([Math.min(from, at), Math.max(from, at)]);
    },
    onPointerUp: () => {
      origin.current = null;
    },
    onPointerLeave: () => setHover(null),
    onPointerCancel: () => {
      origin.current = null;
      setSpan(null);
    },
    onKeyDownCapture: (event: { key: string; shiftKey: boolean; preventDefault: () => void }) => {
      const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
      if (step === 0) return;
      event.preventDefault();
      setSpan((before) => {
        const [a, b] = before ?? [step > 0 ? -1 : length, step > 0 ? -1 : length];
        const to = Math.min(length - 1, Math.max(0, b + step));
        return event.shiftKey && before ? [Math.min(a, to), Math.max(a, to)] : [to, to];
      });
    },
  };
  return { span, hover, handlers, onKey };
}

/** Wider or narrower round the middle: the buttons for those who do not drag. */
export function ZoomButtons({ range, onZoom }: { range: TimeRange; onZoom: (range: TimeRange) => void }) {
  const size = range.to - range.from;
  return (
    <>
      <Button
        size="s"
        tone="quiet"
        className={cx(styles.zoom)}
        onClick={() => onZoom({ from: range.from + size / 4, to: range.to - size / 4 })}
      >
        <Plus aria-hidden />
        <span className="visually-hidden">Zoom in</span>
      </Button>
      <Button size="s" tone="quiet" onClick={() => onZoom({ from: range.from - size / 2, to: range.to + size / 2 })}>
        <Minus aria-hidden /> Zoom out
      </Button>
    </>
  );
}
