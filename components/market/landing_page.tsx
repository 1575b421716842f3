import type { JSX } from "preact";
import type { MarketRow } from "../../lib/market/page.ts";
import { ArrowIcon } from "../layout/icons.tsx";
import { Island } from "../layout/island.tsx";
import { usePage } from "../layout/page_provider.ts";
import { useTexts } from "../layout/texts.ts";
import { MarketCards } from "./market_cards.tsx";
import { initialView, marketPath } from "./row_view.ts";

/** Markets the landing page shows: one large and a strip. */
export const LANDING_TICKERS_MAX = 6;

/** What Outcry is, shown rather than told. */
export function LandingPage({ tickers }: { tickers: MarketRow[] }): JSX.Element {
  const page = usePage();
  const { t } = useTexts();
  const rows = featuredFirst(tickers).slice(0, LANDING_TICKERS_MAX);
  const first = rows[0];
  return (
    <div class="landing">
      <section class="landing-intro">
        <h1>{t("landing.heading")}</h1>
        <p class="lead">{t("landing.lead")}</p>
        <div class="actions">
          {first
            ? (
              <a class="button primary large" href={marketPath(first)}>
                {t("landing.open_market", { pair: `${first.base}/${first.quote}` })}
                <ArrowIcon />
              </a>
            )
            : <a class="button primary large" href="/markets">{t("landing.see_markets")}</a>}
          {page?.user === null && (page.localMode
            ? (
              <form action="/login/demo" method="post">
                <input type="hidden" name="next" value={first ? marketPath(first) : "/markets"} />
                <button type="submit" class="button outline large">{t("landing.demo")}</button>
              </form>
            )
            : <a class="button outline large" href="/login">{t("layout.sign_in")}</a>)}
        </div>
        <ul class="landing-facts">
          <li>{t("landing.fact_timeframes")}</li>
          <li>{t("landing.fact_indicators")}</li>
          <li>{t("landing.fact_open")}</li>
        </ul>
      </section>
      {first ? <Prices rows={rows} /> : (
        <section class="panel featured-empty">
          <p>{t("landing.none")}</p>
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
  const { t } = useTexts();
  const query = `exchange=${row.exchange}&symbol=${row.symbol}&timeframe=1m`;
  return (
    <section class="panel api-panel" aria-labelledby="api-title">
      <div>
        <h2 id="api-title">{t("landing.api_title")}</h2>
        <p class="sub">{t("landing.api_lead")}</p>
      </div>
      <pre
        tabIndex={0}
        aria-label={t("landing.api_examples")}
      ><code>{`curl -N "$OUTCRY/api/v1/stream/candles?${query}"\ncurl "$OUTCRY/api/v1/candles?${query}&limit=100"`}</code></pre>
    </section>
  );
}

/** BTC-USDT leads where it is listed; the others keep their order. */
function featuredFirst(rows: readonly MarketRow[]): MarketRow[] {
  const isFeatured = (row: MarketRow) => row.symbol === "BTC-USDT";
  return [...rows.filter(isFeatured), ...rows.filter((row) => !isFeatured(row))];
}
