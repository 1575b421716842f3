import { effect, useSignal } from "@preact/signals";
import { hydrate, type JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useTexts } from "../../components/layout/texts.ts";
import { RoomAbout, RoomBanner } from "../../components/rooms/room_about.tsx";
import { RoomHead } from "../../components/rooms/room_head.tsx";
import { ChatStill, RoomStill } from "../../components/rooms/room_still.tsx";
import { type RoomState, streamerName } from "../../components/rooms/room_state.ts";
import { TipForm, type TipStatus } from "../../components/rooms/tip_form.tsx";
import { uuidv7 } from "../../lib/kernel/uuid.ts";
import { formatMoney } from "../../lib/pools/format.ts";
import { FollowModel } from "../../lib/rooms/client/follow_model.ts";
import { callRoom } from "../../lib/rooms/client/room_api.ts";
import { RoomModel, type RoomPort } from "../../lib/rooms/client/room_model.ts";
import { pageConnection } from "../../lib/realtime/client/connection.ts";
import { LiveChat, refusalText } from "./chat.tsx";
import { clock, startClock } from "./clock.ts";
import { LiveChart } from "./room_chart.tsx";
import "../texts.ts";

interface Parts {
  state: RoomState;
  model: RoomModel;
  follow: FollowModel;
}

/** False for the first rendering, which must be what the server rendered. */
function useReady(): boolean {
  const [isReady, setReady] = useState(false);
  useEffect(() => setReady(true), []);
  return isReady;
}

/** Head, banner and chart. */
function LiveRoom(parts: Parts): JSX.Element {
  const { state, model, follow } = parts;
  useEffect(() => run(parts), []);
  if (!useReady()) return <RoomStill {...state} />;
  const stream = model.stream.value;
  const me = model.me.value;
  // The server's clock, which started the stream, may differ from ours.
  const nowMs = clock.value === 0 ? state.nowMs : clock.value + offset_ms;
  return (
    <>
      <RoomHead
        stream={stream}
        me={me}
        isSignedIn={state.reader !== null}
        nowMs={nowMs}
        onFollow={() => void model.setFollowing(!me.following)}
        tip={<LiveTip state={state} model={model} />}
      />
      <RoomBanner stream={stream} isBanned={me.banned} />
      <LiveChart follow={follow} name={streamerName(useTexts(), stream)} />
    </>
  );
}

/** How far the server's clock is ahead of this page's. */
let offset_ms = 0;

/** Joins the room, and leaves it when the page does. */
function run({ state, model, follow }: Parts): () => void {
  offset_ms = state.nowMs - Date.now();
  const stops = [
    startClock(),
    model.start(),
    follow.start(),
    effect(() => {
      const shown = model.shown.value;
      if (shown) follow.show(shown.view);
    }),
    effect(() => {
      if (pageConnection().phase.value === "reconnecting") model.lost();
      else model.back();
    }),
  ];
  const onSeen = () => {
    if (document.visibilityState === "visible") void model.touch();
  };
  const onHide = () => model.leave();
  document.addEventListener("visibilitychange", onSeen);
  addEventListener("pageshow", onSeen);
  addEventListener("pagehide", onHide);
  return () => {
    document.removeEventListener("visibilitychange", onSeen);
    removeEventListener("pageshow", onSeen);
    removeEventListener("pagehide", onHide);
    for (const stop of stops) stop();
  };
}

/** The form for tips: sent again after a lost answer, it tips once. */
function LiveTip({ state, model }: Omit<Parts, "follow">): JSX.Element {
  const texts = useTexts();
  const { t } = texts;
  const clientId = useSignal(state.tipId);
  const status = useSignal<TipStatus>({ phase: "idle", text: "" });
  const send = async (form: HTMLFormElement) => {
    const fields = new FormData(form);
    const amount = String(fields.get("amount")).trim().replace(",", ".");
    status.value = { phase: "sending", text: "" };
    const answer = await model.tip(clientId.value, amount, String(fields.get("message")).trim());
    if (!answer.ok) {
      const text = answer.code === "lost" ? t("room.tip_lost") : refusalText(texts, answer);
      status.value = { phase: "failed", text };
      return;
    }
    clientId.value = newId();
    form.reset();
    status.value = { phase: "done", text: t("room.tip_done", { amount: formatMoney(amount, "EUR") ?? amount }) };
  };
  return (
    <TipForm
      streamId={state.detail.stream.stream_id}
      clientId={clientId.value}
      terms={state.terms}
      status={status.value}
      onSend={(form) => void send(form)}
    />
  );
}

function LiveSide({ state, model }: Omit<Parts, "follow">): JSX.Element {
  if (!useReady()) return <ChatStill {...state} />;
  return <LiveChat model={model.chat} stream={model.stream.value} me={model.me.value} tab={state.tab} />;
}

function LiveAbout({ model }: { model: RoomModel }): JSX.Element {
  return <RoomAbout stream={model.stream.value} board={model.board.value} />;
}

function newId(): string {
  return uuidv7(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
}

const PORT: RoomPort = {
  subscribe: (topic, event, listener) => pageConnection().subscribe(topic, event, listener),
  call: callRoom,
  random: Math.random,
  nowMs: Date.now,
  newId,
  beacon(path, body) {
    navigator.sendBeacon(path, new Blob([JSON.stringify(body)], { type: "application/json" }));
  },
};

// This page loads no other module.
export { mount as feed_status } from "../market/feed_status.tsx";
export { pageConnection } from "../../lib/realtime/client/connection.ts";

/** Brings a room to life: head and chart, and the parts of the page that go with them. */
export function room_view(element: HTMLElement, state: RoomState): void {
  const { detail, reader, chat, board } = state;
  const model = new RoomModel({ detail, reader, chat, board }, PORT);
  model.chat.draft.value = state.typed;
  const follow = new FollowModel(state.market);
  hydrate(<LiveRoom state={state} model={model} follow={follow} />, element);
  hydratePart("live-chat", <LiveSide state={state} model={model} />);
  hydratePart("live-about", <LiveAbout model={model} />);
}

function hydratePart(id: string, part: JSX.Element): void {
  const element = document.getElementById(id);
  if (element) hydrate(part, element);
}
