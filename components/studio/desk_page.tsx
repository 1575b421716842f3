import type { ComponentChildren, JSX } from "preact";
import type { ChatPage, StreamDetail } from "../../lib/rooms/answers.ts";
import type { SharedView, StreamObject } from "../../lib/rooms/shapes.ts";
import { type Timeframe, TIMEFRAMES } from "../../lib/market/timeframe.ts";
import { Notices, type Said } from "../accounts/parts.tsx";
import { Island } from "../layout/island.tsx";
import { useTexts } from "../layout/texts.ts";
import type { Reader } from "../rooms/room_state.ts";
import { DeskHead } from "./desk_head.tsx";
import { Desk, type DeskProps } from "./desk.tsx";
import { marketText, studioPath } from "./room_text.ts";

/** What the studio's script needs to know. */
export interface StudioProps {
  /** Its topic is null while the room is not live. */
  detail: StreamDetail;
  reader: Reader;
  /** What was said last. */
  page: ChatPage;
  /** The server's clock when it rendered the page, Unix ms. */
  nowMs: number;
  /** Null for a moderator: the chart is the streamer's alone. */
  share: ShareProps | null;
}

/** The chart that is shared, and the video that goes with it. */
export interface ShareProps {
  /** What the room sees now; null for nothing yet. */
  view: SharedView | null;
  /** To choose from, those on show first: `<exchange>:<symbol>`. */
  markets: readonly string[];
  /** Where the camera or the screen is published to; null for no video. */
  whipUrl: string | null;
}

export interface DeskPageProps extends Said {
  stream: StreamObject;
  isOwner: boolean;
  studio: StudioProps;
  desk: DeskProps;
  chat: ComponentChildren;
}

/** Where a room is run: what it sees, what it says, and who decides about it. */
export function DeskPage({ stream, isOwner, studio, desk, chat, ...said }: DeskPageProps): JSX.Element {
  const { t } = useTexts();
  const isLive = stream.status === "LIVE";
  return (
    <div class={isLive ? "studio-desk is-live" : "studio-desk"}>
      <div class="desk-main">
        <div data-part="head">
          <DeskHead stream={stream} isOwner={isOwner} />
        </div>
        <div data-part="said" aria-live="polite">
          <Notices {...said} />
        </div>
        {isLive && isOwner && (
          <noscript>
            <p class="alert">{t("studio.noscript")}</p>
          </noscript>
        )}
        <Island name="studio" props={studio}>
          {studio.share && <ShareStill stream={stream} share={studio.share} />}
        </Island>
        <div data-part="desk" class="desk-part">
          <Desk {...desk} />
        </div>
      </div>
      <div class="desk-chat" id="studio-chat">{chat}</div>
    </div>
  );
}

/** The shared chart before its script, and without: the market alone can be chosen. */
export function ShareStill({ stream, share }: { stream: StreamObject; share: ShareProps }): JSX.Element {
  const { t } = useTexts();
  const market = share.view === null ? share.markets[0] : `${share.view.exchange}:${share.view.symbol}`;
  const timeframe: Timeframe = share.view?.timeframe ?? "5m";
  return (
    <section class="panel share-panel share-still" aria-label={t("studio.chart")}>
      <form action={`${studioPath(stream)}/view`} method="post" class="share-form" data-navigate>
        <label class="share-field">
          <span class="field-label">{t("studio.chart_market")}</span>
          <select name="market">
            {share.markets.map((each) => (
              <option key={each} value={each} selected={each === market}>{marketText(each)}</option>
            ))}
          </select>
        </label>
        <label class="share-field">
          <span class="field-label">{t("studio.chart_timeframe")}</span>
          <select name="timeframe">
            {TIMEFRAMES.map((each) => <option key={each} value={each} selected={each === timeframe}>{each}</option>)}
          </select>
        </label>
        <button type="submit" class="button secondary">{t("studio.chart_show")}</button>
      </form>
      <p class="share-wait quiet">{t("studio.chart_wait")}</p>
    </section>
  );
}
