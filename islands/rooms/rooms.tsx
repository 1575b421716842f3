import { effect, useSignal } from "@preact/signals";
import { type JSX, render } from "preact";
import { useEffect } from "preact/hooks";
import { useTexts } from "../../components/layout/texts.ts";
import { RoomAbout, RoomBanner } from "../../components/rooms/room_about.tsx";
import { RoomHead } from "../../components/rooms/room_head.tsx";
import { type RoomState, streamerName } from "../../components/rooms/room_state.ts";
import { FollowModel } from "../../lib/rooms/client/follow_model.ts";
import { callRoom } from "../../lib/rooms/client/room_api.ts";
import { RoomModel, type RoomPort } from "../../lib/rooms/client/room_model.ts";
import { pageConnection } from "../../lib/realtime/client/connection.ts";
import { LiveChat } from "./chat.tsx";
import { clock, startClock } from "./clock.ts";
import { Later } from "./later.tsx";
import { newId } from "./new_id.ts";
import { LiveChart } from "./room_chart.tsx";
import "../texts.ts";

interface Parts {
  state: RoomState;
  model: RoomModel;
  follow: FollowModel;
}

/** Head, banner and chart. */
function LiveRoom(parts: Parts): JSX.Element {
  const { state, model, follow } = parts;
  const isTipping = useSignal(false);
  useEffect(() => run(parts), []);
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
        tip={isTipping.value && (
          <Later load={() => import("./room_extras.tsx")}>
            {({ LiveTip }) => <LiveTip state={state} model={model} />}
          </Later>
        )}
        onTip={() => isTipping.value = true}
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

function LiveSide({ state, model }: Omit<Parts, "follow">): JSX.Element {
  const { tab, viewers, find } = state;
  return (
    <LiveChat
      model={model.chat}
      stream={model.stream.value}
      me={model.me.value}
      tab={tab}
      viewers={viewers}
      find={find}
    />
  );
}

function LiveAbout({ model }: { model: RoomModel }): JSX.Element {
  return <RoomAbout stream={model.stream.value} board={model.board.value} />;
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
  const { detail, reader, chat, board, isNewest, at } = state;
  const model = new RoomModel({ detail, reader, chat, board, isNewest }, PORT);
  model.chat.draft.value = state.typed;
  if (at !== null) void model.chat.open(at);
  const follow = new FollowModel(state.market);
  // Not hydrated: what the server rendered for who has no script differs, and stays until this takes its place.
  render(<LiveRoom state={state} model={model} follow={follow} />, element);
  renderPart("live-chat", <LiveSide state={state} model={model} />);
  renderPart("live-about", <LiveAbout model={model} />);
}

function renderPart(id: string, part: JSX.Element): void {
  const element = document.getElementById(id);
  if (element) render(part, element);
}
