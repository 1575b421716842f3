import { useEffect, useMemo } from "preact/hooks";
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { NoChart, RoomChart } from "../../components/rooms/room_chart.tsx";
import { TimeframeNav } from "../../components/market/timeframe_nav.tsx";
import { useTexts } from "../../components/layout/texts.ts";
import { loadSettings } from "../../lib/market/client/chart_settings.ts";
import { barOfTime, barTimes } from "../../lib/rooms/client/chart_time.ts";
import type { FollowModel } from "../../lib/rooms/client/follow_model.ts";
import { TIMEFRAME_MS } from "../../lib/market/timeframe.ts";
import type { MarketModel } from "../../lib/market/client/market_model.ts";
import { ChartArea } from "../market/chart_area.tsx";
import type { ChartView } from "../market/chart_view.ts";
import type { DrawingsPrimitive } from "../studio/drawings_primitive.ts";

/** The chart, as the streamer shows it or as the viewer looks around in it. */
export function LiveChart({ follow, name }: { follow: FollowModel; name: string }): JSX.Element {
  const { t } = useTexts();
  const model = follow.market.value;
  if (!model) return <NoChart />;
  const { symbol } = model.page;
  const hasView = follow.view.value !== null;
  const isFollowing = follow.isFollowing.value;
  const onMove = ({ pointerType, buttons }: PointerEvent) => {
    // A finger may only scroll the page.
    if (hasView && buttons === 1 && pointerType === "mouse") follow.detach();
  };
  return (
    <RoomChart
      symbol={symbol}
      timeframe={model.timeframe.value}
      name={name}
      isFollowing={hasView ? isFollowing : null}
      onSwitch={() => isFollowing ? follow.detach() : follow.followAgain()}
      tools={hasView && isFollowing
        ? undefined
        : <TimeframeNav timeframe={model.timeframe.value} onPick={(timeframe) => void model.pick(timeframe)} />}
    >
      <div class="island" onPointerMove={onMove} onWheel={() => hasView && follow.detach()}>
        <Chart key={`${symbol.exchange}:${symbol.symbol}`} follow={follow} model={model} />
      </div>
      {follow.isLost.value && <p class="chart-note" role="status">{t("room.chart_lost")}</p>}
    </RoomChart>
  );
}

function Chart({ follow, model }: { follow: FollowModel; model: MarketModel }): JSX.Element {
  const settings = useMemo(loadSettings, []);
  const chart = useSignal<ChartView | null>(null);
  const pen = useSignal<DrawingsPrimitive | null>(null);
  const candles = model.candles.value;
  const timeframe = model.timeframe.value;
  const drawn = follow.drawings();
  const range = follow.isFollowing.value ? follow.view.value?.range ?? null : null;
  const width_ms = TIMEFRAME_MS[timeframe];
  // Few streamers draw: what draws comes with the first line.
  const isDrawn = drawn.length > 0;
  useEffect(() => {
    if (!isDrawn) return;
    let isGone = false;
    import("./room_extras.tsx").then(({ DrawingsPrimitive }) => {
      if (!isGone) pen.value ??= new DrawingsPrimitive();
    }).catch(reportError);
    return () => {
      isGone = true;
    };
  }, [isDrawn]);
  useEffect(() => {
    if (pen.value) chart.value?.attach(pen.value);
  }, [chart.value, pen.value]);
  useEffect(() => pen.value?.setDrawings(drawn, barTimes(candles, width_ms)), [pen.value, drawn, candles, width_ms]);
  // The stretch stays where it is while candles come.
  useEffect(() => {
    const times = barTimes(candles, width_ms);
    const from = range && barOfTime(times, range.from);
    const to = range && barOfTime(times, range.to);
    if (from !== null && to !== null && from < to) chart.value?.showBars({ from, to });
  }, [chart.value, range, candles, width_ms]);
  const isAtEnd = range === null && follow.isFollowing.value;
  useEffect(() => {
    if (isAtEnd) chart.value?.showLatest();
  }, [isAtEnd]);
  return <ChartArea model={model} settings={settings} onView={(view) => chart.value = view} />;
}
