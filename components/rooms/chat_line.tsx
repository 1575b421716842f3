import type { ComponentChildren, JSX } from "preact";
import type { Outgoing } from "../../lib/rooms/chat_log.ts";
import { mentions, messageParts } from "../../lib/rooms/message_text.ts";
import type { MessageObject, RoomMe, RoomMessage } from "../../lib/rooms/shapes.ts";
import { useTexts } from "../layout/texts.ts";
import { PoolCard, tipAmount } from "./chat_cards.tsx";
import { Avatar } from "./person.tsx";
import { BAN, BELL, CLOCK, COIN, FLAG, Glyph, PIN, REPLY, SHIELD, TRASH } from "./room_icons.tsx";
import { clockText, type Reader } from "./room_state.ts";

/** What can be done with a message. */
export type ChatAct = "reply" | "pin" | "mute" | "remove" | "ban" | "report" | "restore";

export interface ChatLineProps {
  message: RoomMessage;
  /** Shown as a gap. */
  isHidden: boolean;
  reader: Reader | null;
  role: RoomMe["role"];
  /** It was looked for. */
  isTarget?: boolean;
  /** Without it there are no tools. */
  onAct?: ((act: ChatAct, message: RoomMessage) => void) | undefined;
  /** A question about it, below. */
  children?: ComponentChildren;
}

/** A line of the chat: words, a tip, an alert, a card, or the gap one left. */
export function ChatLine(props: ChatLineProps): JSX.Element {
  const { message, isHidden, reader, isTarget = false, children } = props;
  if (isHidden || "removed" in message) return <Gap {...props} />;
  const { message_type: type } = message;
  const isMine = type === "TEXT" && message.user_id !== reader?.userId && mentions(message.message, reader?.username);
  return (
    <div class={`chat-line ${type.toLowerCase()} ${isMine ? "mention-line" : ""} ${isTarget ? "found-line" : ""}`}>
      {type === "CARD"
        ? <PoolCard {...message} />
        : type === "TIP" || type === "ALERT"
        ? <Notice message={message} />
        : <Words message={message} />}
      <Tools {...props} message={message} />
      {children}
    </div>
  );
}

function Words({ message }: { message: MessageObject }): JSX.Element {
  const name = useName(message.username);
  return (
    <>
      <Avatar name={name} />
      <div class="chat-said">
        <p class="chat-who">
          <strong>{name}</strong>
          <RoleTag role={message.role} />
          <Time at={message.created_at} />
        </p>
        <p class="chat-words" dir="auto">
          <MessageText text={message.message} />
        </p>
      </div>
    </>
  );
}

/** A tip or an alert: set off, because somebody meant it to be. */
function Notice({ message }: { message: MessageObject }): JSX.Element {
  const { t } = useTexts();
  const name = useName(message.username);
  const isTip = message.message_type === "TIP";
  return (
    <>
      <Glyph d={isTip ? COIN : BELL} />
      <div class="chat-said">
        <p class="chat-who">
          <strong>{name}</strong>
          {isTip
            ? (
              <>
                <span>{t("room.tipped")}</span>
                <strong class="tip-amount num">{tipAmount(message.data)}</strong>
              </>
            )
            : <span class="visually-hidden">{t("room.alert")}</span>}
          <Time at={message.created_at} />
        </p>
        {message.message !== "" && (
          <p class="chat-words" dir="auto">
            <MessageText text={message.message} />
          </p>
        )}
      </div>
    </>
  );
}

/** What is left of a message that was taken away; moderators can give it back. */
function Gap({ message, role, onAct }: ChatLineProps): JSX.Element {
  const { t } = useTexts();
  const by = "removed" in message ? message.removed_by_name : null;
  const moderates = role === "streamer" || role === "moderator";
  return (
    <p class="chat-line chat-gap">
      <span>
        {by === null ? t("room.removed_ban") : by === "" ? t("room.removed") : t("room.removed_by", { name: by })}
      </span>
      {by !== null && moderates && onAct && (
        <button
          type="button"
          class="text-button"
          onClick={() => onAct("restore", message)}
        >
          {t("room.undo")}
        </button>
      )}
    </p>
  );
}

/** Something on its way, which must not look as if it had arrived. */
export function OutgoingLine({ outgoing, reader, onRetry, onDiscard }: {
  outgoing: Outgoing;
  reader: Reader | null;
  onRetry: (clientId: string) => void;
  onDiscard: (clientId: string) => void;
}): JSX.Element {
  const { t } = useTexts();
  const { client_id: id, message, state } = outgoing;
  const name = useName(reader?.username ?? null);
  return (
    <div class={`chat-line text outgoing ${state}`}>
      <Avatar name={name} />
      <div class="chat-said">
        <p class="chat-who">
          <strong>{name}</strong>
          <span role="status">{state === "sending" ? t("room.sending") : t("room.not_sent")}</span>
        </p>
        <p class="chat-words" dir="auto">{message}</p>
        {state === "failed" && (
          <p class="chat-again">
            <button type="button" class="text-button" onClick={() => onRetry(id)}>{t("room.retry")}</button>
            <button type="button" class="text-button" onClick={() => onDiscard(id)}>{t("room.discard")}</button>
          </p>
        )}
      </div>
    </div>
  );
}

/** Words with their mentions and links: links are never fetched, and say nothing about where they were found. */
export function MessageText({ text }: { text: string }): JSX.Element {
  return (
    <>
      {messageParts(text).map((part, i) =>
        part.kind === "link"
          ? <a key={i} href={part.href} target="_blank" rel="noopener nofollow">{part.text}</a>
          : part.kind === "mention"
          ? <span key={i} class="mention">{part.text}</span>
          : part.text
      )}
    </>
  );
}

/** What somebody is in the room, where that is more than a viewer. */
export function RoleTag({ role }: { role: MessageObject["role"] }): JSX.Element | null {
  const { t } = useTexts();
  return role === null ? null : (
    <span class={`role-tag ${role}`}>
      <Glyph d={SHIELD} size={12} />
      {t(`room.role_${role}`)}
    </span>
  );
}

function Tools({ message, reader, role, onAct }: ChatLineProps & { message: MessageObject }): JSX.Element | null {
  const { t } = useTexts();
  const name = useName(message.username);
  if (!onAct || reader === null) return null;
  const isOwn = message.user_id === reader.userId;
  const moderates = role === "streamer" || role === "moderator";
  // Nobody decides about the streamer, and the streamer alone about moderators.
  const decides = moderates && !isOwn && message.user_id !== null && (role === "streamer" || message.role === null);
  const tool = (act: ChatAct, label: string, d: string) => (
    <button
      type="button"
      class={act}
      aria-label={label}
      title={label}
      onClick={() => onAct(act, message)}
    >
      <Glyph d={d} />
    </button>
  );
  return (
    <div class="chat-tools" role="group" aria-label={t("room.act_tools")}>
      {!isOwn && message.username !== null && tool("reply", t("room.act_reply", { name }), REPLY)}
      {moderates && tool("pin", t("room.act_pin"), PIN)}
      {decides && tool("mute", t("room.act_mute", { name }), CLOCK)}
      {(decides || (moderates && isOwn)) && tool("remove", t("room.act_remove"), TRASH)}
      {decides && tool("ban", t("room.act_ban", { name }), BAN)}
      {!moderates && !isOwn && tool("report", t("room.act_report"), FLAG)}
    </div>
  );
}

function Time({ at }: { at: string }): JSX.Element {
  return <time class="sub num" dateTime={at}>{clockText(useTexts(), at)}</time>;
}

function useName(username: string | null): string {
  return username ?? useTexts().t("room.gone");
}
