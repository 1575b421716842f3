import type { Rpc } from "../../kernel/edge/supabase.ts";
import {
  type CaughtUp,
  caughtUpSchema,
  type Followed,
  followedSchema,
  type FollowsPage,
  followsPageSchema,
  type Joined,
  joinedSchema,
  type Profile,
  profileSchema,
  type RoomViewers,
  roomViewersSchema,
  streamAnswerSchema,
  type StreamDetail,
  streamDetailSchema,
  type StreamsPage,
  streamsPageSchema,
  type StreamStats,
  streamStatsSchema,
  type Touched,
  touchedSchema,
} from "../answers.ts";
import type { StreamObject, StreamScope } from "../shapes.ts";

/** Who asks: a user by their access token, null for anybody. */
export type Asker = string | null;

/** Which part of a list is wanted; 200 items at most. */
export interface PageQuery {
  limit: number;
  cursor: string | null;
}

/** Which streams are wanted: null for whatever category, or title, market and name. */
export interface StreamsQuery extends PageQuery {
  status: StreamScope;
  category: string | null;
  search: string | null;
}

/** What a streamer says of a stream; the database decides whether it can be used. */
export interface StreamTerms {
  title?: string | undefined;
  description?: string | undefined;
  category?: string | undefined;
  markets?: string[] | undefined;
  thumbnail_url?: string | null | undefined;
  visibility?: "public" | "private" | undefined;
  scheduled_for?: string | null | undefined;
  whip_url?: string | null | undefined;
  whep_url?: string | null | undefined;
  recording_url?: string | null | undefined;
  is_recording?: boolean | undefined;
}

/** A new one; it starts at once unless it is scheduled, or `start` says no. */
export interface NewStream extends StreamTerms {
  title: string;
  start?: boolean | undefined;
}

/**
 * Streams, who watches them and who follows whom, through the SQL functions made for them. Every method refuses as
 * {@link Rpc.call} does; streams the caller may not see are `not_found`.
 */
export class RoomStore {
  readonly #rpc: Rpc;

  constructor(rpc: Rpc) {
    this.#rpc = rpc;
  }

