import type { Bar } from "./bar.ts";

/**
 * An indicator on its way through candles. One method takes closed candles and previews forming ones, so that the two
 * cannot differ: a candle may be previewed any number of times, and then closes as if it never had been. Candles have passed `assertBar` before they come here.
 */
export interface Indicator {
  /** What the last call gave, in the order of the registry's outputs; NaN until a window has filled. */
  readonly values: Float64Array;
  /** Takes the candle when `keep`, else only shows what it would give. */
  next(bar: Bar, keep: boolean): void;
}
