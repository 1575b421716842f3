import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { type Texts, useTexts } from "../../components/layout/texts.ts";
import { ChatWall, Composer } from "../../components/rooms/chat_composer.tsx";
import type { ChatAct } from "../../components/rooms/chat_line.tsx";
import { ChatPanel } from "../../components/rooms/chat_panel.tsx";
import { PeoplePanel } from "../../components/rooms/people_panel.tsx";
import { roomPath, type RoomTab } from "../../components/rooms/room_state.ts";
import type { ChatModel } from "../../lib/rooms/client/chat_model.ts";
import type { Refused } from "../../lib/rooms/client/room_api.ts";
import type { RoomMe, RoomMessage, StreamObject } from "../../lib/rooms/shapes.ts";
import { ChatList } from "./chat_list.tsx";
import { clock } from "./clock.ts";

/** Minutes somebody can be muted for. */
const MUTE_MINUTES = [1, 10, 60, 1_440];

const REASONS = ["spam", "abuse", "other"] as const;

export interface LiveChatProps {
  model: ChatModel;
  stream: StreamObject;
  me: RoomMe;
  /** The tab one begins with. */
  tab?: RoomTab;
}

/** The chat, alive. The page's {@link clock} has to run. */
export function LiveChat({ model, stream, me, tab: first = "chat" }: LiveChatProps): JSX.Element {
  const { t } = useTexts();
  const tab = useSignal(first);
  const isPinHidden = useSignal("");
  const settings = model.settings.value;
  const pinned = settings.pinned?.message_id === isPinHidden.value ? null : settings.pinned;
  const unpin = () => {
    if (model.isModerator) void model.pin(null);
    else isPinHidden.value = pinned?.message_id ?? "";
  };
  return (
    <ChatPanel
      tab={tab.value}
      onTab={(next) => tab.value = next}
      settings={{ ...settings, pinned }}
      onUnpin={unpin}
      unpinLabel={t(model.isModerator ? "room.unpin" : "room.pin_hide")}
    >
      {tab.value === "people"
        ? <PeoplePanel stream={stream} messages={model.log.value.messages} />
        : <LiveMessages model={model} />}
      <LiveComposer model={model} stream={stream} me={me} />
    </ChatPanel>
  );
}

/** The messages, and what moderators and readers can do about each. */
function LiveMessages({ model }: { model: ChatModel }): JSX.Element {
  const texts = useTexts();
  const { t } = texts;
  const asked = useSignal<{ act: ChatAct; message: RoomMessage } | null>(null);
  const done = useSignal("");
  const name = asked.value?.message.username ?? t("room.gone");
  const finish = async (acted: Promise<boolean>, said: string) => {
    asked.value = null;
    if (await acted) done.value = said;
  };
  const onAct = (act: ChatAct, message: RoomMessage) => {
    const { message_id: id } = message;
    done.value = "";
    asked.value = null;
    if (act === "reply") reply(model, `@${message.username} `);
    else if (act === "pin") void model.pin(id);
    else if (act === "remove" || act === "restore") void model.setRemoved(id, act === "remove");
    else asked.value = { act, message };
  };
  const cancel = () => asked.value = null;
  const { act, message } = asked.value ?? {};
  return (
    <>
      <ChatList
        model={model}
        onAct={model.start.reader === null ? undefined : onAct}
        question={!act || !message ? null : {
          messageId: message.message_id,
          content: act === "ban"
            ? (
              <Question text={t("room.ban_sure", { name })} onCancel={cancel}>
                <Choice
                  text={t("room.ban_yes")}
                  isGrave
                  onClick={() => finish(model.ban(message.user_id ?? ""), t("room.did_ban", { name }))}
                />
              </Question>
            )
            : act === "mute"
            ? (
              <Question text={t("room.mute_for", { name })} onCancel={cancel}>
                {MUTE_MINUTES.map((minutes) => (
                  <Choice
                    key={minutes}
                    text={lengthText(texts, minutes)}
                    onClick={() =>
                      finish(model.mute(message.user_id ?? "", minutes * 60), t("room.did_mute", { name }))}
                  />
                ))}
              </Question>
            )
            : (
              <Question text={t("room.report_why")} onCancel={cancel}>
                {REASONS.map((reason) => (
                  <Choice
                    key={reason}
                    text={t(`room.report_${reason}`)}
                    onClick={() => finish(model.report(message.message_id, reason), t("room.did_report"))}
                  />
                ))}
              </Question>
            ),
        }}
      />
      <p class="chat-done" role="status">
        {done.value || (model.isIncomplete.value ? t("room.incomplete") : "")}
      </p>
    </>
  );
}

/** Begins a message with somebody's name, in the box. */
function reply({ draft }: ChatModel, name: string): void {
  if (!draft.value.startsWith(name)) draft.value = name + draft.value;
  document.querySelector<HTMLInputElement>(".composer input[type=text]")?.focus();
}

function Question({ text, onCancel, children }: {
  text: string;
  onCancel: () => void;
  children: ComponentChildren;
}): JSX.Element {
  const { t } = useTexts();
  return (
    <div class="chat-question" role="group" aria-label={text}>
      <p>{text}</p>
      {children}
      <button type="button" class="text-button" onClick={onCancel}>{t("room.cancel")}</button>
    </div>
  );
}

function Choice({ text, isGrave = false, onClick }: { text: string; isGrave?: boolean; onClick: () => void }) {
  return <button type="button" class={`button secondary ${isGrave ? "grave" : ""}`} onClick={onClick}>{text}</button>;
}

/** The box one writes into, or why there is none. */
function LiveComposer({ model, stream, me }: Omit<LiveChatProps, "tab">): JSX.Element {
  const texts = useTexts();
  const now = clock.value;
  const muted = model.mutedUntil.value;
  const { reader } = model.start;
  const wall = ChatWall({
    status: stream.status,
    reader,
    me,
    mutedUntil: muted > now ? new Date(muted).toISOString() : null,
    next: roomPath(stream.stream_id),
  });
  if (wall) return wall;
  const refusal = model.refusal.value;
  const wait_s = Math.max(0, Math.ceil((model.waitUntil.value - now) / 1_000));
  const { slow_mode_s, followers_only } = model.settings.value;
  const isStranger = followers_only && !me.following && !model.isModerator;
  return (
    <Composer
      streamId={stream.stream_id}
      clientId=""
      value={model.draft.value}
      wait_s={wait_s}
      slow_s={slow_mode_s}
      // How long to wait says enough.
      error={refusal !== null && wait_s === 0
        ? refusalText(texts, refusal)
        : isStranger
        ? texts.t("room.follow_to_talk")
        : null}
      isAlert={model.isModerator ? model.type.value === "ALERT" : null}
      onInput={(value) => {
        model.draft.value = value;
        model.refusal.value = null;
      }}
      onAlert={() => model.type.value = model.type.value === "ALERT" ? "TEXT" : "ALERT"}
      onSend={() => void model.send()}
    />
  );
}

/** Why something was refused, in the reader's words. */
export function refusalText({ t }: Texts, { code }: Refused): string {
  return code === "lost" ? t("room.lost") : t(`code.${code}`);
}

function lengthText({ t }: Texts, minutes: number): string {
  return minutes < 60 ? t("room.minutes", { count: minutes }) : t("room.hours", { count: minutes / 60 });
}
