import { DAY_ms } from "./pool_dates.ts";

/** What a chart of values over time is drawn from: numbers, for pixels need no more. Times are Unix ms. */
export interface ValuePoint {
  t: number;
  v: number;
}

/** How long a stretch a chart shows. */
export const CHART_RANGES = ["1m", "3m", "6m", "all"] as const;

/** See {@link CHART_RANGES}. */
export type ChartRange = (typeof CHART_RANGES)[number];

const RANGE_days: Readonly<Record<ChartRange, number | null>> = { "1m": 30, "3m": 91, "6m": 182, all: null };

/** Where a range begins; null for all there is. */
export function rangeStart(range: ChartRange, nowMs: number): number | null {
  const days = RANGE_days[range];
  return days === null ? null : nowMs - days * DAY_ms;
}

/** Whether a text names a range. */
export function isChartRange(text: unknown): text is ChartRange {
  return CHART_RANGES.some((range) => range === text);
}

/** The rectangle of times and values that a chart shows, and how they become shares of it. */
export interface ChartFrame {
  from: number;
  to: number;
  low: number;
  high: number;
}

/** Empty room behind the newest point, as a share of the width. */
const ROOM_BEHIND = 0.05;

/** Room above and below the values, as a share of their range. */
const ROOM_AROUND = 0.09;

/**
 * The frame around points, from `fromMs` (null: the first point) to the newest of them or `nowMs`.
 * @param others further values that should be in sight, such as marks; those far off are left out.
 * @returns null when there is nothing to draw.
 */
export function frameOf(
  points: readonly ValuePoint[],
  { fromMs, nowMs, others = [] }: { fromMs: number | null; nowMs: number; others?: readonly number[] },
): ChartFrame | null {
  const first = points[0];
  const last = points[points.length - 1];
  if (!first || !last || points.length < 2) return null;
  let low = Infinity;
  let high = -Infinity;
  for (const { v } of points) {
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  const reach = Math.max(high - low, high * 0.02);
  for (const v of others) {
    if (v < low - reach || v > high + reach) continue;
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  const room = Math.max((high - low) * ROOM_AROUND, high * 0.001, 1e-9);
  const from = Math.max(fromMs ?? first.t, Math.min(first.t, nowMs - 1));
  const end = Math.max(last.t, nowMs);
  return { from, to: end + (end - from) * ROOM_BEHIND, low: Math.max(0, low - room), high: high + room };
}

/** A time's place, in percent of the width from the left. */
export function xOf({ from, to }: ChartFrame, t: number): number {
  return round(((t - from) / (to - from)) * 100);
}

/** A value's place, in percent of the height from the top. */
export function yOf({ low, high }: ChartFrame, v: number): number {
  return round(((high - v) / (high - low)) * 100);
}

/** The line through points in a box of 1000 by 1000; "" for fewer than two. */
export function linePath(frame: ChartFrame, points: readonly ValuePoint[]): string {
  if (points.length < 2) return "";
  return `M${
    points.map(({ t, v }) => `${Math.round(xOf(frame, t) * 10)} ${Math.round(yOf(frame, v) * 10)}`).join("L")
  }`;
}

/** The line closed along the bottom, to be filled. */
export function areaPath(frame: ChartFrame, points: readonly ValuePoint[]): string {
  const first = points[0];
  const last = points[points.length - 1];
  if (!first || !last || points.length < 2) return "";
  return `${linePath(frame, points)}V1000H${Math.round(xOf(frame, first.t) * 10)}Z`;
}

/** Values worth a line across: one, two or five times a power of ten apart. */
export function valueTicks({ low, high }: ChartFrame, wanted = 7): { ticks: number[]; digits: number } {
  const raw = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((each) => each * power >= raw) ?? 10);
  const ticks: number[] = [];
  for (let v = Math.ceil(low / step) * step; v <= high; v += step) ticks.push(v);
  return { ticks, digits: step >= 100 ? 0 : Math.max(2, -Math.floor(Math.log10(step) + 1e-9)) };
}

/** How the marks of a time axis are written. */
export type TimeMark = "hour" | "day" | "month";

const STEPS_ms = [1, 2, 4, 6, 12].map((hours) => hours * 3_600_000).concat(
  [1, 2, 4, 7, 14].map((days) => days * DAY_ms),
);

/** Times worth a mark below a chart, at most `most`: round hours, days or months in UTC, as settlements are. */
export function timeTicks({ from, to }: ChartFrame, most = 9): { ticks: number[]; mark: TimeMark } {
  const step = STEPS_ms.find((each) => (to - from) / each <= most);
  const ticks: number[] = [];
  if (step !== undefined) {
    for (let t = Math.ceil(from / step) * step; t < to; t += step) ticks.push(t);
    return { ticks, mark: step < DAY_ms ? "hour" : "day" };
  }
  const months = Math.ceil((to - from) / (most * 30.5 * DAY_ms));
  const start = new Date(from);
  for (let i = 1; i <= most * months; i += months) {
    const t = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + i, 1);
    if (t < to) ticks.push(t);
  }
  return { ticks, mark: "month" };
}

/** Tags on an axis, moved apart so that none covers another: their places in percent, in the order they were given. */
export function spreadTags(places: readonly number[], gap: number): number[] {
  const order = places.map((place, i) => ({ place: Math.min(100 - gap / 2, Math.max(gap / 2, place)), i }))
    .sort((a, b) => a.place - b.place);
  for (let i = 1; i < order.length; i++) {
    const [before, tag] = [order[i - 1], order[i]];
    if (before && tag) tag.place = Math.max(tag.place, before.place + gap);
  }
  // What was pushed over the edge pushes the others back.
  let limit = 100 - gap / 2;
  for (const tag of order.toReversed()) {
    tag.place = Math.min(tag.place, limit);
    limit = tag.place - gap;
  }
  return order.toSorted((a, b) => a.i - b.i).map(({ place }) => round(place));
}

/** The point nearest to a share of the width; null when there is none. */
export function nearestPoint(frame: ChartFrame, points: readonly ValuePoint[], percent: number): ValuePoint | null {
  const t = frame.from + ((frame.to - frame.from) * percent) / 100;
  let best: ValuePoint | null = null;
  for (const point of points) {
    if (best === null || Math.abs(point.t - t) <= Math.abs(best.t - t)) best = point;
  }
  return best;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
