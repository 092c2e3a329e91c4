import type { Measurement } from '../../server/views.ts';

/** Where things stand in a chart, in pixels. */
export interface Layout {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  /** Of the nth measurement. Measurements stand at equal distances: they come in bursts, which time would clump. */
  x(index: number): number;
  y(share: number): number;
  /** Every nth measurement has room for a label. */
  readonly labelEvery: number;
}

export function layOut(width: number, height: number, count: number): Layout {
  const [left, right, top, bottom] = [30, 12, 26, 28];
  const step = (width - left - right - 12) / Math.max(1, count - 1);
  return {
    left,
    right,
    top,
    x: (index) => left + 6 + (count === 1 ? 0 : index * step),
    y: (share) => top + (1 - share) * (height - top - bottom),
    labelEvery: Math.max(1, Math.ceil(54 / step)),
  };
}

export interface ChartPoint {
  readonly measurement: Measurement;
  readonly x: number;
  readonly y: number;
  /** The ends of the interval. */
  readonly high: number;
  readonly low: number;
}

export function pointsOf(measurements: readonly Measurement[], layout: Layout): ChartPoint[] {
  return measurements.map((measurement, index) => {
    const { effectiveness, confidence } = measurement;
    const half = (1 - confidence) / 2;
    return {
      measurement,
      x: layout.x(index),
      y: layout.y(effectiveness),
      high: layout.y(Math.min(1, effectiveness + half)),
      low: layout.y(Math.max(0, effectiveness - half)),
    };
  });
}

/** The points of one course of treatment as paths. */
export interface ChartCourse {
  readonly key: string;
  readonly herb: string;
  readonly start: number;
  readonly line: string;
  readonly band: string;
  /** Whether the name of the herb has room. */
  readonly wide: boolean;
}

export function coursesOf(points: readonly ChartPoint[]): ChartCourse[] {
  const courses: [ChartPoint, ...ChartPoint[]][] = [];
  for (const point of points) {
    const current = courses.at(-1);
    if (current?.[0].measurement.courseId === point.measurement.courseId) current.push(point);
    else courses.push([point]);
  }
  return courses.map((course, index) => {
    const [first] = course;
    const end = courses[index + 1]?.[0].x ?? Number.POSITIVE_INFINITY;
    const { herb, courseId, sampleSize } = first.measurement;
    return {
      key: `${courseId}:${sampleSize}`,
      herb,
      start: first.x,
      line: `M${course.map(({ x, y }) => `${x} ${y}`).join(' L')}`,
      band: bandOf(course),
      wide: end - first.x > herb.length * 7,
    };
  });
}

/** A lone point has no area, so its interval is drawn as a thin bar. */
function bandOf(course: readonly [ChartPoint, ...ChartPoint[]]): string {
  const [{ x, high, low }] = course;
  if (course.length === 1) return `M${x - 2} ${high} H${x + 2} V${low} H${x - 2} Z`;
  const there = course.map((point) => `${point.x} ${point.high}`);
  const back = course.toReversed().map((point) => `${point.x} ${point.low}`);
  return `M${[...there, ...back].join(' L')} Z`;
}
