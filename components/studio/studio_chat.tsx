import type { JSX } from "preact";
import type { ChatPage, StreamDetail } from "../../lib/rooms/answers.ts";
import { ChatWall, Composer } from "../rooms/chat_composer.tsx";
import { ChatLine } from "../rooms/chat_line.tsx";
import { ChatPanel } from "../rooms/chat_panel.tsx";
import type { Reader } from "../rooms/room_state.ts";
import { useTexts } from "../layout/texts.ts";

export interface StudioChatProps {
  detail: StreamDetail;
  reader: Reader;
  page: ChatPage;
  /** Says something once, however often the form is sent. */
  messageId: string;
}

/** The room's chat beside the desk, before its script and without. */
export function StudioChat({ detail, reader, page, messageId }: StudioChatProps): JSX.Element {
  const { t } = useTexts();
  const { stream, me } = detail;
  const wall = (
    <ChatWall status={stream.status} reader={reader} me={me} mutedUntil={me.muted_until} next="/live/studio" />
  );
  return (
    <ChatPanel tab="chat" settings={stream.settings}>
      <div class="chat-still scroller">
        <div role="log" aria-label={t("studio.chat")}>
          {page.items.length === 0 && <p class="chat-none quiet">{t("studio.chat_empty")}</p>}
          {page.items.map((message) => (
            <ChatLine
              key={message.message_id}
              message={message}
              isHidden={"removed" in message}
              reader={reader}
              role={me.role}
            />
          ))}
        </div>
      </div>
      {stream.status === "LIVE" && me.muted_until === null
        ? <Composer streamId={stream.stream_id} clientId={messageId} value="" />
        : wall}
    </ChatPanel>
  );
}
