import {
  CandlestickSeries,
  ColorType,
  createChart,
  CrosshairMode,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type ISeriesPrimitive,
  LineSeries,
  LineStyle,
  type PriceFormatCustom,
  type SeriesType,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import type { Locale } from "../../lib/kernel/text.ts";
import type { Candle, Indicators } from "../../lib/market/candle.ts";
import type { ChartSettings } from "../../lib/market/client/chart_settings.ts";
import { BandPrimitive } from "./band_primitive.ts";
import { isUp, toBand, toBar, toMacdBar, toPoint, toVolume } from "./chart_data.ts";
import { CHART_FONT, THEME } from "./chart_theme.ts";
import { type PriceLabel, PriceLabelPrimitive } from "./price_label_primitive.ts";

/** Bars from the left edge at which older ones are asked for. */
const HISTORY_MARGIN_BARS = 30;

/** Free bars right of the last one. */
const RIGHT_OFFSET_BARS = 6;

export interface ChartOptions {
  /** The smallest price step. */
  tickSize: string;
  formatPrice(price: number): string;
  locale: Locale;
  /** An instant (Unix ms) on the time axis. */
  formatMark(atMs: number): string;
  /** An instant (Unix ms) under the crosshair. */
  formatInstant(atMs: number): string;
  /** The left edge is near: older candles are wanted. */
  onHistory(): void;
  /** The crosshair stands on the candle opened at this time (Unix ms), or on none. */
  onHover(openTime: number | null): void;
  /** Tops of the panes in pixels, after a change of size. */
  onLayout(tops: readonly number[]): void;
}

interface Drawn {
  series: ISeriesApi<SeriesType>;
  toData(candle: Candle): Parameters<ISeriesApi<SeriesType>["update"]>[0];
}

const CROSSHAIR_LINE = { color: THEME.crosshair, labelBackgroundColor: THEME.raised };

const CHART_OPTIONS = {
  autoSize: true,
  layout: {
    background: { type: ColorType.Solid, color: THEME.panel },
    textColor: THEME.text,
    fontFamily: CHART_FONT,
    fontSize: 11,
    // The logo would inject a style element, which the page's policy refuses; the page links to its makers instead.
    attributionLogo: false,
    panes: { separatorColor: THEME.hairline, separatorHoverColor: THEME.raised },
  },
  grid: { vertLines: { color: THEME.grid }, horzLines: { color: THEME.grid } },
  crosshair: {
    mode: CrosshairMode.Normal,
    vertLine: CROSSHAIR_LINE,
    horzLine: CROSSHAIR_LINE,
  },
  rightPriceScale: {
    borderColor: THEME.hairline,
    entireTextOnly: true,
    scaleMargins: { top: 0.14, bottom: 0.16 },
    minimumWidth: 64,
  },
  timeScale: {
    borderColor: THEME.hairline,
    timeVisible: true,
    secondsVisible: false,
    rightOffset: RIGHT_OFFSET_BARS,
    minBarSpacing: 1,
  },
} as const;

const QUIET = { lastValueVisible: false, priceLineVisible: false, crosshairMarkerVisible: false } as const;

/** The chart on the page: candles, overlays and panes, drawn by lightweight-charts. */
export class ChartView {
  readonly #chart: IChartApi;
  readonly #options: ChartOptions;
  readonly #priceFormat: PriceFormatCustom;
  readonly #candles: ISeriesApi<"Candlestick">;
  readonly #band = new BandPrimitive();
  readonly #label = new PriceLabelPrimitive();
  readonly #sizes: ResizeObserver;
  #drawn: Drawn[] = [];
  #settings: ChartSettings | null = null;
  #data: readonly Candle[] = [];
  #key = "";

  constructor(container: HTMLElement, options: ChartOptions) {
    this.#options = options;
    this.#priceFormat = { type: "custom", formatter: options.formatPrice, minMove: Number(options.tickSize) };
    this.#chart = createChart(container, CHART_OPTIONS);
    this.#chart.applyOptions({
      localization: { locale: options.locale, timeFormatter: (time: Time) => options.formatInstant(toMs(time)) },
      timeScale: { tickMarkFormatter: (time: Time) => options.formatMark(toMs(time)) },
    });
    this.#candles = this.#chart.addSeries(CandlestickSeries, {
      // Up is hollow and down is filled, so direction reads without colour.
      upColor: THEME.panel,
      borderUpColor: THEME.up,
      wickUpColor: THEME.up,
      downColor: THEME.down,
      borderDownColor: THEME.down,
      wickDownColor: THEME.down,
      lastValueVisible: false,
      priceLineStyle: LineStyle.Dotted,
      priceFormat: this.#priceFormat,
    });
    this.#candles.attachPrimitive(this.#band);
    this.#candles.attachPrimitive(this.#label);
    this.#chart.subscribeCrosshairMove(({ time }) => {
      options.onHover(time === undefined ? null : (time as UTCTimestamp) * 1000);
    });
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range && range.from < HISTORY_MARGIN_BARS && this.#data.length > 0) options.onHistory();
    });
    this.#sizes = new ResizeObserver(() => this.#tellLayout());
    this.#sizes.observe(container);
  }

  /**
   * Shows these candles, oldest first, redrawing no more than changed. Candles of another `key`
   * (a timeframe) start at the newest; otherwise the view stays where it is.
   */
  setCandles(candles: readonly Candle[], key: string): void {
    const before = this.#data;
    const isReset = key !== this.#key || before.length === 0;
    this.#key = key;
    this.#data = candles;
    const changedAt = isReset ? 0 : firstDifference(before, candles);
    // The library takes nothing older than its newest.
    const follows = (candles[changedAt]?.t ?? Infinity) >= (before.at(-1)?.t ?? 0);
    if (follows && changedAt >= Math.max(1, before.length - 1)) {
      // Equal up to the newest one or two: the library takes them one by one.
      for (const candle of candles.slice(changedAt)) this.#updateLast(candle);
    } else {
      this.#replace(candles, isReset ? 0 : addedBefore(before, candles));
    }
    this.#drawBand();
    if (isReset) this.showLatest();
  }

  #updateLast(candle: Candle): void {
    this.#candles.update(toBar(candle));
    for (const { series, toData } of this.#drawn) series.update(toData(candle));
  }

  #replace(candles: readonly Candle[], added: number): void {
    const range = this.bars();
    this.#candles.setData(candles.map(toBar));
    for (const { series, toData } of this.#drawn) series.setData(candles.map(toData));
    if (range && added > 0) {
      this.showBars({ from: range.from + added, to: range.to + added });
    }
  }

  /** Draws what the settings ask for and nothing else. */
  setSettings(settings: ChartSettings): void {
    if (this.#settings === settings) return;
    this.#settings = settings;
    for (const { series } of this.#drawn) this.#chart.removeSeries(series);
    this.#drawn = [];
    if (settings.volume) this.#addVolume();
    if (settings.bollinger) {
      this.#addLine("bb_upper", THEME.bollinger, 1);
      this.#addLine("bb_lower", THEME.bollinger, 1);
    }
    if (settings.ema50) this.#addLine("ema50", THEME.ema50, 2);
    if (settings.ema20) this.#addLine("ema20", THEME.ema20, 2);
    if (settings.rsi) this.#addRsi();
    if (settings.macd) this.#addMacd();
    for (const { series, toData } of this.#drawn) series.setData(this.#data.map(toData));
    this.#drawBand();
    this.#chart.panes().forEach((pane, i) => pane.setStretchFactor(i === 0 ? 5 : 1.25));
    // Heights are known once the panes have been laid out.
    requestAnimationFrame(() => this.#tellLayout());
  }

  /** Whether a candle closed at or above its open: here, so that pages share no module with what they load later. */
  directionOf(candle: Candle): "up" | "down" {
    return isUp(candle) ? "up" : "down";
  }

  /** Shows the last price on the axis and colours its line. */
  setLabel(label: PriceLabel): void {
    this.#label.setLabel(label);
    this.#candles.applyOptions({ priceLineColor: THEME[label.direction] });
  }

  /** Scrolls to the newest candles, as many as are well seen at this width. */
  showLatest(): void {
    const bars = Math.min(150, Math.max(40, Math.round(this.#chart.timeScale().width() / 8)));
    const to = this.#data.length - 1 + RIGHT_OFFSET_BARS;
    this.showBars({ from: to - bars, to });
  }

  /** Draws something more over the candles. */
  attach(primitive: ISeriesPrimitive<Time>): void {
    this.#candles.attachPrimitive(primitive);
  }

  /** The stretch that is seen, counted in bars of the candles shown; it may reach beyond either end. */
  bars(): { from: number; to: number } | null {
    return this.#chart.timeScale().getVisibleLogicalRange();
  }

  /** Shows a stretch, counted as {@link ChartView.bars} does. */
  showBars(bars: { from: number; to: number }): void {
    this.#chart.timeScale().setVisibleLogicalRange(bars);
  }

  /** Frees the canvas and its listeners. */
  destroy(): void {
    this.#sizes.disconnect();
    this.#chart.remove();
  }

  #drawBand(): void {
    this.#band.setPoints(this.#settings?.bollinger ? toBand(this.#data) : []);
  }

  #addLine(name: keyof Indicators, color: string, lineWidth: 1 | 2, pane = 0): ISeriesApi<"Line"> {
    const series = this.#chart.addSeries(
      LineSeries,
      { ...QUIET, color, lineWidth, priceFormat: this.#priceFormat },
      pane,
    );
    this.#drawn.push({ series: series as ISeriesApi<SeriesType>, toData: (candle) => toPoint(candle, name) });
    return series;
  }

  #addVolume(): void {
    const series = this.#chart.addSeries(HistogramSeries, {
      ...QUIET,
      priceFormat: { type: "volume" },
      priceScaleId: "volume",
    });
    series.priceScale().applyOptions({ scaleMargins: { top: 0.86, bottom: 0 } });
    this.#drawn.push({ series: series as ISeriesApi<SeriesType>, toData: toVolume });
  }

  #addRsi(): void {
    const series = this.#addLine("rsi14", THEME.rsi, 2, this.#chart.panes().length);
    series.applyOptions({
      priceFormat: { type: "price", precision: 1, minMove: 0.1 },
      // The usual marks stay in view however calm the market is.
      autoscaleInfoProvider: (original: () => { priceRange: { minValue: number; maxValue: number } | null } | null) => {
        const range = original()?.priceRange;
        return {
          priceRange: { minValue: Math.min(25, range?.minValue ?? 25), maxValue: Math.max(75, range?.maxValue ?? 75) },
        };
      },
    });
    // Room for the pane's legend, which must not lie on the marks.
    series.priceScale().applyOptions({ scaleMargins: { top: 0.3, bottom: 0.1 } });
    for (const price of [70, 30]) {
      // Dashed and thin, as the library's own are.
      series.createPriceLine({ price, color: THEME.crosshair, axisLabelVisible: false });
    }
  }

  #addMacd(): void {
    const pane = this.#chart.panes().length;
    const bars = this.#chart.addSeries(HistogramSeries, { ...QUIET, priceFormat: this.#priceFormat }, pane);
    this.#drawn.push({ series: bars as ISeriesApi<SeriesType>, toData: toMacdBar });
    this.#addLine("macd", THEME.macd, 2, pane).priceScale().applyOptions({ scaleMargins: { top: 0.3, bottom: 0.1 } });
    this.#addLine("macd_signal", THEME.macdSignal, 1, pane);
  }

  #tellLayout(): void {
    const tops: number[] = [];
    let top = 0;
    for (const pane of this.#chart.panes()) {
      tops.push(top);
      // One pixel is the line between panes.
      top += pane.getHeight() + 1;
    }
    this.#options.onLayout(tops);
  }
}

/** The library's seconds as Unix ms. */
function toMs(time: Time): number {
  return (time as UTCTimestamp) * 1000;
}

/** Index of the first candle that is not the very same in both; unchanged candles keep their identity. */
function firstDifference(before: readonly Candle[], after: readonly Candle[]): number {
  let i = 0;
  while (i < before.length && i < after.length && before[i] === after[i]) i++;
  return i;
}

/** How many candles now stand before the one that was first. */
function addedBefore(before: readonly Candle[], after: readonly Candle[]): number {
  const first = before[0];
  return first ? Math.max(0, after.findIndex((candle) => candle.t === first.t)) : 0;
}
