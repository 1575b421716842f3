import type {
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesPrimitive,
  SeriesAttachedParameter,
  Time,
} from "lightweight-charts";
import { THEME } from "./chart_theme.ts";

/** One step of a band between two prices. */
export interface BandPoint {
  time: Time;
  upper: number;
  lower: number;
}

type Target = Parameters<IPrimitivePaneRenderer["draw"]>[0];

/** Fills the space between two lines, behind everything else. */
export class BandPrimitive implements ISeriesPrimitive<Time> {
  #chart: SeriesAttachedParameter<Time> | null = null;
  #points: readonly BandPoint[] = [];
  readonly #views: readonly IPrimitivePaneView[] = [{
    zOrder: () => "bottom",
    renderer: () => ({ draw: (target) => this.#draw(target) }),
  }];

  attached(chart: SeriesAttachedParameter<Time>): void {
    this.#chart = chart;
  }

  detached(): void {
    this.#chart = null;
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.#views;
  }

  /** Replaces the band; an empty one draws nothing. */
  setPoints(points: readonly BandPoint[]): void {
    this.#points = points;
    this.#chart?.requestUpdate();
  }

  #draw(target: Target): void {
    if (!this.#chart || this.#points.length < 2) return;
    const { chart, series } = this.#chart;
    const scale = chart.timeScale();
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      const upper: [number, number][] = [];
      const lower: [number, number][] = [];
      for (const point of this.#points) {
        const x = scale.timeToCoordinate(point.time);
        // A bar outside the view by more than a screen adds nothing.
        if (x === null || x < -mediaSize.width || x > 2 * mediaSize.width) continue;
        const top = series.priceToCoordinate(point.upper);
        const bottom = series.priceToCoordinate(point.lower);
        if (top === null || bottom === null) continue;
        upper.push([x, top]);
        lower.push([x, bottom]);
      }
      if (upper.length < 2) return;
      context.beginPath();
      for (const [x, y] of upper) context.lineTo(x, y);
      for (const [x, y] of lower.reverse()) context.lineTo(x, y);
      context.closePath();
      context.fillStyle = THEME.band;
      context.fill();
    });
  }
}
