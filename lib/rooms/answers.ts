import { z } from "zod";
import { decimalSchema } from "../kernel/decimal_schema.ts";
import {
  messageObjectSchema,
  removedMessageSchema,
  roomMeSchema,
  roomMessageSchema,
  roomSettingsSchema,
  streamObjectSchema,
} from "./shapes.ts";

const next_cursor = z.string().nullable();

/** What `create_stream()`, `update_stream()`, `start_stream()` and `end_stream()` answer. */
export const streamAnswerSchema = z.object({ stream: streamObjectSchema });

/** A page of streams. */
export const streamsPageSchema = z.object({ items: z.array(streamObjectSchema), next_cursor });

/** See {@link streamsPageSchema}. */
export type StreamsPage = z.infer<typeof streamsPageSchema>;

/** A stream, the topic it speaks on while it is live and the caller may listen, and what the caller is there. */
export const streamDetailSchema = z.object({
  stream: streamObjectSchema,
  topic: z.string().nullable(),
  me: roomMeSchema,
});

/** See {@link streamDetailSchema}. */
export type StreamDetail = z.infer<typeof streamDetailSchema>;

/** What `join_stream()` answers. */
export const joinedSchema = z.object({ stream: streamObjectSchema, viewer_count: z.int(), topic: z.string() });

/** See {@link joinedSchema}. */
export type Joined = z.infer<typeof joinedSchema>;

/** What `touch_viewer()` and `touch_streamer()` answer; the topic is another one when the room has moved. */
export const touchedSchema = z.object({ viewer_count: z.int(), topic: z.string() });

/** See {@link touchedSchema}. */
export type Touched = z.infer<typeof touchedSchema>;

/** Who watches a live room now, the latest of what was told; whoever has no account is a number. */
export const roomViewersSchema = z.object({
  viewer_count: z.int(),
  signed_in: z.int(),
  anonymous: z.int(),
  /** Moderators first, then who came first; none for callers who are not signed in. */
  items: z.array(z.object({
    user_id: z.uuid(),
    username: z.string().nullable(),
    role: z.literal("moderator").nullable(),
    since: z.string(),
    /** For moderators alone. */
    muted_until: z.string().nullable().optional(),
    shadow_banned: z.boolean().optional(),
  })),
  next_cursor: z.null(),
});

/** See {@link roomViewersSchema}. */
export type RoomViewers = z.infer<typeof roomViewersSchema>;

/** A stream in numbers. */
export const streamStatsSchema = z.object({
  stream_id: z.uuid(),
  status: z.enum(["LIVE", "ENDED", "SCHEDULED"]),
  viewer_count: z.int(),
  peak_viewers: z.int(),
  duration_seconds: z.int().nullable(),
  /** The most viewers of each minute, oldest first, of the last day at most. */
  minutes: z.array(z.object({ at: z.string(), viewers: z.int() })),
  messages: z.int(),
  chatters: z.int(),
  /** In EUR, before the fee; null for all but the streamer. */
  tips: z.object({ count: z.int(), amount: decimalSchema, fee: decimalSchema }).nullable(),
  followers_gained: z.int(),
});

/** See {@link streamStatsSchema}. */
export type StreamStats = z.infer<typeof streamStatsSchema>;

/** Who somebody is in rooms. */
export const profileSchema = z.object({
  user: z.object({
    user_id: z.uuid(),
    username: z.string(),
    verified: z.boolean(),
    followers: z.int(),
    /** How many they follow. */
    following: z.int(),
    live_stream_id: z.uuid().nullable(),
    /** How many there were that anybody may see. */
    streams: z.int(),
  }),
  me: z.object({ self: z.boolean(), following: z.boolean() }),
});

/** See {@link profileSchema}. */
export type Profile = z.infer<typeof profileSchema>;

/** What `follow()` answers. */
export const followedSchema = z.object({ following: z.boolean(), followers: z.int() });

/** See {@link followedSchema}. */
export type Followed = z.infer<typeof followedSchema>;

/** Whom the caller follows, the newest first. */
export const followsPageSchema = z.object({
  items: z.array(z.object({
    user_id: z.uuid(),
    username: z.string().nullable(),
    followers: z.int(),
    followed_at: z.string(),
    live_stream_id: z.uuid().nullable(),
  })),
  next_cursor,
});

/** See {@link followsPageSchema}. */
export type FollowsPage = z.infer<typeof followsPageSchema>;

/** What `send_message()` and `post_pool_card()` answer. */
export const sentSchema = z.object({ message: messageObjectSchema });

/** What `remove_message()` and `restore_message()` answer: the message as moderators see it. */
export const hiddenSchema = z.object({ message: roomMessageSchema });

/** What was said in a room, oldest first. The cursor is the next `after`, or else the next `before`. */
export const chatPageSchema = z.object({ items: z.array(roomMessageSchema), next_cursor });

/** What `catch_up()` answers: what there is to know for a tab that comes to the topic a room has moved to. */
export const caughtUpSchema = z.object({
  ...streamDetailSchema.shape,
  ...touchedSchema.shape,
  /** What came after the last message known. */
  chat: chatPageSchema,
  /** Of those before it, which were removed lately. */
  removed: z.array(z.uuid()),
});

/** See {@link caughtUpSchema}. */
export type CaughtUp = z.infer<typeof caughtUpSchema>;

/** See {@link chatPageSchema}. */
export type ChatPage = z.infer<typeof chatPageSchema>;

