import { z } from "zod";
import { decimalSchema } from "../kernel/decimal_schema.ts";
import { EXCHANGE_PATTERN, SYMBOL_PATTERN } from "../market/candle.ts";
import { TIMEFRAMES } from "../market/timeframe.ts";

/** Characters of a chat message, after trimming. */
export const MESSAGE_CHARS_MAX = 500;

/** Drawings a shared chart may have. */
export const DRAWINGS_MAX = 50;

/** What anybody says is `TEXT` or `EMOJI`, moderators `ALERT` as well; `TIP` and `CARD` are the platform's. */
export const MESSAGE_TYPES = ["TEXT", "EMOJI", "ALERT", "TIP", "CARD"] as const;

/** See {@link MESSAGE_TYPES}. */
export type MessageType = (typeof MESSAGE_TYPES)[number];

/** The types a client may send. */
export const SENT_MESSAGE_TYPES = ["TEXT", "EMOJI", "ALERT"] as const;

/** See {@link SENT_MESSAGE_TYPES}. */
export type SentMessageType = (typeof SENT_MESSAGE_TYPES)[number];

/** What lists of streams are of. */
export const STREAM_SCOPES = ["live", "scheduled", "ended"] as const;

/** See {@link STREAM_SCOPES}. */
export type StreamScope = (typeof STREAM_SCOPES)[number];

const messageParts = {
  /** Rises in the order in which a room's messages can be seen. */
  message_id: z.uuid(),
  stream_id: z.uuid(),
  created_at: z.string(),
};

const messageContent = {
  /** Null for who has left. */
  user_id: z.uuid().nullable(),
  username: z.string().nullable(),
  role: z.enum(["streamer", "moderator"]).nullable(),
  /** Empty for a tip without words. */
  message: z.string(),
  message_type: z.enum(MESSAGE_TYPES),
  /** {@link tipDataSchema} of a TIP, {@link poolCardSchema} of a CARD. */
  data: z.record(z.string(), z.unknown()),
};

/** Something said in a room. Times are RFC 3339. */
export const messageObjectSchema = z.object({
  ...messageParts,
  ...messageContent,
  /** One's own alone. */
  client_id: z.uuid().nullable().optional(),
});

/** See {@link messageObjectSchema}. */
export type MessageObject = z.infer<typeof messageObjectSchema>;

/** What is left of a removed message, or of a banned user's; the rest is for moderators alone. */
export const removedMessageSchema = z.object({
  ...messageParts,
  removed: z.literal(true),
  /** Null while a ban hides it. */
  removed_by_name: z.string().nullable(),
  ...z.object(messageContent).partial().shape,
});

/** See {@link removedMessageSchema}. */
export type RemovedMessage = z.infer<typeof removedMessageSchema>;

/** A line of a room's history. */
export const roomMessageSchema = z.union([removedMessageSchema, messageObjectSchema]);

/** See {@link roomMessageSchema}. */
export type RoomMessage = z.infer<typeof roomMessageSchema>;

/** Whether a line of the history may not be shown as it was. */
export function isRemoved(message: RoomMessage): message is RemovedMessage {
  return "removed" in message;
}

/** A TIP message's `data`. */
export const tipDataSchema = z.object({ tip_id: z.uuid(), amount: decimalSchema, currency: z.string() });

/** See {@link tipDataSchema}. */
export type TipData = z.infer<typeof tipDataSchema>;

/** A CARD message's `data`: what a public pool was worth at `at`, as the platform knows it. */
export const poolCardSchema = z.object({
  kind: z.literal("pool"),
  pool_id: z.uuid(),
  name: z.string(),
  unit_price: decimalSchema,
  currency: z.string(),
  /** Since the last settlement. */
  change_percent: decimalSchema.nullable(),
  size: decimalSchema.nullable(),
  /** What a unit was worth in up to 30 steps of the last 90 days. */
  spark: z.array(decimalSchema),
  at: z.string(),
});

/** See {@link poolCardSchema}. */
export type PoolCard = z.infer<typeof poolCardSchema>;

