import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { ChatLine, type ChatLineProps, OutgoingLine } from "../../components/rooms/chat_line.tsx";
import { useTexts } from "../../components/layout/texts.ts";
import { isHidden } from "../../lib/rooms/chat_log.ts";
import type { ChatModel } from "../../lib/rooms/client/chat_model.ts";
import { type Anchor, anchorOf, placeAt, rowsIn, rowTops, scrollFor } from "../../lib/rooms/client/virtual_list.ts";

/** Height of a line nobody has seen yet, and how far beyond the window lines are drawn. */
const LINE_px = 52;
const SPARE_px = 300;

/** From here older messages are read, and newer ones where there are some. */
const OLDER_px = 200;

/** A message that was looked for stands this far below the edge. */
const TARGET_px = 60;

export interface ChatListProps {
  model: ChatModel;
  onAct: ChatLineProps["onAct"];
  /** A question about one message, below it. */
  question: { messageId: string; content: ComponentChildren } | null;
}

/** The messages: thousands of them, of which those in sight are in the document. */
export function ChatList({ model, onAct, question }: ChatListProps): JSX.Element {
  const { t } = useTexts();
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useRef<HTMLDivElement>(null);
  const heights = useRef(new Map<string, number>());
  const seen = useRef({ top: 0, height: 600, width: 0 });
  const anchor = useRef<Anchor>(null);
  const [, redraw] = useState({});
  const past = model.past.log.value;
  const target = model.past.target.value;
  const log = past ?? model.log.value;
  const keys = [
    ...log.messages.map(({ message_id }) => message_id),
    ...log.outgoing.map(({ client_id }) => client_id),
  ];
  const tops = rowTops(keys, heights.current, LINE_px);
  const total = tops[keys.length] ?? 0;
  const { top, height } = seen.current;
  const { start, end } = rowsIn(tops, anchor.current === null ? Math.max(0, total - height) : top, height, SPARE_px);

  const look = () => {
    const box = scroller.current;
    if (!box) return;
    const { scrollTop, clientHeight, clientWidth } = box;
    // Narrower lines are higher.
    if (seen.current.width !== clientWidth) heights.current.clear();
    seen.current = { top: scrollTop, height: clientHeight, width: clientWidth };
  };
  const onScroll = () => {
    look();
    const { top, height } = seen.current;
    anchor.current = anchorOf(keys, tops, top, height);
    // The end of an older part is not where one is told what comes.
    if (past && anchor.current === null) anchor.current = placeAt(keys, tops, top);
    if (top < OLDER_px) void model.readOlder();
    if (past && top + height > total - OLDER_px) void model.past.readNewer();
    redraw({});
  };

  useLayoutEffect(() => {
    let isChanged = false;
    [...rows.current?.children ?? []].forEach((row, i) => {
      const key = keys[start + i];
      const { offsetHeight } = row as HTMLElement;
      if (key === undefined || heights.current.get(key) === offsetHeight) return;
      heights.current.set(key, offsetHeight);
      isChanged = true;
    });
    const box = scroller.current;
    if (!box) return;
    const place = scrollFor(anchor.current, keys, rowTops(keys, heights.current, LINE_px), box.clientHeight);
    // What is not laid out yet cannot be scrolled to: drawn again, it is.
    if (place !== null && Math.abs(box.scrollTop - place) > 1) box.scrollTop = place;
    if (isChanged) redraw({});
  });

  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const sizes = new ResizeObserver(() => {
      look();
      redraw({});
    });
    sizes.observe(box);
    return () => sizes.disconnect();
  }, []);

  useLayoutEffect(() => {
    if (target === null) return;
    anchor.current = { key: target.messageId, offset: -TARGET_px };
    scroller.current?.focus({ preventScroll: true });
    redraw({});
  }, [target]);

  const toEnd = () => {
    anchor.current = null;
    model.openNewest();
    redraw({});
  };
  return (
    <div class="chat-window">
      <div class="chat-scroll scroller" ref={scroller} onScroll={onScroll} tabIndex={0}>
        {keys.length === 0 && <p class="chat-none quiet">{t("room.no_messages")}</p>}
        <div class="chat-space" style={{ height: `${total}px` }}>
          <div
            class="chat-rows"
            ref={rows}
            role="log"
            aria-label={t("room.chat_log")}
            aria-live={anchor.current === null ? "polite" : "off"}
            style={{ transform: `translateY(${tops[start] ?? 0}px)` }}
          >
            {keys.slice(start, end).map((key, i) => {
              const message = log.messages[start + i];
              if (!message) {
                const outgoing = log.outgoing[start + i - log.messages.length];
                return outgoing && (
                  <OutgoingLine
                    key={key}
                    outgoing={outgoing}
                    reader={model.start.reader}
                    onRetry={(id) => void model.retry(id)}
                    onDiscard={(id) => model.discard(id)}
                  />
                );
              }
              return (
                <ChatLine
                  key={key}
                  message={message}
                  isHidden={isHidden(log, message)}
                  reader={model.start.reader}
                  role={model.start.role}
                  isTarget={key === target?.messageId}
                  onAct={onAct}
                >
                  {question?.messageId === key && question.content}
                </ChatLine>
              );
            })}
          </div>
        </div>
      </div>
      {(anchor.current !== null || past) && (
        <button type="button" class="button secondary chat-newest" onClick={toEnd}>{t("room.newest")}</button>
      )}
    </div>
  );
}
