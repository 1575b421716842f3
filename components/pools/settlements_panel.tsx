import type { JSX } from "preact";
import { formatMoney, formatUnitPrice } from "../../lib/pools/format.ts";
import { formatDealing } from "../../lib/pools/pool_dates.ts";
import type { PoolSettlement } from "../../lib/pools/pool_shapes.ts";
import { useTexts } from "../layout/texts.ts";
import { NoData } from "../market/price.tsx";
import { GainText } from "./figures.tsx";

/** What the pool's last dealing points brought. */
export function SettlementsPanel(
  { settlements, currency }: { settlements: readonly PoolSettlement[]; currency: string },
): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  return (
    <section class="panel settlements-panel" aria-labelledby="settlements-title">
      <div class="panel-head">
        <h2 id="settlements-title">{t("pools.settlements")}</h2>
      </div>
      {settlements.length === 0
        ? <p class="empty">{t("pools.no_settlements")}</p>
        : (
          <div class="scroll-x" tabIndex={0} role="region" aria-labelledby="settlements-title">
            <table class="table plain">
              <thead>
                <tr>
                  <th scope="col">{t("pools.no")}</th>
                  <th scope="col">{t("pools.settled")}</th>
                  <th scope="col" class="num">{t("pool.unit_price")}</th>
                  <th scope="col" class="num">{t("pools.pnl")}</th>
                  <th scope="col" class="num">{t("pools.fee")}</th>
                  <th scope="col" class="num">{t("pools.subscribed")}</th>
                  <th scope="col" class="num">{t("pools.redeemed")}</th>
                </tr>
              </thead>
              <tbody>
                {settlements.map(({ no, settled_at, unit_price, pnl, fee, subscribed, redeemed }) => (
                  <tr key={no}>
                    <td class="quiet">{no}</td>
                    <td class="quiet">
                      <time dateTime={settled_at}>{formatDealing(Date.parse(settled_at), locale, timeZone)}</time>
                    </td>
                    <td class="num">{formatUnitPrice(unit_price, currency) ?? <NoData />}</td>
                    <td class="num">
                      <GainText value={pnl} currency={currency} />
                    </td>
                    <td class="num">{formatMoney(fee, currency) ?? <NoData />}</td>
                    <td class="num">{formatMoney(subscribed, currency) ?? <NoData />}</td>
                    <td class="num">{formatMoney(redeemed, currency) ?? <NoData />}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
    </section>
  );
}
