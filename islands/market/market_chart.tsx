import { useSignal } from "@preact/signals";
import { hydrate, type JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useTexts } from "../../components/layout/texts.ts";
import { CandlesPanel } from "../../components/market/candles_panel.tsx";
import { IndicatorMenu } from "../../components/market/indicator_menu.tsx";
import { type MarketPageProps, MarketStill } from "../../components/market/market_still.tsx";
import { SymbolBar } from "../../components/market/symbol_bar.tsx";
import { TimeframeNav } from "../../components/market/timeframe_nav.tsx";
import { loadSettings, type Overlay, OVERLAYS, saveSettings } from "../../lib/market/client/chart_settings.ts";
import { ageText, health } from "../../lib/market/client/feed_health.ts";
import { MarketModel } from "../../lib/market/client/market_model.ts";
import type { MarketPageData } from "../../lib/market/page.ts";
import { isTimeframe, type Timeframe } from "../../lib/market/timeframe.ts";
import { ChartArea, closesIn } from "./chart_area.tsx";
import { LiveDepth } from "./market_depth.tsx";
import "../texts.ts";

/** Names that every trader writes alike; the others are texts of the page. */
const OVERLAY_NAMES: Readonly<Record<Exclude<Overlay, "bollinger" | "volume">, string>> = {
  ema20: "EMA 20",
  ema50: "EMA 50",
  rsi: "RSI 14",
  macd: "MACD 12, 26, 9",
};

/** Starts as the server rendered it, then comes alive. */
function MarketChart({ model, ...props }: MarketPageProps & { model: MarketModel }): JSX.Element {
  return useReady() ? <LiveMarket model={model} /> : <MarketStill {...props} />;
}

function LiveMarket({ model }: { model: MarketModel }): JSX.Element {
  useEffect(() => model.start(), []);
  useEffect(() => {
    const fallback = model.timeframe.peek();
    const followHistory = () => void model.pick(timeframeInUrl(fallback));
    addEventListener("popstate", followHistory);
    return () => removeEventListener("popstate", followHistory);
  }, []);
  return (
    <>
      <LiveSymbolBar model={model} />
      <LiveChartPanel model={model} />
    </>
  );
}

/** False for the first rendering, which must be what the server rendered. */
function useReady(): boolean {
  const [isReady, setReady] = useState(false);
  useEffect(() => setReady(true), []);
  return isReady;
}

function LiveSymbolBar({ model }: { model: MarketModel }): JSX.Element {
  const { last, tick, sequence } = model.move.value;
  return (
    <SymbolBar
      symbol={model.page.symbol}
      ticker={model.ticker.value}
      last={last}
      eurRate={model.eurRate.value}
      isDelisted={model.isDelisted.value}
      tick={tick}
      sequence={sequence}
      phase={health.value}
      ageText={ageText.value}
    />
  );
}

function LiveChartPanel({ model }: { model: MarketModel }): JSX.Element {
  const { t } = useTexts();
  const settings = useSignal(loadSettings());
  const toggle = (id: string) => {
    const name = OVERLAYS.find((overlay) => overlay === id);
    if (!name) return;
    settings.value = { ...settings.value, [name]: !settings.value[name] };
    saveSettings(settings.value);
  };
  const nameOf = (id: Overlay) => id === "bollinger" || id === "volume" ? t(`chart.${id}`) : OVERLAY_NAMES[id];
  const choices = OVERLAYS.map((id) => ({ id, label: nameOf(id), isOn: settings.value[id] }));
  return (
    <section class="panel chart-panel" aria-label={t("chart.chart")}>
      <div class="chart-bar">
        <TimeframeNav timeframe={model.timeframe.value} onPick={(timeframe) => pick(model, timeframe)} />
        <IndicatorMenu choices={choices} onToggle={toggle} />
        <Countdown model={model} />
      </div>
      <ChartArea model={model} settings={settings.value} />
    </section>
  );
}

function MarketDepth({ page, model }: { page: MarketPageData; model: MarketModel }): JSX.Element {
  return <LiveDepth page={page} isDelisted={model.isDelisted} isReady={useReady()} />;
}

function LiveCandles({ model }: { model: MarketModel }): JSX.Element {
  return <CandlesPanel symbol={model.page.symbol} timeframe={model.timeframe.value} candles={model.candles.value} />;
}

function Countdown({ model }: { model: MarketModel }): JSX.Element {
  const { t } = useTexts();
  const text = closesIn(model, t("chart.day_letter"));
  return (
    <p class="countdown">
      {text === "" ? "" : (
        <>
          {t("chart.closes_in")} <span class="figure">{text}</span>
        </>
      )}
    </p>
  );
}

function pick(model: MarketModel, timeframe: Timeframe): void {
  history.pushState(null, "", `?timeframe=${timeframe}`);
  void model.pick(timeframe);
}

function timeframeInUrl(fallback: Timeframe): Timeframe {
  const asked = new URLSearchParams(location.search).get("timeframe");
  return isTimeframe(asked) ? asked : fallback;
}

// So that the page with the chart need not load the lists' module for its status bar.
export { mount as feed_status } from "./feed_status.tsx";
export { pageConnection } from "../../lib/realtime/client/connection.ts";

/** Brings a market's page to life: the chart, and the parts of the page that go with it. */
export function market_chart(element: HTMLElement, props: MarketPageProps): void {
  const { page, timeframe } = props;
  const model = new MarketModel(page, timeframe);
  hydrate(<MarketChart {...props} model={model} />, element);
  hydratePart("live-candles", <LiveCandles model={model} />);
  hydratePart("live-depth", <MarketDepth page={page} model={model} />);
}

function hydratePart(id: string, part: JSX.Element): void {
  const element = document.getElementById(id);
  if (element) hydrate(part, element);
}
