import type { JSX } from "preact";
import { feeOutlook } from "../../lib/pools/figures.ts";
import { formatMoney, formatRate, formatUnitPrice, formatUnits } from "../../lib/pools/format.ts";
import type { PoolDetail } from "../../lib/pools/pool_shapes.ts";
import { useTexts } from "../layout/texts.ts";
import { NoData } from "../market/price.tsx";
import { Line } from "./figures.tsx";

/** The fee one would pay if the pool settled now, and why. */
export function FeePanel({ detail: { pool, cycle, mine, fee_changes } }: { detail: PoolDetail }): JSX.Element {
  const { t } = useTexts();
  const { currency } = pool;
  const outlook = mine === null ? null : feeOutlook(mine.lots);
  const next = fee_changes[0];
  return (
    <section class="panel fee-panel" aria-labelledby="fee-title">
      <div class="panel-head">
        <h2 id="fee-title">{t("pool.fee_title")}</h2>
        <span class="count panel-end">{formatRate(cycle?.manager_fee_percent ?? pool.manager_fee_percent)}</span>
      </div>
      <div class="side-body">
        {outlook !== null && outlook.lots > 0 && (
          <dl class="lines">
            <Line name={t("pool.lots_above")}>{t("pool.of", { some: outlook.above, all: outlook.lots })}</Line>
            <Line name={t("pool.gain_over_mark")}>
              {outlook.perUnit === null ? "–" : formatUnitPrice(outlook.perUnit, currency) ?? <NoData />}
            </Line>
            <Line name={t("pool.units_charged")}>{formatUnits(outlook.units) ?? <NoData />}</Line>
            <Line name={t("pool.new_profit")}>{formatMoney(outlook.profit, currency) ?? <NoData />}</Line>
            <Line name={t("pool.fee_if_now")} strong>{formatMoney(outlook.fee, currency) ?? <NoData />}</Line>
            <Line name={t("pool.fee_paid")}>{formatMoney(mine?.fees_paid, currency) ?? <NoData />}</Line>
            <Line name={t("pool.fee_management")}>{t("pool.none")}</Line>
          </dl>
        )}
        {(outlook === null || outlook.lots === 0) && (
          <dl class="lines">
            <Line name={t("pool.fee_management")}>{t("pool.none")}</Line>
            <Line name={t("pool.fee_entry")}>{t("pool.none")}</Line>
          </dl>
        )}
        {next !== undefined && (
          <p class="fee-change">
            {t("pool.fee_change", { percent: formatRate(next.manager_fee_percent), no: next.cycle_no })}
          </p>
        )}
        <p class="side-note">{t("pool.fee_note")}</p>
      </div>
    </section>
  );
}
