import type { ComponentChildren, JSX } from "preact";
import type { MarketSymbol } from "../../lib/market/candle.ts";
import { digitsOf, exchangeName, formatDecimal } from "../../lib/market/format.ts";
import type { FeedState } from "../../lib/market/page.ts";

const FEED_NAMES: Readonly<Record<FeedState["state"], string>> = {
  starting: "Starting",
  live: "Live",
  reconnecting: "Reconnecting",
  stopped: "Stopped",
};

/** What an order on this market would have to respect, and where its prices come from. */
export function InstrumentPanel({ symbol, feed }: { symbol: MarketSymbol; feed: FeedState | null }): JSX.Element {
  return (
    <section class="panel instrument-panel" aria-labelledby="instrument-title">
      <div class="panel-head">
        <h2 id="instrument-title">Instrument</h2>
        <span class="panel-note">{symbol.active ? "Trading" : "Not trading"}</span>
      </div>
      <dl class="pairs">
        <Pair name="Exchange">{exchangeName(symbol.exchange)}</Pair>
        <Pair name="Exchange’s symbol">{symbol.venue_symbol}</Pair>
        <Pair name="Price step">
          {formatStep(symbol.tick_size)} <span class="unit">{symbol.quote}</span>
        </Pair>
        <Pair name="Quantity step">
          {formatStep(symbol.lot_size)} <span class="unit">{symbol.base}</span>
        </Pair>
        <Pair name="Smallest order">
          {formatStep(symbol.min_notional)} <span class="unit">{symbol.quote}</span>
        </Pair>
        <Pair name="Feed when opened">{feed ? FEED_NAMES[feed.state] : "No data"}</Pair>
        <Pair name="Chart by">
          <a href="https://www.tradingview.com/" target="_blank" rel="noopener noreferrer">TradingView</a>
        </Pair>
      </dl>
    </section>
  );
}

function formatStep(step: string): string {
  return formatDecimal(step, digitsOf(step));
}

function Pair({ name, children }: { name: string; children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
