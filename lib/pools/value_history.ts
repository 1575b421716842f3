import type { ValuePoint } from "./value_chart.ts";

/** As many points as are wanted, evenly by their number, the last one always. */
export function thin(points: readonly ValuePoint[], most: number): ValuePoint[] {
  if (points.length <= most) return [...points];
  const step = (points.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => points[Math.round(i * step)]).filter((point) => point !== undefined);
}
