import type { ComponentChildren, JSX } from "preact";
import type { Timeframe } from "../../lib/market/timeframe.ts";
import type { MarketSymbol } from "../../lib/market/candle.ts";
import { useTexts } from "../layout/texts.ts";
import { CoinMark } from "../market/coin_mark.tsx";
import { EYE, Glyph } from "./room_icons.tsx";

export interface RoomChartProps {
  symbol: MarketSymbol;
  timeframe: Timeframe;
  /** The streamer's name. */
  name: string;
  /** Whether the chart does what the streamer's does; null where there is nothing to follow. */
  isFollowing: boolean | null;
  /** Detaches, or follows again. */
  onSwitch?: (() => void) | undefined;
  /** Choices for who is detached. */
  tools?: ComponentChildren;
  /** The chart itself. */
  children: ComponentChildren;
}

/** The streamer's chart: as he shows it, or as one looks around in it. */
export function RoomChart(props: RoomChartProps): JSX.Element {
  const { symbol, timeframe, name, isFollowing, onSwitch, tools, children } = props;
  const { t } = useTexts();
  return (
    <section class="panel chart-panel room-chart" aria-label={t("room.chart_label")}>
      <div class="chart-bar">
        <CoinMark base={symbol.base} />
        <a class="room-pair" href={`/markets/${symbol.exchange}/${symbol.symbol}`}>
          {`${symbol.base}/${symbol.quote}`}
        </a>
        {tools ?? <span class="room-tag">{timeframe}</span>}
        {isFollowing !== null && (
          <p class={isFollowing ? "room-view following" : "room-view"}>
            <Glyph d={EYE} />
            <span>{isFollowing ? t("room.following_view", { name }) : t("room.detached")}</span>
            {onSwitch && (
              <button type="button" class="text-button" onClick={onSwitch}>
                {t(isFollowing ? "room.detach" : "room.follow_again")}
              </button>
            )}
          </p>
        )}
      </div>
      {children}
    </section>
  );
}

/** Stands where the streamer shows no chart. */
export function NoChart(): JSX.Element {
  const { t } = useTexts();
  return (
    <section class="panel chart-panel room-chart" aria-label={t("room.chart_label")}>
      <p class="empty chart-empty no-chart">{t("room.no_chart")}</p>
    </section>
  );
}
