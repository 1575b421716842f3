import type { JSX } from "preact";
import type { MarketRow } from "../../lib/market/page.ts";
import { ArrowIcon } from "../layout/icons.tsx";
import { Island } from "../layout/island.tsx";
import { usePage } from "../layout/page_provider.ts";
import { MarketCards } from "./market_cards.tsx";
import { initialView, marketPath } from "./row_view.ts";

/** Markets the landing page shows: one large and a strip. */
export const LANDING_TICKERS_MAX = 6;

/** What Outcry is, shown rather than told. */
export function LandingPage({ tickers }: { tickers: MarketRow[] }): JSX.Element {
  const page = usePage();
  const rows = featuredFirst(tickers).slice(0, LANDING_TICKERS_MAX);
  const first = rows[0];
  return (
    <div class="landing">
      <section class="landing-intro">
        <h1>The market, live, on one shared feed</h1>
        <p class="lead">
          Outcry streams candles and indicators to every browser, program and chart that asks, over a single connection
          to the exchange.
        </p>
        <div class="actions">
          {first
            ? (
              <a class="button primary large" href={marketPath(first)}>
                Open the {first.base}/{first.quote} market
                <ArrowIcon />
              </a>
            )
            : <a class="button primary large" href="/markets">See all markets</a>}
          {page?.user === null && (page.localMode
            ? (
              <form action="/login/demo" method="post">
                <input type="hidden" name="next" value={first ? marketPath(first) : "/markets"} />
                <button type="submit" class="button outline large">Continue as demo trader</button>
              </form>
            )
            : <a class="button outline large" href="/login">Sign in</a>)}
        </div>
        <ul class="facts">
          <li>Six timeframes, from one minute to a day, folded from one stream</li>
          <li>EMA, RSI, MACD, Bollinger and ATR computed once per candle for everyone</li>
          <li>Charts open to anyone, with or without an account</li>
        </ul>
      </section>
      {first ? <Prices rows={rows} /> : (
        <section class="panel featured-empty">
          <p>No market is listed yet. Prices appear here once the feed has started.</p>
        </section>
      )}
      {first && <ApiPanel row={first} />}
    </div>
  );
}

function Prices({ rows }: { rows: MarketRow[] }): JSX.Element {
  return (
    <Island name="ticker_strip" props={{ rows }}>
      <MarketCards views={rows.map(initialView)} />
    </Island>
  );
}

function ApiPanel({ row }: { row: MarketRow }): JSX.Element {
  const query = `exchange=${row.exchange}&symbol=${row.symbol}&timeframe=1m`;
  return (
    <section class="panel api-panel" aria-labelledby="api-title">
      <div>
        <h2 id="api-title">The same candles from a terminal</h2>
        <p class="sub">History over REST, live candles as server-sent events. No key needed to read.</p>
      </div>
      <pre
        tabIndex={0}
        aria-label="Example requests"
      ><code>{`curl -N "$OUTCRY/api/v1/stream/candles?${query}"\ncurl "$OUTCRY/api/v1/candles?${query}&limit=100"`}</code></pre>
    </section>
  );
}

/** BTC-USDT leads where it is listed; the others keep their order. */
function featuredFirst(rows: readonly MarketRow[]): MarketRow[] {
  const isFeatured = (row: MarketRow) => row.symbol === "BTC-USDT";
  return [...rows.filter(isFeatured), ...rows.filter((row) => !isFeatured(row))];
}
