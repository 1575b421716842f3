import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { useTexts } from "../../components/layout/texts.ts";
import type { ChatFind } from "../../components/rooms/room_state.ts";
import { SearchPanel } from "../../components/rooms/search_panel.tsx";
import { ChatSearch } from "../../lib/rooms/client/chat_search.ts";
import { callRoom } from "../../lib/rooms/client/room_api.ts";
import { refusalText } from "./refusal_text.ts";

export interface LiveFindProps {
  streamId: string;
  /** What the page was rendered with. */
  first: ChatFind | null;
  onOpen: (messageId: string) => void;
  onClose: () => void;
}

/** Searching the chat in place; Escape leads back to it. */
export function LiveFind({ streamId, first, onOpen, onClose }: LiveFindProps): JSX.Element {
  const texts = useTexts();
  const search = useMemo(() => new ChatSearch(callRoom, streamId, first), []);
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => box.current?.focus(), []);
  const refusal = search.refusal.value;
  return (
    <div
      class="chat-find-box"
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <SearchPanel
        box={box}
        query={search.found.value?.query ?? ""}
        found={search.found.value}
        isBusy={search.isBusy.value}
        error={refusal === null ? null : refusalText(texts, refusal)}
        onSearch={(query) => void search.search(query)}
        onMore={() => void search.more()}
        onOpen={onOpen}
      />
    </div>
  );
}
