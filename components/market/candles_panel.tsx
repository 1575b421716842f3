import type { JSX } from "preact";
import type { Candle, MarketSymbol } from "../../lib/market/candle.ts";
import { changeBetween, formatCompact, formatDayTime, formatPrice } from "../../lib/market/format.ts";
import { formatDate } from "../../lib/market/format_bar.ts";
import { type Timeframe } from "../../lib/market/timeframe.ts";
import { ChangeText } from "./price.tsx";

/** Candles listed: a screenful and as much again to scroll to. */
export const CANDLE_ROWS_MAX = 60;

/** The last candles as a table, newest first: the chart in figures. */
export function CandlesPanel(
  { symbol, timeframe, candles }: { symbol: MarketSymbol; timeframe: Timeframe; candles: readonly Candle[] },
): JSX.Element {
  const rows = candles.slice(-CANDLE_ROWS_MAX).reverse();
  return (
    <section class="panel candles-panel" aria-labelledby="candles-title">
      <div class="panel-head">
        <h2 id="candles-title">Candles</h2>
        <span class="panel-note">{timeframe}, UTC</span>
      </div>
      {rows.length === 0
        ? <p class="empty">No candles yet.</p>
        : (
          <div class="scroller" tabIndex={0} role="region" aria-labelledby="candles-title">
            <table class="table dense">
              <thead>
                <tr>
                  <th scope="col">Open time</th>
                  <th scope="col" class="num">Close, {symbol.quote}</th>
                  <th scope="col" class="num">Change</th>
                  <th scope="col" class="num">{symbol.base}</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((candle) => (
                  <tr key={candle.t} class={candle.closed ? undefined : "forming"}>
                    <td>{timeframe === "1d" ? formatDate(candle.t) : formatDayTime(candle.t)}</td>
                    <td class="num">{formatPrice(candle.c, symbol.tick_size)}</td>
                    <td class="num">
                      <ChangeText change={changeBetween(candle.o, candle.c, symbol.tick_size)} />
                    </td>
                    <td class="num quiet">{formatCompact(candle.v)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
    </section>
  );
}
