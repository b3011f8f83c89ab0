"use client";
import type { ReactNode } from "react";
import { ChartFrame } from "@/app/ui/chart-frame";
import { useViewer } from "@/app/ui/viewer";
import { niceTicks, timeTicks } from "@/lib/charts/axes";
import { formatCount, formatInstant, formatOffset } from "@/lib/model/format";
import type { Course } from "@/lib/incidents/case-file";
import styles from "./case.module.css";

interface OneChart {
  name: string;
  course: Course;
  tone: "fail" | "data";
  height: number;
  label?: string;
}

interface CourseProps {
  question: string;
  answer: string;
  said: string;
  charts: readonly OneChart[];
  unit: string;
  links: ReactNode;
  note: string;
}

/** One or two courses of a number over the same time, under a question and its answer; the same numbers as a table. */
export function CourseChart({ question, answer, said, charts, unit, links, note }: CourseProps) {
  const { zone, now } = useViewer();
  const [first] = charts;
  const offset = formatOffset(first ? first.course.from + first.course.values.length * first.course.stepMs : now, zone);
  const rows =
    first?.course.values.map((_, index) => ({
      at: first.course.from + index * first.course.stepMs,
      values: charts.map(({ course }) => course.values[index] ?? 0),
    })) ?? [];
  return (
    <ChartFrame
      title={
        <>
          <span className={styles.ask}>{question}</span> {answer}
        </>
      }
      summary={said}
      picture={
        <>
          <p className={styles.said}>{said}</p>
          {charts.map((chart, index) => (
            <Columns key={chart.name} {...chart} ticks={index === charts.length - 1} />
          ))}
        </>
      }
      table={
        <table className={styles.numbers}>
          <thead>
            <tr>
              <th scope="col">From ({offset})</th>
              {charts.map(({ name }) => (
                <th key={name} scope="col">
                  {name}, {unit}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows
              .filter(({ values }) => values.some((value) => value > 0))
              .map(({ at, values }) => (
                <tr key={at}>
                  <td className="num">{formatInstant(at, zone, now)}</td>
                  {values.map((value, index) => (
                    <td key={charts[index]?.name} className="num">
                      {formatCount(value)}
                    </td>
                  ))}
                </tr>
              ))}
          </tbody>
        </table>
      }
      footer={
        <>
          {links}
          <span className={styles.footnote}>
            {note}, {offset}
          </span>
        </>
      }
    />
  );
}

/** Columns in a stretched picture; the words are HTML over it, so that they keep their size on a phone. */
function Columns({ name, course, tone, height, label, ticks }: OneChart & { ticks: boolean }) {
  const { zone } = useViewer();
  const steps = niceTicks(Math.max(...course.values, 1), height > 80 ? 3 : 2).filter(Number.isInteger); // there are no half events
  const top = steps.at(-1) ?? 1;
  const count = course.values.length;
  const to = course.from + count * course.stepMs;
  const up = (value: number) => 100 - (value / top) * 100;
  return (
    <div className={styles.plot} style={{ height, marginBottom: ticks ? 26 : 14 }}>
      <span className={styles.plotName}>{name}</span>
      {steps.map((value) => (
        <span key={value}>
          <i className={styles.grid} style={{ top: `${up(value)}%` }} />
          <span className={styles.tickY} style={{ top: `${up(value)}%` }}>
            {formatCount(value)}
          </span>
        </span>
      ))}
      <svg viewBox={`0 0 ${count} 100`} preserveAspectRatio="none" aria-hidden>
        {course.values.map((value, index) =>
          value > 0 ? (
            <rect
              key={index}
              x={index + 0.1}
              width={0.8}
              y={Math.min(up(value), 98)}
              height={Math.max((value / top) * 100, 2)}
              fill={`var(--${tone})`}
            />
          ) : null,
        )}
      </svg>
      {label && <span className={styles.tag}>{label}</span>}
      {ticks &&
        timeTicks(course.from, to, zone, 5).map(({ at, text: words }) => (
          <span key={at} className={styles.tickX} style={{ left: `${((at - course.from) / (to - course.from)) * 100}%` }}>
            {words}
          </span>
        ))}
    </div>
  );
}
