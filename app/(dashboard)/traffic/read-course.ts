import { BAND_HISTORY_MS, expectedBands } from "@/lib/detection/detectors/series/expected-bands";
import type { CourseColumn, CourseMetric } from "@/lib/charts/course";
import type { Executor } from "@/lib/store/db";
import { eventsOf, findFirstMinute, listTraffic, type TrafficFilter, type TrafficPoint } from "@/lib/store/traffic-reads";

const VALUES: Record<CourseMetric, (point: TrafficPoint) => number | null> = {
  requests: eventsOf,
  failures: ({ failure }) => failure,
  bytes: ({ bytes }) => bytes,
  latency: (point) => (eventsOf(point) === 0 ? null : point.durationMs / eventsOf(point)),
};

/** The columns of a span and of the weeks before it that its bands are learnt from. */
export interface BandedTraffic {
  points: TrafficPoint[];
  columns: CourseColumn[];
}

/** Traffic with what was expected of each column, by the learner of the anomaly detector. Columns before the first event ever are unknown, not zero. */
export async function readCourse(
  filter: TrafficFilter,
  { widthMs, metric = "requests", on }: { widthMs: number; metric?: CourseMetric; on?: Executor },
): Promise<BandedTraffic> {
  const [points, first] = await Promise.all([
    listTraffic({ ...filter, from: filter.from - BAND_HISTORY_MS }, on ? { widthMs, on } : { widthMs }),
    findFirstMinute(on),
  ]);
  const values = points.map((point) => ({
    at: point.at,
    value: first === null || point.at + widthMs <= first ? null : VALUES[metric](point),
  }));
  const bands = expectedBands(values, widthMs);
  return { points, columns: values.map((column, n) => ({ ...column, band: bands[n] ?? null })) };
}
