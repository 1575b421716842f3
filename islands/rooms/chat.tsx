import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useTexts } from "../../components/layout/texts.ts";
import { ChatWall, Composer } from "../../components/rooms/chat_composer.tsx";
import type { ChatAct } from "../../components/rooms/chat_line.tsx";
import { ChatPanel } from "../../components/rooms/chat_panel.tsx";
import { type ChatFind, roomPath, type RoomTab } from "../../components/rooms/room_state.ts";
import type { RoomViewers } from "../../lib/rooms/answers.ts";
import type { ChatModel } from "../../lib/rooms/client/chat_model.ts";
import type { RoomMe, RoomMessage, StreamObject } from "../../lib/rooms/shapes.ts";
import { ChatList } from "./chat_list.tsx";
import { clock } from "./clock.ts";
import { Later } from "./later.tsx";
import { refusalText } from "./refusal_text.ts";

export interface LiveChatProps {
  model: ChatModel;
  stream: StreamObject;
  me: RoomMe;
  /** The tab one begins with. */
  tab?: RoomTab;
  /** What else the page was rendered with. */
  viewers?: RoomViewers | null;
  find?: ChatFind | null;
}

/** The chat, alive. The page's {@link clock} has to run. */
export function LiveChat(props: LiveChatProps): JSX.Element {
  const { model, stream, me, tab: first = "chat", viewers = null, find = null } = props;
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
        ? (
          <Later key="people" load={extras}>
            {({ LivePeople }) => <LivePeople model={model} stream={stream} me={me} first={viewers} />}
          </Later>
        )
        : tab.value === "search"
        ? (
          <Later key="search" load={extras}>
            {({ LiveFind }) => (
              <LiveFind
                streamId={stream.stream_id}
                first={find}
                onOpen={(id) =>
                  void model.open(id).then((isThere) => {
                    if (isThere) tab.value = "chat";
                  })}
                onClose={() => tab.value = "chat"}
              />
            )}
          </Later>
        )
        : <LiveMessages model={model} />}
      <LiveComposer model={model} stream={stream} me={me} />
    </ChatPanel>
  );
}

/** See there. */
const extras = () => import("./room_extras.tsx");

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
          content: (
            <Later load={extras}>
              {({ ActQuestion }) => (
                <ActQuestion
                  act={act}
                  name={name}
                  onMute={(seconds) =>
                    void finish(model.mute(message.user_id ?? "", seconds), t("room.did_mute", { name }))}
                  onBan={() => void finish(model.ban(message.user_id ?? ""), t("room.did_ban", { name }))}
                  onReport={(reason) => void finish(model.report(message.message_id, reason), t("room.did_report"))}
                  onCancel={cancel}
                />
              )}
            </Later>
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

/** The box one writes into, or why there is none. */
function LiveComposer({ model, stream, me }: Pick<LiveChatProps, "model" | "stream" | "me">): JSX.Element {
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
