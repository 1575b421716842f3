import type { JSX } from "preact";
import { formatCompact, formatPrice } from "../../lib/market/format.ts";
import { useTexts } from "../layout/texts.ts";
import { CoinMark } from "./coin_mark.tsx";
import { exchangeText } from "./exchange_text.ts";
import { PairName } from "./market_name.tsx";
import { ChangeText, LastPrice } from "./price.tsx";
import { changeOf, marketPath, rowKey, type RowView, sparkOf } from "./row_view.ts";
import { Sparkline } from "./sparkline.tsx";

/** The landing page's live markets: the first large, the others as cards. */
export function MarketCards({ views }: { views: readonly RowView[] }): JSX.Element {
  const { t } = useTexts();
  const [featured, ...others] = views;
  return (
    <>
      {featured && <FeaturedMarket view={featured} />}
      {others.length > 0 && (
        <ul class="ticker-strip" aria-label={t("live.markets")}>
          {others.map((view) => (
            <li key={rowKey(view.row)}>
              <TickerCard view={view} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function FeaturedMarket({ view }: { view: RowView }): JSX.Element {
  const texts = useTexts();
  const { t } = texts;
  const { row } = view;
  const change = changeOf(row);
  return (
    <a class="panel featured" href={marketPath(row)}>
      <div class="featured-head">
        <CoinMark base={row.base} large />
        <div>
          <PairName base={row.base} quote={row.quote} />
          <p class="sub">{t("live.spot", { exchange: exchangeText(texts, row.exchange) })}</p>
        </div>
        <div class="featured-price">
          <span class={`big-price ${change?.direction ?? "flat"}`}>
            <LastPrice last={row.ticker?.last} tickSize={row.tick_size} tick={view.tick} sequence={view.sequence} />
          </span>
          <ChangeText change={change} full />
        </div>
      </div>
      <div class="featured-chart">
        <Sparkline points={sparkOf(row)} direction={change?.direction ?? "flat"} width={600} height={180} area />
      </div>
      <dl class="featured-stats">
        <div>
          <dt>{t("live.high")}</dt>
          <dd>{formatPrice(row.ticker?.high_24h, row.tick_size) ?? t("live.no_data")}</dd>
        </div>
        <div>
          <dt>{t("live.low")}</dt>
          <dd>{formatPrice(row.ticker?.low_24h, row.tick_size) ?? t("live.no_data")}</dd>
        </div>
        <div>
          <dt>{t("live.volume_in", { unit: row.quote })}</dt>
          <dd>{formatCompact(row.ticker?.quote_volume_24h) ?? t("live.no_data")}</dd>
        </div>
      </dl>
    </a>
  );
}

function TickerCard({ view }: { view: RowView }): JSX.Element {
  const { row } = view;
  const change = changeOf(row);
  return (
    <a class="panel ticker-card" href={marketPath(row)}>
      <span class="ticker-name">
        <CoinMark base={row.base} />
        <PairName base={row.base} quote={row.quote} />
      </span>
      <Sparkline points={sparkOf(row)} direction={change?.direction ?? "flat"} width={72} height={28} />
      <span class="ticker-price">
        <LastPrice last={row.ticker?.last} tickSize={row.tick_size} tick={view.tick} sequence={view.sequence} />
      </span>
      <ChangeText change={change} />
    </a>
  );
}
