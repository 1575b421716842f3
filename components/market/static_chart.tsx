import type { JSX } from "preact";
import type { Candle } from "../../lib/market/candle.ts";

/** Candles drawn: what a desk's chart first shows. */
export const STATIC_CANDLES_MAX = 120;

const WIDTH = 1000;
const HEIGHT = 400;
const INSET = 24;

/** A still chart of the last candles for the first paint and for pages without script. */
export function StaticChart({ candles }: { candles: readonly Candle[] }): JSX.Element | null {
  const shown = candles.slice(-STATIC_CANDLES_MAX);
  if (shown.length === 0) return null;
  const high = Math.max(...shown.map((candle) => Number(candle.h)));
  const low = Math.min(...shown.map((candle) => Number(candle.l)));
  const toY = (price: string) => {
    const share = high === low ? 0.5 : (high - Number(price)) / (high - low);
    return Math.round((INSET + share * (HEIGHT - 2 * INSET)) * 10) / 10;
  };
  const paths = { up: "", down: "" };
  shown.forEach((candle, i) => {
    const up = Number(candle.c) >= Number(candle.o);
    paths[up ? "up" : "down"] += candlePath(candle, (i + 0.5) * (WIDTH / STATIC_CANDLES_MAX), toY, up);
  });
  return (
    <svg class="static-chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="up" d={paths.up} vector-effect="non-scaling-stroke" />
      <path class="down" d={paths.down} vector-effect="non-scaling-stroke" />
    </svg>
  );
}

function candlePath(candle: Candle, x: number, toY: (price: string) => number, up: boolean): string {
  const [top, bottom] = up ? [toY(candle.c), toY(candle.o)] : [toY(candle.o), toY(candle.c)];
  const middle = Math.round(x * 10) / 10;
  const left = Math.round((x - 2.6) * 10) / 10;
  return `M${middle} ${toY(candle.h)}V${top}M${middle} ${bottom}V${toY(candle.l)}` +
    `M${left} ${top}h5.2V${bottom}h-5.2Z`;
}
