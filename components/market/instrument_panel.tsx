import type { ComponentChildren, JSX } from "preact";
import type { MarketSymbol } from "../../lib/market/candle.ts";
import { digitsOf, formatDecimal } from "../../lib/kernel/format_decimal.ts";
import type { FeedState } from "../../lib/market/page.ts";
import { useTexts } from "../layout/texts.ts";
import { exchangeText } from "./exchange_text.ts";

/** What an order on this market would have to respect, and where its prices come from. */
export function InstrumentPanel({ symbol, feed }: { symbol: MarketSymbol; feed: FeedState | null }): JSX.Element {
  const texts = useTexts();
  const { t } = texts;
  const step = (value: string) => formatDecimal(value, digitsOf(value)) ?? t("live.no_data");
  return (
    <section class="panel instrument-panel" aria-labelledby="instrument-title">
      <div class="panel-head">
        <h2 id="instrument-title">{t("chart.instrument")}</h2>
        <span class="panel-note">{symbol.active ? t("chart.trading") : t("chart.not_trading")}</span>
      </div>
      <dl class="pairs">
        <Pair name={t("chart.exchange")}>{exchangeText(texts, symbol.exchange)}</Pair>
        <Pair name={t("chart.venue_symbol")}>{symbol.venue_symbol}</Pair>
        <Pair name={t("chart.price_step")}>
          {step(symbol.tick_size)} <span class="unit">{symbol.quote}</span>
        </Pair>
        <Pair name={t("chart.quantity_step")}>
          {step(symbol.lot_size)} <span class="unit">{symbol.base}</span>
        </Pair>
        <Pair name={t("chart.smallest_order")}>
          {step(symbol.min_notional)} <span class="unit">{symbol.quote}</span>
        </Pair>
        <Pair name={t("chart.feed")}>{feed ? t(`chart.feed_${feed.state}`) : t("live.no_data")}</Pair>
        <Pair name={t("chart.chart_by")}>
          <a href="https://www.tradingview.com/" target="_blank" rel="noopener noreferrer">TradingView</a>
        </Pair>
      </dl>
    </section>
  );
}

function Pair({ name, children }: { name: string; children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
