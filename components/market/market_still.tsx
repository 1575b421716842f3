import type { JSX } from "preact";
import { eurRate } from "../../lib/market/eur_price.ts";
import type { MarketPageData } from "../../lib/market/page.ts";
import type { Timeframe } from "../../lib/market/timeframe.ts";
import { useTexts } from "../layout/texts.ts";
import { BookPanel, TradesPanel } from "./depth_panels.tsx";
import { StaticChart } from "./static_chart.tsx";
import { SymbolBar } from "./symbol_bar.tsx";
import { TimeframeNav } from "./timeframe_nav.tsx";

/** What the chart's island starts from. */
export interface MarketPageProps {
  page: MarketPageData;
  timeframe: Timeframe;
}

/** Summary and chart as last stored: what the server renders and the island starts from. */
export function MarketStill({ page, timeframe }: MarketPageProps): JSX.Element {
  const { symbol, ticker, candles } = page;
  const { t } = useTexts();
  return (
    <>
      <SymbolBar
        symbol={symbol}
        ticker={ticker}
        last={ticker?.last ?? candles.at(-1)?.c}
        eurRate={eurRate(symbol.quote, page.rates)}
        tick="flat"
        sequence={0}
        isDelisted={!symbol.active}
        phase={ticker?.stale ? "stale" : "snapshot"}
        ageText={t("live.stale")}
      />
      <section class="panel chart-panel" aria-label={t("chart.chart")}>
        <div class="chart-bar">
          <TimeframeNav timeframe={timeframe} />
        </div>
        <div class="chart-area">
          <StaticChart candles={candles} />
          {candles.length === 0 && <p class="empty chart-empty">{t("chart.no_candles")}</p>}
          {!symbol.active && <p class="chart-note">{t("chart.delisted")}</p>}
          <noscript>
            <p class="chart-note">{t("chart.needs_script")}</p>
          </noscript>
        </div>
      </section>
    </>
  );
}

/** Book and trades as last stored. */
export function DepthStill({ page: { symbol, depth } }: { page: MarketPageData }): JSX.Element {
  const newest = depth?.trades[0];
  const phase = depth?.stale ? "stale" : "snapshot";
  return (
    <>
      <BookPanel
        symbol={symbol}
        bids={depth?.bids ?? []}
        asks={depth?.asks ?? []}
        last={newest?.p}
        direction={newest === undefined ? "flat" : newest.side === "buy" ? "up" : "down"}
        phase={phase}
        ageText=""
      />
      <TradesPanel symbol={symbol} trades={depth?.trades ?? []} phase={phase} ageText="" />
    </>
  );
}
