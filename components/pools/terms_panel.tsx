import type { JSX } from "preact";
import { formatMoney, formatRate } from "../../lib/pools/format.ts";
import type { PoolDetail } from "../../lib/pools/pool_shapes.ts";
import { useTexts } from "../layout/texts.ts";
import { NoData } from "../market/price.tsx";
import { Line } from "./figures.tsx";
import { adapterText } from "./pool_tags.tsx";

/** What one agrees to by investing. */
export function TermsPanel({ pool, cycle }: Pick<PoolDetail, "pool" | "cycle">): JSX.Element {
  const { t } = useTexts();
  const { currency } = pool;
  return (
    <section class="panel terms-panel" aria-labelledby="terms-title">
      <div class="panel-head">
        <h2 id="terms-title">{t("pools.terms")}</h2>
      </div>
      <div class="side-body">
        {pool.description !== "" && <p class="pool-description">{pool.description}</p>}
        <dl class="lines">
          <Line name={t("pools.currency")}>{currency}</Line>
          <Line name={t("pools.cycle")}>{t(`pools.cycle_${pool.cycle}`)}</Line>
          <Line name={t("pools.cutoff")}>{leadText(t, pool.cutoff_lead_s)}</Line>
          <Line name={t("pool.minimum")}>{formatMoney(pool.minimum, currency) ?? <NoData />}</Line>
          <Line name={t("pools.cap")}>
            {pool.cap === null ? t("pool.none") : formatMoney(pool.cap, currency) ?? <NoData />}
          </Line>
          <Line name={t("pools.manager_fee")}>{formatRate(pool.manager_fee_percent)}</Line>
          {cycle !== null && cycle.manager.user_id !== pool.manager.user_id && (
            <Line name={t("pools.fee_manager")}>{cycle.manager.username ?? t("pool.unnamed")}</Line>
          )}
          <Line name={t("pools.platform_share")}>{formatRate(pool.platform_share_percent)}</Line>
          <Line name={t("pool.investors")}>{pool.investors}</Line>
          <Line name={t("pools.trading")}>{adapterText(t, pool.adapter)}</Line>
        </dl>
        <p class="side-note">{t("pools.terms_note")}</p>
      </div>
    </section>
  );
}

/** How long before a settlement orders are locked. */
function leadText(t: ReturnType<typeof useTexts>["t"], lead_s: number): string {
  if (lead_s === 0) return t("pools.lead_none");
  if (lead_s < 3_600) return t("pools.lead_minutes", { count: Math.round(lead_s / 60) });
  return t("pools.lead_hours", { count: Math.round(lead_s / 360) / 10 });
}
