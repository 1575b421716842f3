import type { ComponentChildren, JSX } from "preact";
import type { MarketSymbol, Ticker } from "../../lib/market/candle.ts";
import { formatEurPrice } from "../../lib/market/eur_price.ts";
import { changeBetween, type Direction, formatCompact, formatPrice } from "../../lib/market/format.ts";
import { BackIcon } from "../layout/icons.tsx";
import { useTexts } from "../layout/texts.ts";
import { CoinMark } from "./coin_mark.tsx";
import { exchangeText } from "./exchange_text.ts";
import { FeedAge, type FeedPhase } from "./feed_status.tsx";
import { PairName } from "./market_name.tsx";
import { ChangeText, LastPrice, NoData, Triangle } from "./price.tsx";

export interface SymbolBarProps {
  symbol: MarketSymbol;
  ticker: Ticker | null;
  /** Latest price; undefined when nothing has traded yet. */
  last: string | undefined;
  /** EUR for one unit of the quote asset; null where it is missing or old. */
  eurRate: string | null;
  /** The market is traded no more. */
  isDelisted: boolean;
  tick: Direction;
  sequence: number;
  phase: FeedPhase;
  ageText: string;
}

/** The market's name, its price and its day in one line. */
export function SymbolBar(props: SymbolBarProps): JSX.Element {
  const { symbol, ticker, last } = props;
  const texts = useTexts();
  const { t } = texts;
  const noData = t("live.no_data");
  const change = changeBetween(ticker?.open_24h, last, symbol.tick_size);
  // Before the first tick the day's direction stands in for the last move's.
  const direction = props.sequence === 0 ? change?.direction ?? "flat" : props.tick;
  const exchange = exchangeText(texts, symbol.exchange);
  const phase = props.isDelisted ? "stale" : props.phase;
  return (
    <section class="panel symbol-bar" aria-label={t("chart.summary")}>
      <a class="icon-button back-link" href="/markets" aria-label={t("chart.all_markets")}>
        <BackIcon />
      </a>
      <CoinMark base={symbol.base} large />
      <div class="symbol-name">
        <h1>
          <PairName base={symbol.base} quote={symbol.quote} />
        </h1>
        <p class="sub">{props.isDelisted ? t("live.not_trading", { exchange }) : t("live.spot", { exchange })}</p>
      </div>
      <p class={`last-price ${direction} ${phase}`} data-last-price>
        <Triangle direction={direction} />
        <LastPrice last={last} tickSize={symbol.tick_size} tick={props.tick} sequence={props.sequence} />
      </p>
      <dl class="stats change-stat">
        <Stat name={t("live.change")}>
          <ChangeText change={change} full />
        </Stat>
      </dl>
      <dl class="stats day-stats">
        <Stat name={t("live.high")}>{formatPrice(ticker?.high_24h, symbol.tick_size) ?? noData}</Stat>
        <Stat name={t("live.low")}>{formatPrice(ticker?.low_24h, symbol.tick_size) ?? noData}</Stat>
        <Stat
          name={
            <>
              {t("live.volume")}
              <span class="wide-only">, {symbol.base}</span>
            </>
          }
        >
          {formatCompact(ticker?.volume_24h) ?? noData}
        </Stat>
        <Stat name={t("live.volume_in", { unit: symbol.quote })} className="stat-quote">
          {formatCompact(ticker?.quote_volume_24h) ?? noData}
        </Stat>
        {symbol.quote !== "EUR" && (
          <Stat name={t("chart.in_eur")} className="stat-eur">
            {formatEurPrice(last, props.eurRate, symbol.tick_size) ?? <NoData />}
          </Stat>
        )}
      </dl>
      <dl class="stats age-stat">
        <Stat name={t("chart.price_age")}>
          <FeedAge state={phase} text={props.isDelisted ? t("chart.not_trading") : props.ageText} />
        </Stat>
      </dl>
    </section>
  );
}

function Stat(
  { name, className, children }: { name: ComponentChildren; className?: string; children: ComponentChildren },
): JSX.Element {
  return (
    <div class={className}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