  /**
   * Live ones by viewers, scheduled ones by time, ended ones the last first. Refuses `invalid_limit`, `invalid_cursor`,
   * `bad_request`.
   */
  async list(accessToken: Asker, { status, category, search, limit, cursor }: StreamsQuery): Promise<StreamsPage> {
    const args = { p_status: status, p_category: category, p_search: search, p_limit: limit, p_cursor: cursor };
    return streamsPageSchema.parse(await this.#rpc.call("streams_page", args, { accessToken }));
  }

  /** A user's streams of any status, newest first. Refuses `invalid_limit`, `invalid_cursor`. */
  async ofUser(accessToken: Asker, userId: string, { limit, cursor }: PageQuery): Promise<StreamsPage> {
    const args = { p_user_id: userId, p_limit: limit, p_cursor: cursor };
    return streamsPageSchema.parse(await this.#rpc.call("user_streams", args, { accessToken }));
  }

  async detail(accessToken: Asker, streamId: string): Promise<StreamDetail> {
    const answer = await this.#rpc.call("stream_detail", { p_stream_id: streamId }, { accessToken });
    return streamDetailSchema.parse(answer);
  }

  /** Refuses `banned`. */
  async stats(accessToken: Asker, streamId: string): Promise<StreamStats> {
    const answer = await this.#rpc.call("stream_stats", { p_stream_id: streamId }, { accessToken });
    return streamStatsSchema.parse(answer);
  }

  /** Who watches now. Refuses `banned`, `invalid_limit`. */
  async viewers(accessToken: Asker, streamId: string, limit: number): Promise<RoomViewers> {
    const args = { p_stream_id: streamId, p_limit: limit };
    return roomViewersSchema.parse(await this.#rpc.call("room_viewers", args, { accessToken }));
  }

  /** Refuses `not_found` for a name nobody has. */
  async profile(accessToken: Asker, username: string): Promise<Profile> {
    return profileSchema.parse(await this.#rpc.call("profile_page", { p_username: username }, { accessToken }));
  }

  /** Refuses `already_live`, `invalid_stream`, `schedule_limit`, `conflict`. */
  async create(accessToken: string, stream: NewStream, clientId: string): Promise<StreamObject> {
    const args = { p_stream: stream, p_client_id: clientId };
    return streamAnswerSchema.parse(await this.#rpc.call("create_stream", args, { accessToken })).stream;
  }

  /** Refuses `not_owner`, `stream_ended`, `invalid_stream`, `conflict`. */
  async update(accessToken: string, streamId: string, changes: StreamTerms, clientId: string): Promise<StreamObject> {
    const args = { p_stream_id: streamId, p_changes: changes, p_client_id: clientId };
    return streamAnswerSchema.parse(await this.#rpc.call("update_stream", args, { accessToken })).stream;
  }

  /** Opens a scheduled one. Refuses `already_live`, `not_owner`, `stream_ended`. */
  async start(accessToken: string, streamId: string): Promise<StreamObject> {
    const answer = await this.#rpc.call("start_stream", { p_stream_id: streamId }, { accessToken });
    return streamAnswerSchema.parse(answer).stream;
  }

  /** Refuses `not_owner`, `not_live`. */
  async end(accessToken: string, streamId: string): Promise<StreamObject> {
    const answer = await this.#rpc.call("end_stream", { p_stream_id: streamId }, { accessToken });
    return streamAnswerSchema.parse(answer).stream;
  }

  /** Takes a scheduled one back. Refuses `not_owner`, `not_scheduled`. */
  async cancel(accessToken: string, streamId: string): Promise<void> {
    await this.#rpc.call("cancel_stream", { p_stream_id: streamId }, { accessToken });
  }

  /** Says that a tab watches. Refuses `banned`, `stream_ended`. */
  async join(accessToken: Asker, streamId: string, tabId: string): Promise<Joined> {
    const args = { p_stream_id: streamId, p_tab_id: tabId };
    return joinedSchema.parse(await this.#rpc.call("join_stream", args, { accessToken }));
  }

  /** Says, every 30 seconds, that it still does. Refuses `banned`, `stream_ended`. */
  async touch(accessToken: Asker, streamId: string, tabId: string): Promise<Touched> {
    const args = { p_stream_id: streamId, p_tab_id: tabId };
    return touchedSchema.parse(await this.#rpc.call("touch_viewer", args, { accessToken }));
  }

  /** The same, and what came after the last message known. Refuses `banned`, `stream_ended`. */
  async catchUp(accessToken: Asker, streamId: string, tabId: string, after: string): Promise<CaughtUp> {
    const args = { p_stream_id: streamId, p_tab_id: tabId, p_after: after };
    return caughtUpSchema.parse(await this.#rpc.call("catch_up", args, { accessToken }));
  }

  /** Says, every 30 seconds, that the streamer is there. Refuses `not_owner`, `stream_ended`. */
  async touchStreamer(accessToken: string, streamId: string): Promise<Touched> {
    const answer = await this.#rpc.call("touch_streamer", { p_stream_id: streamId }, { accessToken });
    return touchedSchema.parse(answer);
  }

  /** Says that a tab watches no more, known or not. */
  async leave(accessToken: Asker, streamId: string, tabId: string): Promise<void> {
    await this.#rpc.call("leave_stream", { p_stream_id: streamId, p_tab_id: tabId }, { accessToken });
  }

  /** Follows somebody, or no longer. Refuses `bad_request` for oneself, `banned`, `follow_limit`. */
  async follow(accessToken: string, userId: string, follow: boolean): Promise<Followed> {
    const args = { p_user_id: userId, p_follow: follow };
    return followedSchema.parse(await this.#rpc.call("follow", args, { accessToken }));
  }

  /** Refuses `invalid_limit`, `invalid_cursor`. */
  async follows(accessToken: string, { limit, cursor }: PageQuery): Promise<FollowsPage> {
    const args = { p_limit: limit, p_cursor: cursor };
    return followsPageSchema.parse(await this.#rpc.call("my_follows", args, { accessToken }));
  }
}