/** A time in Unix ms and a price, which the database takes with leading zeros, too. */
const pointSchema = z.object({ t: z.int().nonnegative(), p: z.string().regex(/^\d{1,15}(\.\d{1,18})?$/) });

/** A line between two points, a level at one, or a note there. */
export const drawingSchema = z.object({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,40}$/),
  kind: z.enum(["trend", "level", "note"]),
  points: z.array(pointSchema).min(1).max(2),
  text: z.string(),
});

/** See {@link drawingSchema}. */
export type Drawing = z.infer<typeof drawingSchema>;

/** The streamer's chart, as data. A range of null follows the newest candle; times are Unix ms. */
export const sharedViewSchema = z.object({
  exchange: z.string().regex(EXCHANGE_PATTERN),
  symbol: z.string().regex(SYMBOL_PATTERN),
  timeframe: z.enum(TIMEFRAMES),
  range: z.object({ from: z.int(), to: z.int() }).nullable(),
  drawings: z.array(drawingSchema).max(DRAWINGS_MAX),
});

/** See {@link sharedViewSchema}. */
export type SharedView = z.infer<typeof sharedViewSchema>;

/** How a room talks. */
export const roomSettingsSchema = z.object({
  /** Seconds between two messages of a viewer; 0 for none. */
  slow_mode_s: z.int(),
  followers_only: z.boolean(),
  /** The message above the chat. */
  pinned: messageObjectSchema.nullable(),
  /** For the streamer and moderators alone; null for others. */
  blocked_words: z.array(z.string()).nullable(),
});

/** See {@link roomSettingsSchema}. */
export type RoomSettings = z.infer<typeof roomSettingsSchema>;

/**
 * A stream as its caller may see it. Lists, and the banned, get no addresses of media, no view and no pinned message.
 * Times are RFC 3339.
 */
export const streamObjectSchema = z.object({
  stream_id: z.uuid(),
  streamer_id: z.uuid(),
  streamer: z.object({
    username: z.string().nullable(),
    followers: z.int(),
    /** The streamer's identity was checked. */
    verified: z.boolean(),
  }),
  title: z.string(),
  description: z.string(),
  category: z.string(),
  /** Markets on show, as `<exchange>:<symbol>`. */
  markets: z.array(z.string()),
  thumbnail_url: z.string().nullable(),
  status: z.enum(["LIVE", "ENDED", "SCHEDULED"]),
  visibility: z.enum(["public", "private"]),
  viewer_count: z.int(),
  peak_viewers: z.int(),
  scheduled_for: z.string().nullable(),
  started_at: z.string().nullable(),
  ended_at: z.string().nullable(),
  /** So far, while it is live; null before. */
  duration_seconds: z.int().nullable(),
  is_recording: z.boolean(),
  recording_url: z.string().nullable(),
  /** Where its video is played from, while it is live. */
  whep_url: z.string().nullable(),
  /** Where its video is sent to; the streamer's alone. */
  whip_url: z.string().nullable(),
  settings: roomSettingsSchema,
  /** {} until the streamer shares a chart; read it with {@link viewOf}. */
  view: z.record(z.string(), z.unknown()),
  /** Rises with each view. */
  view_seq: z.int(),
  created_at: z.string(),
  updated_at: z.string(),
});

/** See {@link streamObjectSchema}. */
export type StreamObject = z.infer<typeof streamObjectSchema>;

/** The chart a streamer shares; null when there is none. One that cannot be read is none: it must not hide the room. */
export function viewOf({ view }: Pick<StreamObject, "view">): SharedView | null {
  return sharedViewSchema.safeParse(view).data ?? null;
}

/** What somebody is in a room. */
export const roomMeSchema = z.object({
  role: z.enum(["streamer", "moderator", "viewer", "anonymous"]),
  banned: z.boolean(),
  muted_until: z.string().nullable(),
  /** Whether the caller follows the streamer. */
  following: z.boolean(),
  /** The streamer's. */
  followers: z.int(),
});

/** See {@link roomMeSchema}. */
export type RoomMe = z.infer<typeof roomMeSchema>;