/** Somebody about whom a streamer and his moderators decide. */
export const personSchema = z.object({
  user_id: z.uuid(),
  username: z.string().nullable(),
  moderator: z.boolean(),
  /** May see private rooms. */
  invited: z.boolean(),
  muted_until: z.string().nullable(),
  banned: z.boolean(),
  shadow_banned: z.boolean(),
});

/** See {@link personSchema}. */
export type Person = z.infer<typeof personSchema>;

/** What every decision about somebody answers. */
export const personAnswerSchema = z.object({ person: personSchema });

const since = z.object({ user_id: z.uuid(), username: z.string().nullable(), since: z.string() });

/** Whom a streamer and his moderators decided about, the latest 200 of each kind. */
export const roomPeopleSchema = z.object({
  moderators: z.array(since),
  invited: z.array(since),
  muted: z.array(z.object({ user_id: z.uuid(), username: z.string().nullable(), until: z.string() })),
  banned: z.array(since),
  shadow_banned: z.array(since),
});

/** See {@link roomPeopleSchema}. */
export type RoomPeople = z.infer<typeof roomPeopleSchema>;

/** What `set_room_settings()` answers. */
export const settingsAnswerSchema = z.object({ settings: roomSettingsSchema });

/** What `report_message()` answers, the first time and later. */
export const reportedSchema = z.object({ reported: z.literal(true) });

/** What became of a report. */
export const REPORT_STATUSES = ["open", "kept", "removed"] as const;

/** See {@link REPORT_STATUSES}. */
export type ReportStatus = (typeof REPORT_STATUSES)[number];

/** What was reported in a room, oldest first. */
export const reportsPageSchema = z.object({
  items: z.array(z.object({
    id: z.uuid(),
    reason: z.string(),
    status: z.enum(REPORT_STATUSES),
    created_at: z.string(),
    reporter_id: z.uuid(),
    reporter_name: z.string().nullable(),
    decided_by_name: z.string().nullable(),
    decided_at: z.string().nullable(),
    /** With its text, removed or not; null for one that is hidden from everybody but its author. */
    message: z.union([removedMessageSchema, messageObjectSchema]).nullable(),
  })),
  next_cursor,
});

/** See {@link reportsPageSchema}. */
export type ReportsPage = z.infer<typeof reportsPageSchema>;

/** What `decide_report()` answers. */
export const decidedSchema = z.object({
  report: z.object({
    id: z.uuid(),
    status: z.enum(REPORT_STATUSES),
    message_id: z.uuid(),
    decided_at: z.string().nullable(),
  }),
});

/** See {@link decidedSchema}. */
export type DecidedReport = z.infer<typeof decidedSchema>["report"];

/** What moderators did in all rooms of a streamer, newest first. */
export const actsPageSchema = z.object({
  items: z.array(z.object({
    id: z.uuid(),
    stream_id: z.uuid().nullable(),
    at: z.string(),
    /** `user_banned`, `message_removed`, `settings_changed` and others. */
    act: z.string(),
    actor_id: z.uuid(),
    actor_name: z.string().nullable(),
    subject_id: z.uuid().nullable(),
    subject_name: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
  })),
  next_cursor,
});

/** See {@link actsPageSchema}. */
export type ActsPage = z.infer<typeof actsPageSchema>;

/** One act of {@link ActsPage}. */
export type RoomAct = ActsPage["items"][number];

/** What `tip()` answers; money in EUR. */
export const tipAnswerSchema = z.object({
  tip: z.object({
    id: z.uuid(),
    amount: decimalSchema,
    /** The platform's part of it. */
    fee: decimalSchema,
    message_id: z.uuid(),
  }),
});

/** See {@link tipAnswerSchema}. */
export type Tip = z.infer<typeof tipAnswerSchema>["tip"];

/** What the platform asks of tips. */
export const tipTermsSchema = z.object({
  fee_percent: decimalSchema,
  minimum_eur: decimalSchema,
  maximum_eur: decimalSchema,
});

/** See {@link tipTermsSchema}. */
export type TipTerms = z.infer<typeof tipTermsSchema>;

/** Who tipped most in a room. */
export const leaderboardSchema = z.object({
  items: z.array(z.object({
    place: z.int(),
    user_id: z.uuid(),
    username: z.string().nullable(),
    amount: decimalSchema,
    tips: z.int(),
  })),
  next_cursor: z.null(),
});

/** See {@link leaderboardSchema}. */
export type Leaderboard = z.infer<typeof leaderboardSchema>;

const earned = { amount: decimalSchema, fee: decimalSchema, net: decimalSchema, tips: z.int() };

/** What the caller earned by tips; `net` is what came into the wallet. */
export const earningsSchema = z.object({
  from: z.string(),
  to: z.string(),
  currency: z.string(),
  total: z.object(earned),
  /** Days in UTC that had any, oldest first. */
  days: z.array(z.object({ day: z.string(), ...earned })),
  /** The last 200 rooms that had any; title and start are null for one that is gone. */
  streams: z.array(z.object({
    stream_id: z.uuid(),
    title: z.string().nullable(),
    started_at: z.string().nullable(),
    ...earned,
  })),
});

/** See {@link earningsSchema}. */
export type Earnings = z.infer<typeof earningsSchema>;

/** What `set_view()` answers. */
export const viewAnswerSchema = z.object({ seq: z.int() });
