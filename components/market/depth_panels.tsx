import type { JSX } from "preact";
import { formatTimeOfDay } from "../../lib/kernel/time_of_day.ts";
import type { MarketSymbol } from "../../lib/market/candle.ts";
import type { BookLevel, TradeOnWire } from "../../lib/market/depth.ts";
import { type DepthRow, depthRows, spreadOf } from "../../lib/market/depth_view.ts";
import { digitsOf, formatDecimal } from "../../lib/kernel/format_decimal.ts";
import { type Direction, formatPrice } from "../../lib/market/format.ts";
import { useTexts } from "../layout/texts.ts";
import { FeedAge, type FeedPhase } from "./feed_status.tsx";
import { Triangle } from "./price.tsx";

/** Levels of each side that are rendered; the stylesheet shows as many as there is room for. */
const LEVELS_SHOWN_MAX = 20;

/** Digits of quantities: more of them would not fit beside a price. */
const QUANTITY_DIGITS_MAX = 5;

export interface BookPanelProps {
  symbol: MarketSymbol;
  bids: readonly BookLevel[];
  asks: readonly BookLevel[];
  /** The last trade's price and the side that took it. */
  last: string | undefined;
  direction: Direction;
  phase: FeedPhase;
  ageText: string;
}

/** The order book: asks over bids, the best of each beside the spread. */
export function BookPanel(props: BookPanelProps): JSX.Element {
  const { symbol, bids, asks, last, direction, phase } = props;
  const { t } = useTexts();
  const rows = depthRows(bids, asks, LEVELS_SHOWN_MAX);
  const spread = spreadOf(bids, asks);
  return (
    <section class={`panel book-panel ${phase}`} aria-labelledby="book-title" data-book={phase}>
      <div class="panel-head">
        <h2 id="book-title">{t("chart.book")}</h2>
        <Age phase={phase} ageText={props.ageText} />
      </div>
      {bids.length + asks.length === 0 ? <p class="empty">{t("chart.no_book")}</p> : (
        <table class="book">
          <thead>
            <tr>
              <th scope="col">{t("chart.price_in", { unit: symbol.quote })}</th>
              <th scope="col" class="num">{symbol.base}</th>
              <th scope="col" class="num">{t("chart.sum")}</th>
            </tr>
          </thead>
          <tbody class="asks" aria-label={t("chart.asks")}>
            {rows.asks.toReversed().map((row, i) => <Level key={rows.asks.length - i} row={row} symbol={symbol} />)}
          </tbody>
          <tbody class="book-mid">
            <tr>
              <td class={`spread-last ${direction}`}>
                <Triangle direction={direction} />
                {formatPrice(last, symbol.tick_size) ?? t("live.no_data")}
              </td>
              <td colspan={2} class="num">
                {t("chart.spread", { spread: formatPrice(spread, symbol.tick_size) ?? t("live.no_data") })}
              </td>
            </tr>
          </tbody>
          <tbody class="bids" aria-label={t("chart.bids")}>
            {rows.bids.map((row, i) => <Level key={i} row={row} symbol={symbol} />)}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Level({ row, symbol }: { row: DepthRow; symbol: MarketSymbol }): JSX.Element {
  const digits = quantityDigits(symbol);
  return (
    <tr>
      <td class="level-price">
        <svg class="depth-bar" width="100%" height="100%" aria-hidden="true">
          <rect width={`${row.percent}%`} height="100%" />
        </svg>
        {formatPrice(row.price, symbol.tick_size)}
      </td>
      <td class="num">{formatDecimal(row.quantity, digits)}</td>
      <td class="num quiet">{formatDecimal(row.sum, Math.min(3, digits))}</td>
    </tr>
  );
}

export interface TradesPanelProps {
  symbol: MarketSymbol;
  trades: readonly TradeOnWire[];
  phase: FeedPhase;
  ageText: string;
}

/** The latest trades, newest first; triangle and colour tell the side that took. */
export function TradesPanel({ symbol, trades, phase, ageText }: TradesPanelProps): JSX.Element {
  const { t, timeZone } = useTexts();
  const digits = quantityDigits(symbol);
  return (
    <section class={`panel trades-panel ${phase}`} aria-labelledby="trades-title" data-trades={phase}>
      <div class="panel-head">
        <h2 id="trades-title">{t("chart.trades")}</h2>
        <Age phase={phase} ageText={ageText} />
      </div>
      {trades.length === 0
        ? <p class="empty">{t("chart.no_trades")}</p>
        : (
          <div class="scroller" tabIndex={0} role="region" aria-labelledby="trades-title">
            <table class="table dense trades">
              <thead>
                <tr>
                  <th scope="col">{t("chart.price_in", { unit: symbol.quote })}</th>
                  <th scope="col" class="num">{symbol.base}</th>
                  <th scope="col" class="num">{t("chart.time")}</th>
                </tr>
              </thead>
              <tbody>
                {trades.map(({ id, p, q, side, t: at }) => {
                  const direction = side === "buy" ? "up" : "down";
                  return (
                    <tr key={id}>
                      <td class={direction}>
                        <span class="trade-price">
                          <Triangle direction={direction} />
                          <span class="visually-hidden">{t(`chart.${side}`)}</span>
                          {formatPrice(p, symbol.tick_size)}
                        </span>
                      </td>
                      <td class="num">{formatDecimal(q, digits)}</td>
                      <td class="num quiet">{formatTimeOfDay(at, timeZone)}</td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
        )}
    </section>
  );
}

/** Says what is wrong with the figures; nothing while they are live. */
function Age({ phase, ageText }: { phase: FeedPhase; ageText: string }): JSX.Element | null {
  const { t } = useTexts();
  if (phase === "fresh") return null;
  const text = phase === "stale" ? `${t("live.stale")} ${ageText}` : ageText;
  return (
    <span class="panel-note">
      <FeedAge state={phase} text={text} />
    </span>
  );
}

function quantityDigits({ lot_size }: MarketSymbol): number {
  return Math.min(QUANTITY_DIGITS_MAX, digitsOf(lot_size));
}
