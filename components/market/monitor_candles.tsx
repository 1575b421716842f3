import type { JSX } from "preact";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import type { Candle } from "../../lib/market/candle.ts";
import { formatDecimal } from "../../lib/kernel/format_decimal.ts";
import { changeBetween, formatCompact } from "../../lib/market/format.ts";
import { useTexts } from "../layout/texts.ts";
import { exchangeText } from "./exchange_text.ts";
import { FeedAge, type FeedPhase } from "./feed_status.tsx";
import { ChangeText } from "./price.tsx";
import { marketPath, rowKey } from "./row_view.ts";

/** A candle of the list. */
export interface CandleView {
  exchange: string;
  symbol: string;
  timeframe: string;
  candle: Candle;
  age: FeedPhase;
  /** The age as text, once something has been heard. */
  ageText?: string;
}

/** The newest candles, the most traded markets first: twenty in view, sixty to scroll to. */
export function MonitorCandles({ rows }: { rows: readonly CandleView[] }): JSX.Element {
  const texts = useTexts();
  const { t, locale, timeZone } = texts;
  return (
    <section class="panel monitor-candles" aria-labelledby="candles-title">
      <div class="panel-head">
        <h2 id="candles-title">{t("monitor.candles")}</h2>
        <span class="count">{rows.length}</span>
      </div>
      {rows.length === 0
        ? <p class="empty">{t("monitor.no_candles")}</p>
        : (
          <div class="scroller" tabIndex={0} role="region" aria-labelledby="candles-title" data-candle-list>
            <table class="table dense">
              <thead>
                <tr>
                  <th scope="col">{t("live.symbol")}</th>
                  <th scope="col">{t("monitor.opened")}</th>
                  <th scope="col" class="num wide-cell">{t("monitor.part_o")}</th>
                  <th scope="col" class="num wide-cell">{t("monitor.part_h")}</th>
                  <th scope="col" class="num wide-cell">{t("monitor.part_l")}</th>
                  <th scope="col" class="num">{t("monitor.part_c")}</th>
                  <th scope="col" class="num">{t("monitor.change")}</th>
                  <th scope="col" class="num wide-cell">{t("monitor.part_v")}</th>
                  <th scope="col" class="age-cell">{t("monitor.age")}</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => {
                  const { candle } = row;
                  const step = stepOf(candle);
                  const price = (value: string) => formatDecimal(value, step.length - 2);
                  return (
                    <tr key={rowKey(row)} data-market={rowKey(row)} class={`candle-row ${row.age}`}>
                      <td>
                        <a class="candle-market" href={`${marketPath(row)}?timeframe=${row.timeframe}`}>{row.symbol}</a>
                        {" "}
                        <span class="quiet">{exchangeText(texts, row.exchange)}</span>
                      </td>
                      <td>{formatDayTime(candle.t, locale, timeZone)}</td>
                      <td class="num wide-cell quiet">{price(candle.o)}</td>
                      <td class="num wide-cell quiet">{price(candle.h)}</td>
                      <td class="num wide-cell quiet">{price(candle.l)}</td>
                      <td class="num close-cell">{price(candle.c)}</td>
                      <td class="num">
                        <ChangeText change={changeBetween(candle.o, candle.c, step)} />
                      </td>
                      <td class="num wide-cell quiet">{formatCompact(candle.v)}</td>
                      <td class="age-cell">
                        <FeedAge state={row.age} text={row.ageText ?? t("live.stale")} />
                      </td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
        )}
    </section>
  );
}

/** The step that shows all digits of a candle's prices, so that its figures align: "0.01". */
function stepOf({ o, h, l, c }: Candle): string {
  const digits = Math.max(...[o, h, l, c].map((price) => price.split(".")[1]?.length ?? 0), 2);
  return `0.${"0".repeat(digits - 1)}1`;
}
