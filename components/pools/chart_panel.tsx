import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { formatDecimal } from "../../lib/kernel/format_decimal.ts";
import { formatBarePrice, formatFraction, formatUnitPrice } from "../../lib/pools/format.ts";
import { formatDealing } from "../../lib/pools/pool_dates.ts";
import { CHART_RANGES, type ChartRange, nearestPoint } from "../../lib/pools/value_chart.ts";
import { useTexts } from "../layout/texts.ts";
import { NoData } from "../market/price.tsx";
import { Line } from "./figures.tsx";
import type { PoolState } from "../../lib/pools/live_pool.ts";
import { PoolAge } from "./pool_age.tsx";
import { activeLots, chartLots, chartMarks, chartSummary, poolFrame } from "./pool_state.ts";
import { ValueChart } from "./value_chart.tsx";

/** What a unit was worth over time, with one's purchases and high-water marks on it. */
export function ChartPanel(
  { state, onRange }: { state: PoolState; onRange?: ((range: ChartRange) => void) | undefined },
): JSX.Element {
  const texts = useTexts();
  const { t, locale, timeZone } = texts;
  const [percent, setPercent] = useState<number | null>(null);
  const { detail, points, settlements, phase } = state;
  const { currency, unit_price } = detail.pool;
  const lots = activeLots(detail);
  const frame = poolFrame(state);
  const point = percent === null || frame === null ? null : nearestPoint(frame, points, percent);
  return (
    <section class="panel value-panel" aria-labelledby="chart-title">
      <div class="panel-head">
        <h2 id="chart-title">{t("pool.unit_price")}</h2>
        <span class="panel-lead">{t("pool.chart_lead", { currency })}</span>
        <PoolAge live={detail.live} phase={phase} nowMs={state.nowMs} />
        <Ranges range={state.range} onRange={onRange} />
      </div>
      <ValueChart
        frame={frame}
        points={points}
        label={chartSummary(texts, state)}
        tag={formatBarePrice(unit_price) ?? ""}
        isLive={phase === "live"}
        lots={chartLots(lots)}
        marks={chartMarks(texts, lots, detail)}
        settlements={settlements}
        hover={point === null ? null : {
          point,
          text: `${formatDealing(point.t, locale, timeZone)}  ${formatUnitPrice(String(point.v), currency)}`,
        }}
        onPoint={onRange && setPercent}
      />
      <div class="chart-foot">
        <ul class="legend">
          <li>
            <span class="swatch line" /> {t("pool.unit_price")}
          </li>
          {lots.length > 0 && (
            <>
              <li>
                <span class="swatch mark" /> {t("pool.mark")}
              </li>
              <li>
                <span class="swatch dot" /> {t("pool.lot_bought")}
              </li>
            </>
          )}
          <li>
            <span class="swatch tick-mark" /> {t("pool.settlement")}
          </li>
        </ul>
        <LiveFigures live={detail.live} />
      </div>
    </section>
  );
}

function Ranges(
  { range, onRange }: { range: ChartRange; onRange?: ((range: ChartRange) => void) | undefined },
): JSX.Element {
  const { t } = useTexts();
  return (
    <nav class="ranges" aria-label={t("pool.range")}>
      {CHART_RANGES.map((each) => (
        <a
          key={each}
          href={`?range=${each}`}
          aria-current={each === range ? "true" : undefined}
          onClick={onRange && ((event) => {
            event.preventDefault();
            onRange(each);
          })}
        >
          {t(`pool.range_${each}`)}
        </a>
      ))}
    </nav>
  );
}

function LiveFigures({ live: { drawdown, exposure, sharpe } }: Pick<PoolState["detail"], "live">): JSX.Element {
  const { t } = useTexts();
  return (
    <dl class="chart-figures">
      <Line name={t("pool.exposure")}>{formatFraction(exposure) ?? <NoData />}</Line>
      <Line name={t("pool.drawdown")}>{formatFraction(drawdown) ?? <NoData />}</Line>
      <Line name={t("pool.sharpe")}>{formatDecimal(sharpe, 2) ?? <NoData />}</Line>
    </dl>
  );
}
