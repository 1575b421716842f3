import { z } from "zod";
import { decimalSchema } from "../kernel/decimal_schema.ts";
import { messageObjectSchema, sharedViewSchema } from "./shapes.ts";

const viewerCount = z.object({ viewer_count: z.int() });

const removed = z.boolean();

/** What a room tells its readers, by event. What a later version adds to a payload is left out. */
export const roomEventSchemas = {
  /** At most once a second, when it changed; {@link roomEventSchemas.viewer_joined} or `viewer_left` comes with it. */
  viewer_count: viewerCount,
  viewer_joined: viewerCount,
  viewer_left: viewerCount,
  chat_message: messageObjectSchema,
  /** One message, given back with its content, or all of a user's, which a ban hides. */
  message_removed: z.union([
    z.object({ message_id: z.uuid(), removed, message: messageObjectSchema.nullable().optional() }),
    z.object({ user_id: z.uuid(), removed }),
  ]),
  tip_received: z.object({
    tip_id: z.uuid(),
    message_id: z.uuid(),
    /** Names; ids stand beside them. */
    from_user: z.string().nullable(),
    from_user_id: z.uuid(),
    to_user: z.string().nullable(),
    to_user_id: z.uuid(),
    amount: decimalSchema,
    currency: z.string(),
    message: z.string(),
  }),
  /** What changed about the room: how it talks, or what its streamer says of it. */
  room_settings: z.object({
    slow_mode_s: z.int(),
    followers_only: z.boolean(),
    pinned: messageObjectSchema.nullable(),
    title: z.string(),
    description: z.string(),
    category: z.string(),
    markets: z.array(z.string()),
    thumbnail_url: z.string().nullable(),
    is_recording: z.boolean(),
    whep_url: z.string().nullable(),
  }).partial(),
  /** `duration` is in seconds. */
  stream_ended: z.object({ stream_id: z.uuid(), duration: z.int() }),
  /** The room speaks on another topic from now on; readers go there by chance, within so many milliseconds. */
  moved: z.object({ topic: z.string(), within_ms: z.int() }),
  /** The streamer's chart; one with a lower `seq` than the last is old. */
  view: z.object({ seq: z.int(), view: sharedViewSchema }),
} as const;

/** Name of an event of a room. */
export type RoomEventName = keyof typeof roomEventSchemas;

/** An event's payload, by its name. */
export type RoomEventPayload<Name extends RoomEventName> = z.infer<(typeof roomEventSchemas)[Name]>;

/** An event with its name. */
export type RoomEvent = { [Name in RoomEventName]: { name: Name; payload: RoomEventPayload<Name> } }[RoomEventName];

/** Names of all events, to subscribe to. */
export const ROOM_EVENTS = Object.keys(roomEventSchemas) as RoomEventName[];

/** Reads a broadcast of a room's topic; null for one that is none of ours or malformed. */
export function readRoomEvent(name: string, payload: unknown): RoomEvent | null {
  if (!Object.hasOwn(roomEventSchemas, name)) return null;
  const parsed = roomEventSchemas[name as RoomEventName].safeParse(payload);
  return parsed.success ? { name, payload: parsed.data } as RoomEvent : null;
}
