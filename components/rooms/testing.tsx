import type { VNode } from "preact";
import type { RoomMessage, StreamObject } from "../../lib/rooms/shapes.ts";
import { createMarketPage, createRow } from "../testing.ts";
import { LivePage } from "./live_page.tsx";
import { RoomPage } from "./room_page.tsx";
import type { RoomState } from "./room_state.ts";
import { RoomVideo } from "./room_video.tsx";

const ID = "01a1f8c1-fd9a-734b-9e3b-c075cbb3b928";
const AT = "2026-10-14T14:32:08+00:00";

/** A live stream of "mara". */
export function createStream(overrides: Partial<StreamObject> = {}): StreamObject {
  return {
    stream_id: ID,
    streamer_id: ID,
    streamer: { username: "mara", followers: 12_906, verified: true },
    title: "X",
    description: "Y",
    category: "crypto",
    markets: ["sim:BTC-USDT"],
    thumbnail_url: null,
    status: "LIVE",
    visibility: "public",
    viewer_count: 1_284,
    peak_viewers: 1_300,
    scheduled_for: null,
    started_at: "2026-10-14T10:50:48+00:00",
    ended_at: null,
    duration_seconds: 13_280,
    is_recording: false,
    recording_url: null,
    whep_url: null,
    whip_url: null,
    settings: { slow_mode_s: 0, followers_only: false, pinned: null, blocked_words: null },
    view: {},
    view_seq: 0,
    created_at: AT,
    updated_at: AT,
    ...overrides,
  };
}

/** Something "nina" said; the number makes its id. */
export function createMessage(no: number, overrides: Partial<RoomMessage> = {}): RoomMessage {
  return {
    message_id: `01a1f8c1-fd9a-734b-9e3b-${String(no).padStart(12, "0")}`,
    stream_id: ID,
    user_id: "01a1f8c1-fd9a-734b-9e3b-c075cbb3b900",
    username: "nina",
    role: null,
    message: `m${no}`,
    message_type: "TEXT",
    data: {},
    created_at: AT,
    ...overrides,
  } as RoomMessage;
}

/** A card of a pool. */
export const CARD = {
  kind: "pool",
  pool_id: ID,
  name: "Z",
  unit_price: "118.4627",
  currency: "EUR",
  change_percent: "1.34",
  size: "14208311",
  spark: ["110", "115"],
  at: AT,
};

/** A signed-in viewer's page about a live room. */
export function createRoom(overrides: Partial<RoomState> = {}, stream: Partial<StreamObject> = {}): RoomState {
  return {
    detail: {
      stream: createStream(stream),
      topic: `room:${ID}:1`,
      me: { role: "viewer", banned: false, muted_until: null, following: false, followers: 12_906 },
    },
    reader: { userId: "01a1f8c1-fd9a-734b-9e3b-c075cbb3b9ff", username: "ada" },
    chat: { items: [createMessage(1)], next_cursor: null },
    isNewest: true,
    at: null,
    viewers: null,
    find: null,
    board: [{ place: 1, user_id: ID, username: "jonas", amount: "25", tips: 1 }],
    terms: { fee_percent: "5", minimum_eur: "0.5", maximum_eur: "5000" },
    market: { page: createMarketPage(), timeframe: "5m" },
    tab: "chat",
    messageId: ID,
    tipId: ID,
    typed: "",
    nowMs: Date.parse(AT),
    ...overrides,
  };
}

const EVERYTHING = [
  createMessage(1, { role: "streamer" }),
  createMessage(2, { role: "moderator", message: "@ada https://a.example" }),
  createMessage(3, { message_type: "TIP", message: "", data: { amount: "25", currency: "EUR" } }),
  createMessage(4, { message_type: "ALERT" }),
  createMessage(5, { message_type: "CARD", data: CARD }),
  createMessage(6, { username: null, user_id: null }),
  ...["ines", "", null].map((removed_by_name, i) => ({
    message_id: `01a1f8c1-fd9a-734b-9e3b-10000000000${i}`,
    stream_id: ID,
    created_at: AT,
    removed: true as const,
    removed_by_name,
  })),
];

const SLOW = { slow_mode_s: 10, followers_only: true, pinned: null, blocked_words: null };
const ME = createRoom().detail.me;

/** Each page of rooms in its states, with nothing English in the data. */
export const roomPages: Readonly<Record<string, VNode>> = {
  rooms: (
    <LivePage
      live={[createStream(), createStream({ visibility: "private", markets: [] })]}
      nextCursor={ID}
      scheduled={[createStream({ status: "SCHEDULED", scheduled_for: AT })]}
      ended={[createStream({ status: "ENDED", ended_at: AT, is_recording: true })]}
      category="crypto"
      query="Q"
      markets={new Map([["sim:BTC-USDT", createRow()]])}
      nowMs={Date.parse(AT)}
    />
  ),
  "no rooms": (
    <LivePage
      live={[]}
      nextCursor={null}
      scheduled={[]}
      ended={[]}
      category={null}
      query=""
      markets={new Map()}
      nowMs={Date.parse(AT)}
    />
  ),
  room: (
    <RoomPage
      state={createRoom({ chat: { items: EVERYTHING, next_cursor: ID }, isNewest: false }, {
        settings: SLOW,
        whep_url: "https://media.example/whep",
      })}
    />
  ),
  "room without anything": (
    <RoomPage
      state={createRoom({
        reader: null,
        chat: { items: [], next_cursor: null },
        board: [],
        market: null,
        tab: "people",
      }, { visibility: "private", streamer: { username: null, followers: 0, verified: false }, markets: [] })}
    />
  ),
  "room that has ended": (
    <RoomPage
      state={createRoom({}, { status: "ENDED", ended_at: AT, recording_url: "https://video.example/1" })}
    />
  ),
  "room that is scheduled": <RoomPage state={createRoom({}, { status: "SCHEDULED", scheduled_for: AT })} />,
  "room one is banned from": (
    <RoomPage
      state={createRoom({ detail: { stream: createStream(), topic: null, me: { ...ME, banned: true } } })}
    />
  ),
  "room one is muted in": (
    <RoomPage
      state={createRoom({ detail: { stream: createStream(), topic: null, me: { ...ME, muted_until: AT } } })}
    />
  ),
  video: <RoomVideo url="https://media.example/whep" state="failed" />,
};
