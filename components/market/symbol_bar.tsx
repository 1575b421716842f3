import type { ComponentChildren, JSX } from "preact";
import type { MarketSymbol, Ticker } from "../../lib/market/candle.ts";
import { changeBetween, type Direction, exchangeName, formatCompact, formatPrice } from "../../lib/market/format.ts";
import { BackIcon } from "../layout/icons.tsx";
import { CoinMark } from "./coin_mark.tsx";
import { FeedAge, type FeedPhase } from "./feed_status.tsx";
import { PairName } from "./market_name.tsx";
import { ChangeText, LastPrice, Triangle } from "./price.tsx";

export interface SymbolBarProps {
  symbol: MarketSymbol;
  ticker: Ticker | null;
  /** Latest price; undefined when nothing has traded yet. */
  last: string | undefined;
  tick: Direction;
  sequence: number;
  phase: FeedPhase;
  ageText: string;
}

/** The market's name, its price and its day in one line. */
export function SymbolBar(props: SymbolBarProps): JSX.Element {
  const { symbol, ticker, last } = props;
  const change = changeBetween(ticker?.open_24h, last, symbol.tick_size);
  // Before the first tick the day's direction stands in for the last move's.
  const direction = props.sequence === 0 ? change?.direction ?? "flat" : props.tick;
  return (
    <section class="panel symbol-bar" aria-label="Market summary">
      <a class="icon-button back-link" href="/markets" aria-label="All markets">
        <BackIcon />
      </a>
      <CoinMark base={symbol.base} large />
      <div class="symbol-name">
        <h1>
          <PairName base={symbol.base} quote={symbol.quote} />
        </h1>
        <p class="sub">Spot, {exchangeName(symbol.exchange)}</p>
      </div>
      <p class={`last-price ${direction} ${props.phase}`} data-last-price>
        <Triangle direction={direction} />
        <LastPrice last={last} tickSize={symbol.tick_size} tick={props.tick} sequence={props.sequence} />
      </p>
      <dl class="stats change-stat">
        <Stat name="24h change">
          <ChangeText change={change} full />
        </Stat>
      </dl>
      <dl class="stats day-stats">
        <Stat name="24h high">{formatPrice(ticker?.high_24h, symbol.tick_size)}</Stat>
        <Stat name="24h low">{formatPrice(ticker?.low_24h, symbol.tick_size)}</Stat>
        <Stat
          name={
            <>
              24h volume<span class="wide-only">, {symbol.base}</span>
            </>
          }
        >
          {formatCompact(ticker?.volume_24h)}
        </Stat>
        <Stat name={`24h volume, ${symbol.quote}`} className="stat-quote">
          {formatCompact(ticker?.quote_volume_24h)}
        </Stat>
      </dl>
      <dl class="stats age-stat">
        <Stat name="Price age">
          <FeedAge state={props.phase} text={props.ageText} />
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
