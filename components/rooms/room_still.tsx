import type { JSX } from "preact";
import { createLog, isHidden } from "../../lib/rooms/chat_log.ts";
import { useTexts } from "../layout/texts.ts";
import { StaticChart } from "../market/static_chart.tsx";
import { ChatLine } from "./chat_line.tsx";
import { ChatPanel } from "./chat_panel.tsx";
import { ChatWall, Composer } from "./chat_composer.tsx";
import { PeoplePanel } from "./people_panel.tsx";
import { RoomBanner } from "./room_about.tsx";
import { NoChart, RoomChart } from "./room_chart.tsx";
import { RoomHead } from "./room_head.tsx";
import { SearchPanel } from "./search_panel.tsx";
import { roomPath, type RoomState, streamerName } from "./room_state.ts";
import { TipForm } from "./tip_form.tsx";

/** Head and chart as last stored: what the server renders and the island starts from. */
export function RoomStill({ detail, reader, terms, market, tipId, nowMs }: RoomState): JSX.Element {
  const texts = useTexts();
  const { t } = texts;
  const { stream, me } = detail;
  return (
    <>
      <RoomHead
        stream={stream}
        me={me}
        isSignedIn={reader !== null}
        nowMs={nowMs}
        tip={<TipForm streamId={stream.stream_id} clientId={tipId} terms={terms} />}
      />
      <RoomBanner stream={stream} isBanned={me.banned} />
      {market === null ? <NoChart /> : (
        <RoomChart
          symbol={market.page.symbol}
          timeframe={market.timeframe}
          name={streamerName(texts, stream)}
          isFollowing={null}
        >
          <div class="chart-area">
            <StaticChart candles={market.page.candles} />
            {market.page.candles.length === 0 && <p class="empty chart-empty">{t("chart.no_candles")}</p>}
            <noscript>
              <p class="chart-note">{t("chart.needs_script")}</p>
            </noscript>
          </div>
        </RoomChart>
      )}
    </>
  );
}

/** The chat as last stored, with a form that works without a script. */
export function ChatStill(state: RoomState): JSX.Element {
  const { detail: { stream, me }, reader, chat, tab, find } = state;
  const { t } = useTexts();
  const log = createLog(chat.items, chat.next_cursor);
  const path = roomPath(stream.stream_id);
  const wall = ChatWall({
    status: stream.status,
    reader,
    me,
    mutedUntil: me.muted_until,
    next: path,
  });
  return (
    <ChatPanel tab={tab} settings={stream.settings}>
      {tab === "people"
        ? (
          <PeoplePanel
            stream={stream}
            viewers={state.viewers}
            messages={log.messages}
            reader={reader}
            role={me.role}
          />
        )
        : tab === "search"
        ? (
          <SearchPanel
            query={find?.query ?? ""}
            found={find && { query: find.query, items: find.items.toReversed(), cursor: find.next_cursor }}
          />
        )
        : (
          <div class="chat-still scroller">
            <div role="log" aria-label={t("room.chat_log")}>
              {log.olderCursor !== null && (
                <p class="chat-more">
                  <a href={`?${new URLSearchParams({ before: log.olderCursor })}#chat`}>{t("room.older")}</a>
                </p>
              )}
              {log.messages.length === 0 && <p class="chat-none quiet">{t("room.no_messages")}</p>}
              {log.messages.map((message) => (
                <ChatLine
                  key={message.message_id}
                  message={message}
                  isHidden={isHidden(log, message)}
                  reader={reader}
                  role={me.role}
                  isTarget={message.message_id === state.at}
                />
              ))}
              {!state.isNewest && (
                <p class="chat-more">
                  <a href={`${path}#chat`}>{t("room.newest")}</a>
                </p>
              )}
            </div>
          </div>
        )}
      {wall ?? <Composer streamId={stream.stream_id} clientId={state.messageId} value={state.typed} />}
    </ChatPanel>
  );
}
