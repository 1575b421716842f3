import type { VNode } from "preact";
import type { MessageObject, StreamObject } from "../../lib/rooms/shapes.ts";
import { DESK_TABS, type DeskContent } from "./desk.tsx";
import { DeskPage } from "./desk_page.tsx";
import { EarningsPage } from "./earnings_page.tsx";
import { EditPage } from "./edit_page.tsx";
import { HomePage } from "./home_page.tsx";
import { ProfilePage } from "./profile_page.tsx";
import { EMPTY_DRAFT } from "./stream_form.tsx";
import { StudioChat } from "./studio_chat.tsx";

const ID = "01a1f8c1-fd9a-734b-9e3b-c075cbb3b928";
const OTHER_ID = "01a1f8c1-fd9a-734b-9e3b-c075cbb3b929";
const AT = "2026-10-14T14:32:08+00:00";

/** Something a viewer said. */
export const MESSAGE: MessageObject = {
  message_id: ID,
  stream_id: ID,
  user_id: OTHER_ID,
  username: "nina",
  role: null,
  message: "3392 <b>held</b>",
  message_type: "TEXT",
  data: {},
  created_at: AT,
};

/** A stream that is live. */
export function createStream(overrides: Partial<StreamObject> = {}): StreamObject {
  return {
    stream_id: ID,
    streamer_id: ID,
    streamer: { username: "mara", followers: 12_906, verified: true },
    title: "ETH & BTC",
    description: "1, 2",
    category: "crypto",
    markets: ["sim:BTC-USDT", "sim:ETH-USDT"],
    thumbnail_url: null,
    status: "LIVE",
    visibility: "private",
    viewer_count: 1_284,
    peak_viewers: 1_300,
    scheduled_for: null,
    started_at: AT,
    ended_at: null,
    duration_seconds: 13_280,
    is_recording: false,
    recording_url: null,
    whep_url: null,
    whip_url: "https://media.example/whip/1",
    settings: { slow_mode_s: 7, followers_only: true, pinned: MESSAGE, blocked_words: ["vip", "dm"] },
    view: {},
    view_seq: 0,
    created_at: AT,
    updated_at: AT,
    ...overrides,
  };
}

const LIVE = createStream();
const SCHEDULED = createStream({ status: "SCHEDULED", scheduled_for: AT, started_at: null, duration_seconds: null });
const ENDED = createStream({ status: "ENDED", ended_at: AT, recording_url: "https://media.example/1.mp4" });

const ME = { role: "streamer", banned: false, muted_until: null, following: false, followers: 12_906 } as const;
const REPORT = {
  id: ID,
  reason: "92 %",
  created_at: AT,
  reporter_id: ID,
  reporter_name: "leo",
  decided_by_name: "ines",
  decided_at: AT,
  message: MESSAGE,
};
const ACTS = [
  ...["user_banned", "user_muted", "user_unmuted", "user_shadow_banned", "moderator_made", "message_removed"],
  ...["settings_changed", "report_upheld", "report_dismissed", "user_invited"],
];
const PEOPLE = [{ user_id: OTHER_ID, username: "dksh", since: AT }];

/** What each part of the desk can show. */
export const DESK_CONTENTS: Readonly<Record<(typeof DESK_TABS)[number], DeskContent>> = {
  stats: {
    tab: "stats",
    stats: {
      stream_id: ID,
      status: "LIVE",
      viewer_count: 1_284,
      peak_viewers: 1_300,
      duration_seconds: 13_280,
      minutes: [{ at: "2026-10-14T14:30:00+00:00", viewers: 2 }, { at: "2026-10-14T14:32:00+00:00", viewers: 4 }],
      messages: 7,
      chatters: 3,
      tips: { count: 2, amount: "30", fee: "1.5" },
      followers_gained: 1,
    },
  },
  reports: {
    tab: "reports",
    reports: { items: [{ ...REPORT, status: "open" }, { ...REPORT, id: OTHER_ID, status: "kept" }], next_cursor: ID },
    status: "open",
    isFirst: false,
  },
  people: {
    tab: "people",
    people: {
      moderators: PEOPLE,
      invited: [],
      muted: [{ user_id: OTHER_ID, username: null, until: AT }],
      banned: PEOPLE,
      shadow_banned: PEOPLE,
    },
  },
  settings: { tab: "settings" },
  cards: { tab: "cards", pools: [{ id: ID, name: "Harbour" }], clientId: ID },
  log: {
    tab: "log",
    acts: {
      items: ACTS.map((act, i) => ({
        id: ID.slice(0, -1) + i,
        stream_id: ID,
        at: AT,
        act,
        actor_id: ID,
        actor_name: "ines",
        subject_id: OTHER_ID,
        subject_name: "dksh",
        detail: act === "message_removed" ? { message: "DM" } : { seconds: 600 },
      })),
      next_cursor: null,
    },
    isFirst: true,
  },
};

