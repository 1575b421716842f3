import type { JSX } from "preact";
import { formatDate, formatDayTime, zoneName } from "../../lib/kernel/dates.ts";
import { DEFAULT_TIME_ZONE } from "../../lib/kernel/time_zone.ts";
import type { Candle, MarketSymbol } from "../../lib/market/candle.ts";
import { changeBetween, formatCompact, formatPrice } from "../../lib/market/format.ts";
import { type Timeframe } from "../../lib/market/timeframe.ts";
import { useTexts } from "../layout/texts.ts";
import { ChangeText } from "./price.tsx";

/** Candles listed: a screenful and as much again to scroll to. */
export const CANDLE_ROWS_MAX = 60;

/** The last candles as a table, newest first: the chart in figures. */
export function CandlesPanel(
  { symbol, timeframe, candles }: { symbol: MarketSymbol; timeframe: Timeframe; candles: readonly Candle[] },
): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const rows = candles.slice(-CANDLE_ROWS_MAX).reverse();
  const newest = rows[0];
  // A day's candle opens at midnight UTC: elsewhere its date would be the day before.
  const zone = timeframe === "1d" ? DEFAULT_TIME_ZONE : timeZone;
  return (
    <section class="panel candles-panel" aria-labelledby="candles-title">
      <div class="panel-head">
        <h2 id="candles-title">{t("chart.candles")}</h2>
        <span class="panel-note">{newest ? `${timeframe}, ${zoneName(newest.t, locale, zone)}` : timeframe}</span>
      </div>
      {rows.length === 0
        ? <p class="empty">{t("chart.no_candles")}</p>
        : (
          <div class="scroller" tabIndex={0} role="region" aria-labelledby="candles-title">
            <table class="table dense">
              <thead>
                <tr>
                  <th scope="col">{t("chart.open_time")}</th>
                  <th scope="col" class="num">{t("chart.close_in", { unit: symbol.quote })}</th>
                  <th scope="col" class="num">{t("chart.change")}</th>
                  <th scope="col" class="num">{symbol.base}</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((candle) => (
                  <tr key={candle.t} class={candle.closed ? undefined : "forming"}>
                    <td>
                      {timeframe === "1d" ? formatDate(candle.t, locale, zone) : formatDayTime(candle.t, locale, zone)}
                    </td>
                    <td class="num">{formatPrice(candle.c, symbol.tick_size) ?? t("live.no_data")}</td>
                    <td class="num">
                      <ChangeText change={changeBetween(candle.o, candle.c, symbol.tick_size)} />
                    </td>
                    <td class="num quiet">{formatCompact(candle.v) ?? t("live.no_data")}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
    </section>
  );
}
