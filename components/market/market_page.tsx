import type { JSX } from "preact";
import type { Alert } from "../../lib/market/alert_shapes.ts";
import type { Said } from "../accounts/parts.tsx";
import { Island } from "../layout/island.tsx";
import { BellIcon } from "../layout/icons.tsx";
import { useTexts } from "../layout/texts.ts";
import { type AlertDraft, AlertsPanel } from "./alerts_panel.tsx";
import { CandlesPanel } from "./candles_panel.tsx";
import { ExchangeLinks } from "./exchange_links.tsx";
import { InstrumentPanel } from "./instrument_panel.tsx";
import { DepthStill, type MarketPageProps, MarketStill } from "./market_still.tsx";
import { MarketTabs } from "./market_tabs.tsx";

export interface WholeMarketPageProps extends MarketPageProps, Said {
  /** The caller's alerts on this market; null for who is not signed in. */
  alerts?: readonly Alert[] | null;
  draft?: AlertDraft | null;
  /** Exchanges that list the pair as well. */
  elsewhere?: readonly string[];
}

/**
 * One market: summary, chart, order book, trades, and below the chart its candles in figures, the caller's alerts and
 * what an order would have to respect. The parts whose ids begin with `live-` come alive with the chart's island.
 */
export function MarketPage(props: WholeMarketPageProps): JSX.Element {
  const { page, timeframe, alerts = null, draft = null, elsewhere = [], ...said } = props;
  const { symbol } = page;
  const { t } = useTexts();
  return (
    <div class="market-page">
      <Island name="market_chart" props={{ page, timeframe }}>
        <MarketStill page={page} timeframe={timeframe} />
      </Island>
      <label class="button outline set-alert" for="tab-alerts">
        <BellIcon />
        {t("chart.set_alert")}
      </label>
      <MarketTabs open={said.error || said.done ? "alerts" : "book"} alerts={alerts?.length ?? 0} />
      <div class="market-depth" id="live-depth">
        <DepthStill page={page} />
      </div>
      <div class="island" id="live-candles">
        <CandlesPanel symbol={symbol} timeframe={timeframe} candles={page.candles} />
      </div>
      <AlertsPanel market={symbol} alerts={alerts} draft={draft} {...said} />
      <div class="instrument-side">
        <InstrumentPanel symbol={symbol} feed={page.feed} />
        {elsewhere.length > 0 && (
          <section class="panel elsewhere-panel" aria-label={t("chart.other_exchanges")}>
            <ExchangeLinks symbol={symbol.symbol} exchanges={elsewhere} />
          </section>
        )}
      </div>
    </div>
  );
}
