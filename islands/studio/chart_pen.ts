import type { ISeriesPrimitive, SeriesAttachedParameter, Time } from "lightweight-charts";

// One module for what a chart is drawn on with: it is loaded with the library.
export { DrawingsPrimitive } from "./drawings_primitive.ts";

/** A stretch of the time axis, counted in bars of the candles shown; it may reach beyond either end. */
export interface Bars {
  from: number;
  to: number;
}

/** Draws nothing: it knows what lies where on a chart, and what of it is seen. */
export class ChartPen implements ISeriesPrimitive<Time> {
  readonly #onAttached: (pen: ChartPen) => void;
  #chart: SeriesAttachedParameter<Time> | null = null;

  /** @param onAttached called once there is a chart. */
  constructor(onAttached: (pen: ChartPen) => void) {
    this.#onAttached = onAttached;
  }

  attached(chart: SeriesAttachedParameter<Time>): void {
    this.#chart = chart;
    this.#onAttached(this);
  }

  detached(): void {
    this.#chart = null;
  }

  /** Tells what is seen, now and after every change, as long as the chart is there. */
  onBars(listener: (bars: Bars | null) => void): void {
    const scale = this.#chart?.chart.timeScale();
    listener(scale?.getVisibleLogicalRange() ?? null);
    scale?.subscribeVisibleLogicalRangeChange(listener);
  }

  /** What lies at a place of the canvas, in pixels from its corner; null off the prices. */
  placeAt(x: number, y: number): { bar: number; price: number } | null {
    if (!this.#chart) return null;
    const { chart, series } = this.#chart;
    const [prices] = chart.panes();
    if (!prices || y < 0 || y > prices.getHeight()) return null;
    const bar = chart.timeScale().coordinateToLogical(x);
    const price = series.coordinateToPrice(y);
    return bar === null || price === null ? null : { bar, price };
  }
}
