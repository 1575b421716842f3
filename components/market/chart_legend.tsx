import type { ComponentChildren, JSX } from "preact";
import type { Candle, MarketSymbol } from "../../lib/market/candle.ts";
import { digitsOf } from "../../lib/kernel/format_decimal.ts";
import { changeBetween, formatNumber, formatPrice } from "../../lib/market/format.ts";
import type { Timeframe } from "../../lib/market/timeframe.ts";
import { useTexts } from "../layout/texts.ts";

export interface ChartLegendProps {
  symbol: MarketSymbol;
  timeframe: Timeframe;
  /** The candle under the crosshair, or the newest. */
  candle: Candle;
  shown: { ema20: boolean; ema50: boolean; bollinger: boolean };
}

/** Open, high, low, close and the overlays' values of one candle, over the chart's top left corner. */
export function ChartLegend({ symbol, timeframe, candle, shown }: ChartLegendProps): JSX.Element {
  const { t } = useTexts();
  const price = (value: string) => formatPrice(value, symbol.tick_size) ?? t("live.no_data");
  const figure = (value: number | undefined) => formatNumber(value, digitsOf(symbol.tick_size)) ?? t("live.no_data");
  const change = changeBetween(candle.o, candle.c, symbol.tick_size);
  const { ema20, ema50, bb_lower: lower, bb_upper: upper } = candle.ind ?? {};
  return (
    <div class="legend">
      <p class="legend-line">
        <strong>{`${symbol.base}/${symbol.quote} ${timeframe}`}</strong>
        <Part name={t("chart.open_letter")}>{price(candle.o)}</Part>
        <Part name={t("chart.high_letter")}>{price(candle.h)}</Part>
        <Part name={t("chart.low_letter")}>{price(candle.l)}</Part>
        <Part name={t("chart.close_letter")}>{price(candle.c)}</Part>
        {change && <span class={`change ${change.direction}`}>{`${change.amount} (${change.percent})`}</span>}
      </p>
      <p class="legend-line">
        {shown.ema20 && <Key className="ema20" name="EMA 20">{figure(ema20)}</Key>}
        {shown.ema50 && <Key className="ema50" name="EMA 50">{figure(ema50)}</Key>}
        {shown.bollinger && (
          <Key className="bollinger" name="BB 20, 2">
            {lower === undefined ? figure(lower) : t("chart.range", { low: figure(lower), high: figure(upper) })}
          </Key>
        )}
      </p>
    </div>
  );
}

/** The RSI pane's legend. */
export function RsiLegend({ candle }: { candle: Candle }): JSX.Element {
  const { t } = useTexts();
  return (
    <p class="legend-line">
      <Key className="rsi" name="RSI 14">{formatNumber(candle.ind?.rsi14, 1) ?? t("live.no_data")}</Key>
    </p>
  );
}

/** The MACD pane's legend. */
export function MacdLegend({ candle, digits }: { candle: Candle; digits: number }): JSX.Element {
  const { t } = useTexts();
  return (
    <p class="legend-line">
      <Key className="macd" name="MACD 12, 26">{formatNumber(candle.ind?.macd, digits) ?? t("live.no_data")}</Key>
      <Key className="macd-signal" name={t("chart.signal")}>
        {formatNumber(candle.ind?.macd_signal, digits) ?? t("live.no_data")}
      </Key>
    </p>
  );
}

function Part({ name, children }: { name: string; children: ComponentChildren }): JSX.Element {
  return (
    <span class="legend-part">
      <span class="legend-name">{name}</span>
      {children}
    </span>
  );
}

function Key(
  { className, name, children }: { className: string; name: string; children: ComponentChildren },
): JSX.Element {
  return (
    <span class="legend-part">
      <span class={`swatch ${className}`} />
      <span class="legend-name">{name}</span>
      <span class="legend-value">{children}</span>
    </span>
  );
}
