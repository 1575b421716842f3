import type { JSX } from "preact";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import { digitsOf, formatDecimal } from "../../lib/kernel/format_decimal.ts";
import { sumOf } from "../../lib/pools/figures.ts";
import type { Positions } from "../../lib/pools/pool_shapes.ts";
import { useTexts } from "../layout/texts.ts";
import { NoData } from "../market/price.tsx";
import { GainText } from "./figures.tsx";

/** What the pool holds, as its trading adapter last said. */
export function PositionsPanel({ positions, currency }: { positions: Positions; currency: string }): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const { at, items } = positions;
  return (
    <section class="panel positions-panel" aria-labelledby="positions-title">
      <div class="panel-head">
        <h2 id="positions-title">{t("pools.positions")}</h2>
        <span class="count">{items.length}</span>
        {at !== null && (
          <span class="panel-note">{t("pools.as_of", { at: formatDayTime(Date.parse(at), locale, timeZone) })}</span>
        )}
      </div>
      {items.length === 0
        ? <p class="empty">{at === null ? t("pools.positions_unknown") : t("pools.no_positions")}</p>
        : (
          <div class="scroll-x" tabIndex={0} role="region" aria-labelledby="positions-title">
            <table class="table plain">
              <thead>
                <tr>
                  <th scope="col">{t("pools.symbol")}</th>
                  <th scope="col">{t("pools.side")}</th>
                  <th scope="col" class="num">{t("pools.quantity")}</th>
                  <th scope="col" class="num">{t("pools.entry")}</th>
                  <th scope="col" class="num">{t("pools.mark_price")}</th>
                  <th scope="col" class="num">{t("pools.pnl")}</th>
                </tr>
              </thead>
              <tbody>
                {items.map(({ symbol, side, quantity, entry_price, mark_price, pnl }, i) => (
                  <tr key={`${symbol}${side}${i}`}>
                    <th scope="row">{symbol.replace("-", "/")}</th>
                    <td class={side === "short" ? "down" : "up"}>
                      {side === "short" ? t("pools.short") : t("pools.long")}
                    </td>
                    <td class="num">{exact(quantity)}</td>
                    <td class="num">{exact(entry_price) ?? <NoData />}</td>
                    <td class="num">{exact(mark_price) ?? <NoData />}</td>
                    <td class="num">
                      <GainText value={pnl} currency={currency} />
                    </td>
                  </tr>
                ))}
              </tbody>
              {items.length > 1 && items.every(({ pnl }) => pnl !== null) && (
                <tfoot>
                  <tr>
                    <th scope="row" colSpan={5}>{t("pool.total")}</th>
                    <td class="num">
                      <GainText value={sumOf(items.map(({ pnl }) => pnl))} currency={currency} />
                    </td>
                  </tr>
                </tfoot>
              )}
            </table>
          </div>
        )}
    </section>
  );
}

/** A figure with the digits it came with, two at least. */
function exact(value: string | null): string | null {
  return value === null ? null : formatDecimal(value, Math.max(2, Math.min(8, digitsOf(value))));
}
