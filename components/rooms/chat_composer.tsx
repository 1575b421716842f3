import type { ComponentChildren, JSX } from "preact";
import type { RoomMe, StreamObject } from "../../lib/rooms/shapes.ts";
import { useTexts } from "../layout/texts.ts";
import { BAN, BELL, Glyph, SEND } from "./room_icons.tsx";
import { instantText, MESSAGE_LENGTH_MAX, type Reader, roomPath } from "./room_state.ts";

/** From here on the box says how many characters are left. */
const COUNT_FROM = 400;

export interface ComposerProps {
  streamId: string;
  clientId: string;
  value: string;
  /** Seconds until the next message may be sent. */
  wait_s?: number;
  /** Of how many. */
  slow_s?: number;
  /** Why the last one was not taken. */
  error?: string | null;
  /** Whether it is to be an alert; null for who cannot send any. */
  isAlert?: boolean | null;
  onInput?: (value: string) => void;
  onAlert?: () => void;
  onSend?: () => void;
}

/** The box one writes into. Its form works without a script. */
export function Composer(props: ComposerProps): JSX.Element {
  const { streamId, clientId, value, wait_s = 0, slow_s = 0, error = null, isAlert = null } = props;
  const { onInput, onAlert, onSend } = props;
  const { t } = useTexts();
  return (
    <form
      class="composer"
      action={`${roomPath(streamId)}/messages`}
      method="post"
      onSubmit={onSend && ((event) => {
        event.preventDefault();
        onSend();
      })}
    >
      <input type="hidden" name="client_id" value={clientId} />
      <div class={`composer-box ${error ? "refused" : ""}`}>
        <input
          type="text"
          name="message"
          value={value}
          maxLength={MESSAGE_LENGTH_MAX}
          autocomplete="off"
          required={!onSend}
          placeholder={t("room.say")}
          aria-label={t("room.say")}
          aria-describedby="composer-note"
          onInput={onInput && ((event) => onInput(event.currentTarget.value))}
        />
        {isAlert !== null && onAlert && (
          <button
            type="button"
            class="composer-alert"
            aria-pressed={isAlert}
            aria-label={t("room.send_alert")}
            title={t("room.send_alert")}
            onClick={onAlert}
          >
            <Glyph d={BELL} />
          </button>
        )}
        {wait_s > 0
          ? (
            <span class="composer-wait num">
              <Ring share={slow_s > 0 ? Math.min(1, wait_s / slow_s) : 1} />
              {t("room.wait_short", { seconds: wait_s })}
            </span>
          )
          : (
            <button type="submit" aria-label={t("room.send")} title={t("room.send")}>
              <Glyph d={SEND} />
            </button>
          )}
      </div>
      <p class="composer-note" id="composer-note" role="status">
        <span class={error ? "composer-error" : ""}>
          {error ?? (wait_s > 0 ? t("room.wait", { seconds: wait_s }) : "")}
        </span>
        {value.length >= COUNT_FROM && <span class="num">{`${value.length} / ${MESSAGE_LENGTH_MAX}`}</span>}
      </p>
    </form>
  );
}

/** What is left of a wait, as a part of a circle. */
function Ring({ share }: { share: number }): JSX.Element {
  const length = 2 * Math.PI * 6;
  return (
    <svg class="ring" viewBox="0 0 16 16" width="16" height="16" fill="none" stroke-width="2" aria-hidden="true">
      <circle cx="8" cy="8" r="6" />
      <circle class="ring-left" cx="8" cy="8" r="6" stroke-dasharray={`${share * length} ${length}`} />
    </svg>
  );
}

/** What stands in the box's place for who may not write; null for who may. */
export function ChatWall({ status, reader, me, mutedUntil, next }: {
  status: StreamObject["status"];
  reader: Reader | null;
  me: RoomMe;
  mutedUntil: string | null;
  /** The page to come back to. */
  next: string;
}): JSX.Element | null {
  const texts = useTexts();
  const { t } = texts;
  if (me.banned) return <Wall>{t("room.banned")}</Wall>;
  if (status !== "LIVE") return <Wall>{t("room.closed")}</Wall>;
  if (reader === null) {
    return (
      <p class="chat-wall">
        <a class="button secondary" href={`/login?${new URLSearchParams({ next })}`}>{t("room.sign_in")}</a>
        <span>{t("room.sign_in_why")}</span>
      </p>
    );
  }
  return mutedUntil === null ? null : <Wall>{t("room.muted_until", { at: instantText(texts, mutedUntil) })}</Wall>;
}

function Wall({ children }: { children: ComponentChildren }): JSX.Element {
  return (
    <p class="chat-wall">
      <Glyph d={BAN} />
      <span>{children}</span>
    </p>
  );
}
