// @ts-types="npm:@types/big.js@7.0.0"
import Big from "big.js";
import { canonicalDecimal } from "../kernel/decimal.ts";
import { isGreater, type Ohlcv } from "./fold.ts";
import { TIMEFRAME_MS } from "./timeframe.ts";

/** Candles of this width make up the window, so its start moves in steps of five minutes. */
const WINDOW_TIMEFRAME = "5m";

/** How far back the statistics reach. */
export const TICKER_WINDOW_MS = 86_400_000;

/** Digits kept of the estimated quote volume. */
const QUOTE_DIGITS = 8;

/** Rolling 24-hour statistics as decimal strings. */
export interface TickerStats {
  last: string;
  open_24h: string;
  high_24h: string;
  low_24h: string;
  volume_24h: string;
  /** Estimated: each candle's volume at its mean price, (open + high + low + close) / 4. */
  quote_volume_24h: string;
}

/** Rolls closed five-minute candles into 24-hour statistics. */
export class RollingTicker {
  #candles: Ohlcv[] = [];
  #volume = new Big(0);
  #quote = 0;

  /** Takes a closed five-minute candle; older ones than the last taken are ignored. */
  push(candle: Ohlcv): void {
    const last = this.#candles.at(-1);
    if (last !== undefined && candle.t <= last.t) return;
    this.#candles.push(candle);
    this.#volume = this.#volume.plus(candle.v);
    this.#quote += quoteVolume(candle);
    const from = candle.t + TIMEFRAME_MS[WINDOW_TIMEFRAME] - TICKER_WINDOW_MS;
    let gone = 0;
    for (const old of this.#candles) {
      if (old.t >= from) break;
      this.#volume = this.#volume.minus(old.v);
      this.#quote -= quoteVolume(old);
      gone++;
    }
    if (gone > 0) this.#candles.splice(0, gone);
  }

  /** The statistics with the forming candle on top; null while nothing is known. */
  stats(forming: Ohlcv | null): TickerStats | null {
    const first = this.#candles[0] ?? forming;
    const last = forming ?? this.#candles.at(-1);
    if (!first || !last) return null;
    let high = last.h;
    let low = last.l;
    for (const { h, l } of this.#candles) {
      if (isGreater(h, high)) high = h;
      if (isGreater(low, l)) low = l;
    }
    const volume = forming === null ? this.#volume : this.#volume.plus(forming.v);
    const quote = Math.max(0, this.#quote) + (forming === null ? 0 : quoteVolume(forming));
    return {
      last: last.c,
      open_24h: first.o,
      high_24h: high,
      low_24h: low,
      volume_24h: volume.toFixed(),
      quote_volume_24h: canonicalDecimal(new Big(quote).toFixed(QUOTE_DIGITS)),
    };
  }
}

function quoteVolume({ o, h, l, c, v }: Ohlcv): number {
  return Number(v) * (Number(o) + Number(h) + Number(l) + Number(c)) / 4;
}
