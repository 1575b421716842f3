import type { JSX } from "preact";
import { differenceOf } from "../../lib/pools/figures.ts";
import { formatFraction, formatMoney, formatUnitPrice, formatUnits } from "../../lib/pools/format.ts";
import type { PoolPhase } from "../../lib/pools/live_pool.ts";
import type { PoolDetail } from "../../lib/pools/pool_shapes.ts";
import { useTexts } from "../layout/texts.ts";
import { NoData } from "../market/price.tsx";
import { GainText, Metric, PercentText } from "./figures.tsx";

/** A pool's figures and one's own; a value that is not live any more looks it. */
export function PoolMetrics({ detail, phase }: { detail: PoolDetail; phase: PoolPhase }): JSX.Element {
  const { t } = useTexts();
  const { pool, live, mine } = detail;
  const { currency } = pool;
  const isOld = phase === "stale" || phase === "reconnecting";
  return (
    <dl class="panel pool-metrics">
      <Metric name={t("pool.unit_price")}>
        <span class={isOld ? "old-figure" : undefined}>{formatUnitPrice(pool.unit_price, currency) ?? <NoData />}</span>
      </Metric>
      <Metric name={t("pool.since_settlement")}>
        <PercentText value={pool.change_percent} />
      </Metric>
      <Metric name={t("pool.size")}>{formatMoney(pool.size, currency) ?? <NoData />}</Metric>
      {mine === null || mine.lots.length === 0
        ? (
          <>
            <Metric name={t("pool.investors")}>{pool.investors}</Metric>
            <Metric name={t("pool.drawdown")}>{formatFraction(live.drawdown) ?? <NoData />}</Metric>
            <Metric name={t("pool.minimum")}>{formatMoney(pool.minimum, currency) ?? <NoData />}</Metric>
          </>
        )
        : (
          <>
            <Metric name={t("pool.my_units")}>{formatUnits(mine.units) ?? <NoData />}</Metric>
            <Metric name={t("pool.my_value")}>{formatMoney(mine.value, currency) ?? <NoData />}</Metric>
            <Metric name={t("pool.my_gain")}>
              <GainText value={differenceOf(mine.gain, mine.fee_now)} currency={currency} />
            </Metric>
          </>
        )}
    </dl>
  );
}
