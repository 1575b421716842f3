import type { ComponentChildren, JSX } from "preact";
import type { RoomSettings } from "../../lib/rooms/shapes.ts";
import { useTexts } from "../layout/texts.ts";
import { MessageText } from "./chat_line.tsx";
import { CLOCK, CROSS, FIND, Glyph, LOCK, PIN } from "./room_icons.tsx";
import type { RoomTab } from "./room_state.ts";

const TABS = ["chat", "people"] as const;

export interface ChatPanelProps {
  tab: RoomTab;
  onTab?: ((tab: RoomTab) => void) | undefined;
  settings: Pick<RoomSettings, "slow_mode_s" | "followers_only" | "pinned">;
  /** Takes the pinned message out of sight, or down for all. */
  onUnpin?: (() => void) | undefined;
  unpinLabel?: string;
  children: ComponentChildren;
}

/** The column beside the chart: what is said, and who is there. */
export function ChatPanel(props: ChatPanelProps): JSX.Element {
  const { tab, onTab, settings, onUnpin, unpinLabel = "", children } = props;
  const { t } = useTexts();
  const pinned = tab === "chat" ? settings.pinned : null;
  return (
    <section class="panel chat-panel" id="chat" aria-label={t("room.chat")}>
      <div class="chat-head">
        <nav class="chat-tabs">
          {TABS.map((each) => (
            <a
              key={each}
              href={`?tab=${each}#chat`}
              aria-current={each === tab ? "true" : undefined}
              onClick={onTab && ((event) => {
                event.preventDefault();
                onTab(each);
              })}
            >
              {t(`room.${each}`)}
            </a>
          ))}
          <a
            class="find-link"
            href="?tab=search#chat"
            aria-label={t("room.search")}
            title={t("room.search")}
            aria-current={tab === "search" ? "true" : undefined}
            onClick={onTab && ((event) => {
              event.preventDefault();
              onTab(tab === "search" ? "chat" : "search");
            })}
          >
            <Glyph d={FIND} />
          </a>
        </nav>
        {settings.followers_only && <Chip d={LOCK} text={t("room.followers_only")} />}
        {settings.slow_mode_s > 0 && <Chip d={CLOCK} text={t("room.slow_mode", { seconds: settings.slow_mode_s })} />}
      </div>
      {pinned && (
        <div class="chat-pinned">
          <Glyph d={PIN} size={14} />
          <p dir="auto">
            <span class="visually-hidden">{t("room.pinned")}</span>
            <MessageText text={pinned.message} />
          </p>
          {onUnpin && (
            <button type="button" aria-label={unpinLabel} title={unpinLabel} onClick={onUnpin}>
              <Glyph d={CROSS} size={14} />
            </button>
          )}
        </div>
      )}
      {children}
    </section>
  );
}

function Chip({ d, text }: { d: string; text: string }): JSX.Element {
  return (
    <span class="chat-chip">
      <Glyph d={d} size={12} />
      {text}
    </span>
  );
}
