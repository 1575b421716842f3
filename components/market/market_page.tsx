import type { JSX } from "preact";
import type { MarketPageData } from "../../lib/market/page.ts";
import type { Timeframe } from "../../lib/market/timeframe.ts";
import { Island } from "../layout/island.tsx";
import { useTexts } from "../layout/texts.ts";
import { CandlesPanel } from "./candles_panel.tsx";
import { InstrumentPanel } from "./instrument_panel.tsx";
import { StaticChart } from "./static_chart.tsx";
import { SymbolBar } from "./symbol_bar.tsx";
import { TimeframeNav } from "./timeframe_nav.tsx";

export interface MarketPageProps {
  page: MarketPageData;
  timeframe: Timeframe;
}

/** One market: summary, chart, and the candles in figures. */
export function MarketPage(props: MarketPageProps): JSX.Element {
  return (
    <Island name="market_chart" props={props}>
      <MarketStill {...props} />
    </Island>
  );
}

/** The market as last stored: what the server renders and the island starts from. */
export function MarketStill({ page, timeframe }: MarketPageProps): JSX.Element {
  const { symbol, ticker, feed, candles } = page;
  const { t } = useTexts();
  return (
    <div class="market-page">
      <SymbolBar
        symbol={symbol}
        ticker={ticker}
        last={ticker?.last ?? candles.at(-1)?.c}
        tick="flat"
        sequence={0}
        phase="snapshot"
        ageText=""
      />
      <section class="panel chart-panel" aria-label={t("chart.chart")}>
        <div class="chart-bar">
          <TimeframeNav timeframe={timeframe} />
        </div>
        <div class="chart-area">
          <StaticChart candles={candles} />
          {candles.length === 0 && <p class="empty chart-empty">{t("chart.no_candles")}</p>}
          <noscript>
            <p class="chart-note">{t("chart.needs_script")}</p>
          </noscript>
        </div>
      </section>
      <aside class="market-side" aria-label={t("chart.details")}>
        <CandlesPanel symbol={symbol} timeframe={timeframe} candles={candles} />
        <InstrumentPanel symbol={symbol} feed={feed} />
      </aside>
    </div>
  );
}