/** The desk of a room, with one of its parts. */
export function deskPage(stream: StreamObject, content: DeskContent, isOwner = true): VNode {
  const reader = { userId: ID, username: "mara" };
  const page = { items: [MESSAGE], next_cursor: null };
  const me = { ...ME, role: isOwner ? "streamer" as const : "moderator" as const };
  const detail = { stream, topic: stream.status === "LIVE" ? `room:${ID}:1` : null, me };
  const share = isOwner && stream.status === "LIVE"
    ? { view: null, markets: stream.markets, whipUrl: stream.whip_url }
    : null;
  return (
    <DeskPage
      stream={stream}
      isOwner={isOwner}
      studio={{ detail, reader, page, nowMs: Date.parse(AT), share }}
      desk={{ stream, isOwner, content, waiting: 21 }}
      chat={<StudioChat detail={detail} reader={reader} page={page} messageId={ID} />}
    />
  );
}

const EARNED = { amount: "30", fee: "1.5", net: "28.5", tips: 2 };
const FORM = { clientId: ID, draft: EMPTY_DRAFT, offered: ["sim:BTC-USDT", "sim:ETH-USDT"] };
const PROFILE = {
  user: {
    user_id: ID,
    username: "mara",
    verified: true,
    followers: 12_906,
    following: 3,
    live_stream_id: ID,
    streams: 2,
  },
  me: { self: false, following: false },
};

/** Every page of the studio and of people, in each of its states. */
export const studioPages: Readonly<Record<string, VNode>> = {
  studio: (
    <HomePage
      live={LIVE}
      scheduled={[SCHEDULED]}
      past={[ENDED]}
      nextCursor={ID}
      isFirst={false}
      form={FORM}
      earned={EARNED}
    />
  ),
  "studio of nothing": (
    <HomePage live={null} scheduled={[]} past={[]} nextCursor={null} isFirst form={FORM} earned={EARNED} />
  ),
  ...Object.fromEntries(DESK_TABS.map((tab) => [`desk ${tab}`, deskPage(LIVE, DESK_CONTENTS[tab])])),
  "desk of a moderator": deskPage(LIVE, DESK_CONTENTS.people, false),
  "desk that waits": deskPage(SCHEDULED, DESK_CONTENTS.stats),
  "desk that is over": deskPage(ENDED, DESK_CONTENTS.stats),
  "edited stream": <EditPage stream={LIVE} form={{ ...FORM, draft: { ...EMPTY_DRAFT, isRecording: true } }} />,
  "edited past stream": <EditPage stream={ENDED} form={FORM} />,
  earnings: (
    <EarningsPage
      earnings={{
        from: AT,
        to: AT,
        currency: "EUR",
        total: EARNED,
        days: [{ day: "2026-10-14", ...EARNED }],
        streams: [
          { stream_id: ID, title: "ETH", started_at: AT, ...EARNED },
          { stream_id: OTHER_ID, title: null, started_at: null, ...EARNED },
        ],
      }}
      days={30}
      feePercent="5"
    />
  ),
  profile: <ProfilePage profile={PROFILE} streams={[LIVE, SCHEDULED, ENDED]} nextCursor={ID} isFirst />,
  "profile of oneself": (
    <ProfilePage
      profile={{ ...PROFILE, me: { self: true, following: false } }}
      streams={[]}
      nextCursor={null}
      isFirst
    />
  ),
};
