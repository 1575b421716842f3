import type { JSX } from "preact";
import { Notices, type Said } from "../accounts/parts.tsx";
import { Island } from "../layout/island.tsx";
import { PositionsPlace } from "./positions_place.tsx";
import { RoomAbout } from "./room_about.tsx";
import type { RoomState } from "./room_state.ts";
import { ChatStill, RoomStill } from "./room_still.tsx";
import { RoomVideo } from "./room_video.tsx";

/**
 * A room as a viewer sees it: head and chart, the chat beside them, and below what is known of the stream. The parts
 * whose ids begin with `live-` come alive with the island.
 */
export function RoomPage({ state, ...said }: Said & { state: RoomState }): JSX.Element {
  const { stream } = state.detail;
  const { whep_url } = stream;
  return (
    <div class="room-page">
      <div class="room-main">
        <Notices {...said} />
        <Island name="room_view" props={state}>
          <RoomStill {...state} />
        </Island>
        {whep_url !== null && (
          <Island name="room_video" props={{ url: whep_url }}>
            <RoomVideo url={whep_url} />
          </Island>
        )}
        <div class="room-below">
          <PositionsPlace stream={stream} />
          <div class="island" id="live-about">
            <RoomAbout stream={stream} board={state.board} />
          </div>
        </div>
      </div>
      <div class="room-side" id="live-chat">
        <ChatStill {...state} />
      </div>
    </div>
  );
}
