import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { type Texts, useTexts } from "../../components/layout/texts.ts";
import { ChartLegend, MacdLegend, RsiLegend } from "../../components/market/chart_legend.tsx";
import { StaticChart } from "../../components/market/static_chart.tsx";
import { formatDate, formatDayTime, formatMark } from "../../lib/kernel/dates.ts";
import { DEFAULT_TIME_ZONE } from "../../lib/kernel/time_zone.ts";
import type { Candle } from "../../lib/market/candle.ts";
import type { ChartSettings } from "../../lib/market/client/chart_settings.ts";
import { exchangeTime, health } from "../../lib/market/client/feed_health.ts";
import type { MarketModel } from "../../lib/market/client/market_model.ts";
import { digitsOf } from "../../lib/kernel/format_decimal.ts";
import { formatNumber, formatPrice } from "../../lib/market/format.ts";
import { formatCountdown } from "../../lib/market/format_bar.ts";
import { openTimeOf, TIMEFRAME_MS } from "../../lib/market/timeframe.ts";
import type { ChartView } from "./chart_view.ts";

type Clock = Pick<Texts, "locale" | "timeZone">;

/** The chart waits this long for the page's typeface: canvases do not reflow when it comes later. */
const FONT_WAIT_MS = 1_000;

/** A market's chart, how it is drawn, and who else wants to draw. */
export interface ChartAreaProps {
  model: MarketModel;
  settings: ChartSettings;
  /** Called with the chart once it is there. */
  onView?: (view: ChartView) => void;
  /** What else lies over it. */
  children?: ComponentChildren;
}

/** The chart and what lies over it. */
export function ChartArea({ model, settings, onView, children }: ChartAreaProps): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const container = useRef<HTMLDivElement>(null);
  const view = useSignal<ChartView | null>(null);
  const hovered = useSignal<number | null>(null);
  const tops = useSignal<readonly number[]>([]);

  useEffect(() => {
    let isGone = false;
    let opened: ChartView | null = null;
    openChart(container.current, model, {
      locale,
      timeZone,
      onHover: (time) => hovered.value = time,
      onLayout: (next) => tops.value = next,
    }).then((chart) => {
      if (isGone) return chart?.destroy();
      opened = chart;
      view.value = chart;
      if (chart) onView?.(chart);
    }).catch(reportError);
    return () => {
      isGone = true;
      opened?.destroy();
    };
  }, []);

  useEffect(() => view.value?.setSettings(settings), [view.value, settings]);
  useChartData(model, view.value);
  useChartLabel(model, view.value);

  const candle = shownCandle(model.candles.value, hovered.value);
  const { symbol } = model.page;
  return (
    <div class="chart-area" data-chart={view.value ? "ready" : "loading"}>
      {view.value === null && <StaticChart candles={model.candles.peek()} />}
      <div
        class="chart-canvas"
        ref={container}
        role="img"
        aria-label={t("chart.label", { pair: `${symbol.base}/${symbol.quote}`, timeframe: model.timeframe.value })}
      />
      {view.value && candle && (
        <>
          <ChartLegend symbol={symbol} timeframe={model.timeframe.value} candle={candle} shown={settings} />
          {settings.rsi && (
            <PaneLegend top={tops.value[1]}>
              <RsiLegend candle={candle} />
            </PaneLegend>
          )}
          {settings.macd && (
            <PaneLegend top={tops.value[settings.rsi ? 2 : 1]}>
              <MacdLegend candle={candle} digits={digitsOf(symbol.tick_size)} />
            </PaneLegend>
          )}
        </>
      )}
      <ChartNotes model={model} />
      {children}
    </div>
  );
}

function PaneLegend({ top, children }: { top: number | undefined; children: JSX.Element }): JSX.Element | null {
  return top === undefined ? null : <div class="legend pane" style={{ top: `${top + 6}px` }}>{children}</div>;
}

function ChartNotes({ model }: { model: MarketModel }): JSX.Element | null {
  const { t } = useTexts();
  const note = model.isDelisted.value
    ? t("chart.delisted")
    : model.isLoading.value
    ? t("chart.loading")
    : model.isIncomplete.value
    ? t("chart.incomplete")
    : model.candles.value.length === 0
    ? t("chart.no_candles")
    : health.value === "stale"
    ? t("chart.stale")
    : null;
  return note === null ? null : <p class="chart-note" role="status">{note}</p>;
}

/** Draws the candles whenever they change. */
function useChartData(model: MarketModel, view: ChartView | null): void {
  const candles = model.candles.value;
  useEffect(() => view?.setCandles(candles, model.timeframe.peek()), [view, candles]);
}

/** Keeps the axis label: the last price and the time left to the bar. */
function useChartLabel(model: MarketModel, view: ChartView | null): void {
  const { t } = useTexts();
  const dayLetter = t("chart.day_letter");
  const last = model.candles.value.at(-1);
  const isTrusted = !model.isDelisted.value && health.value !== "stale";
  const note = isTrusted ? closesIn(model, dayLetter) : "";
  useEffect(() => {
    if (!view || !last) return;
    view.setLabel({
      price: Number(last.c),
      text: formatPrice(last.c, model.page.symbol.tick_size) ?? "",
      note,
      direction: !isTrusted ? "flat" : view.directionOf(last),
    });
  }, [view, last, note, isTrusted]);
}

/** Time until the forming bar closes on the exchange's clock; empty before its first event. */
export function closesIn(model: MarketModel, dayLetter: string): string {
  const now = exchangeTime.value;
  if (now === null) return "";
  const timeframe = model.timeframe.value;
  return formatCountdown(openTimeOf(now, timeframe) + TIMEFRAME_MS[timeframe] - now, dayLetter);
}

function shownCandle(candles: readonly Candle[], openTime: number | null): Candle | undefined {
  const hovered = openTime === null ? undefined : candles.findLast((candle) => candle.t === openTime);
  return hovered ?? candles.at(-1);
}

async function openChart(
  container: HTMLElement | null,
  model: MarketModel,
  { locale, timeZone, ...handlers }: Clock & {
    onHover(time: number | null): void;
    onLayout(tops: readonly number[]): void;
  },
): Promise<ChartView | null> {
  if (!container) return null;
  const font = document.fonts.load('11px "Inter Variable"');
  const wait = new Promise((resolve) => setTimeout(resolve, FONT_WAIT_MS));
  const [{ ChartView }] = await Promise.all([import("./chart_view.ts"), Promise.race([font, wait]).catch(() => {})]);
  // Candles of a day keep to UTC, where a day begins.
  const isDay = () => model.timeframe.peek() === "1d";
  const zone = () => isDay() ? DEFAULT_TIME_ZONE : timeZone;
  const tickSize = model.page.symbol.tick_size;
  return new ChartView(container, {
    tickSize,
    formatPrice: (price) => formatNumber(price, digitsOf(tickSize)) ?? "",
    onHistory: () => void model.loadOlder(),
    locale,
    formatMark: (atMs) => formatMark(atMs, locale, zone()),
    formatInstant: (atMs) => isDay() ? formatDate(atMs, locale, zone()) : formatDayTime(atMs, locale, zone()),
    ...handlers,
  });
}
