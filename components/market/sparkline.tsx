import type { JSX } from "preact";
import type { Direction } from "../../lib/market/format.ts";
import { NoData } from "./price.tsx";

/** Points a sparkline draws at most: more are not seen at its size. */
const POINTS_MAX = 120;

export interface SparklineProps {
  /** Closes, oldest first, as decimal strings. */
  points: readonly string[];
  direction: Direction;
  width: number;
  height: number;
  /** Fill under the line and stretch to the place it is given. */
  area?: boolean;
}

/** A line of closes, scaled to its own range. */
export function Sparkline({ points, direction, width, height, area = false }: SparklineProps): JSX.Element {
  const path = sparkPath(points, width, height);
  if (path === null) return <NoData className="spark-empty" />;
  return (
    <svg
      class={`spark ${direction}`}
      viewBox={`0 0 ${width} ${height}`}
      width={area ? undefined : width}
      height={area ? undefined : height}
      preserveAspectRatio={area ? "none" : undefined}
      aria-hidden="true"
    >
      {area && <path class="spark-area" d={`${path.line}V${height}H0Z`} />}
      <path class="spark-line" d={path.line} vector-effect="non-scaling-stroke" />
      {!area && <circle cx={path.endX} cy={path.endY} r="2" fill="currentColor" />}
    </svg>
  );
}

/** The line's path; null when fewer than two points can be drawn. */
export function sparkPath(
  points: readonly string[],
  width: number,
  height: number,
): { line: string; endX: number; endY: number } | null {
  const values = points.slice(-POINTS_MAX).map(Number).filter(Number.isFinite);
  if (values.length < 2) return null;
  const low = Math.min(...values);
  const range = Math.max(...values) - low;
  const inset = 3;
  const stepX = (width - inset) / (values.length - 1);
  // A flat line runs through the middle.
  const toY = (value: number) => range === 0 ? height / 2 : inset + (height - 2 * inset) * (1 - (value - low) / range);
  const spots = values.map((value, i) => [round(i * stepX), round(toY(value))] as const);
  const end = spots[spots.length - 1] ?? [0, 0];
  return { line: `M${spots.map(([x, y]) => `${x} ${y}`).join("L")}`, endX: end[0], endY: end[1] };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
