import type { Rpc } from "../../kernel/edge/supabase.ts";
import {
  type ActsPage,
  actsPageSchema,
  type ChatPage,
  chatPageSchema,
  type DecidedReport,
  decidedSchema,
  hiddenSchema,
  type Person,
  personAnswerSchema,
  reportedSchema,
  type ReportsPage,
  reportsPageSchema,
  type ReportStatus,
  type RoomPeople,
  roomPeopleSchema,
  sentSchema,
  settingsAnswerSchema,
} from "../answers.ts";
import type { MessageObject, RoomMessage, RoomSettings, SentMessageType } from "../shapes.ts";
import type { Asker, PageQuery } from "./room_store.ts";

/** Which part of a room's chat is wanted: what came after a message, or what was before one or now. */
export interface ChatQuery {
  after: string | null;
  before: string | null;
  limit: number;
  search: string | null;
}

/** Something to be said; the same `clientId` says it once. */
export interface NewMessage {
  clientId: string;
  message: string;
  messageType: SentMessageType;
}

/** What is changed of how a room talks; a pinned message of null is taken down. */
export interface SettingsChanges {
  slow_mode_s?: number | undefined;
  followers_only?: boolean | undefined;
  blocked_words?: string[] | undefined;
  pinned_message_id?: string | null | undefined;
}

/**
 * Chat and moderation of rooms, through the SQL functions made for them. Every method refuses as {@link Rpc.call} does,
 * and `not_found` and `banned` for rooms the caller may not read.
 */
export class ChatStore {
  readonly #rpc: Rpc;

  constructor(rpc: Rpc) {
    this.#rpc = rpc;
  }

  /** Oldest first. Refuses `invalid_limit`, `bad_request`. */
  async chat(accessToken: Asker, streamId: string, { after, before, limit, search }: ChatQuery): Promise<ChatPage> {
    const args = { p_stream_id: streamId, p_after: after, p_before: before, p_limit: limit, p_search: search };
    return chatPageSchema.parse(await this.#rpc.call("chat_page", args, { accessToken }));
  }

  /**
   * Refuses `invalid_message`, `slow_mode` and `duplicate_message` (with seconds to wait), `blocked_word`,
   * `followers_only`, `muted`, `stream_ended`, `forbidden`, `conflict`, `rate_limited`.
   */
  async send(
    accessToken: string,
    streamId: string,
    { clientId, message, messageType }: NewMessage,
  ): Promise<MessageObject> {
    const args = { p_stream_id: streamId, p_client_id: clientId, p_message: message, p_message_type: messageType };
    return sentSchema.parse(await this.#rpc.call("send_message", args, { accessToken })).message;
  }

  /** Refuses `forbidden`, `cannot_moderate`. */
  async remove(accessToken: string, streamId: string, messageId: string): Promise<RoomMessage> {
    const args = { p_stream_id: streamId, p_message_id: messageId };
    return hiddenSchema.parse(await this.#rpc.call("remove_message", args, { accessToken })).message;
  }

  /** Refuses `forbidden`, `cannot_moderate`. */
  async restore(accessToken: string, streamId: string, messageId: string): Promise<RoomMessage> {
    const args = { p_stream_id: streamId, p_message_id: messageId };
    return hiddenSchema.parse(await this.#rpc.call("restore_message", args, { accessToken })).message;
  }

  /** For so many seconds, up to 30 days; 0 ends it. Refuses `forbidden`, `cannot_moderate`, `bad_request`. */
  async mute(accessToken: string, streamId: string, userId: string, seconds: number): Promise<Person> {
    const args = { p_stream_id: streamId, p_user_id: userId, p_seconds: seconds };
    return personAnswerSchema.parse(await this.#rpc.call("mute_user", args, { accessToken })).person;
  }

  /** Shuts somebody out of all the streamer's rooms, or no longer. Refuses `forbidden`, `cannot_moderate`. */
  async ban(accessToken: string, streamId: string, userId: string, banned = true): Promise<Person> {
    const args = { p_stream_id: streamId, p_user_id: userId };
    const answer = await this.#rpc.call(banned ? "ban_user" : "unban_user", args, { accessToken });
    return personAnswerSchema.parse(answer).person;
  }

  /** Refuses `forbidden`, `cannot_moderate`. */
  async shadowBan(accessToken: string, streamId: string, userId: string, banned = true): Promise<Person> {
    const args = { p_stream_id: streamId, p_user_id: userId, p_banned: banned };
    return personAnswerSchema.parse(await this.#rpc.call("shadow_ban_user", args, { accessToken })).person;
  }

  /** The streamer's alone. Refuses `not_owner`, `cannot_moderate`, `people_limit`. */
  async setModerator(accessToken: string, streamId: string, userId: string, moderator: boolean): Promise<Person> {
    const args = { p_stream_id: streamId, p_user_id: userId, p_moderator: moderator };
    return personAnswerSchema.parse(await this.#rpc.call("set_moderator", args, { accessToken })).person;
  }

  /** Lets somebody into private rooms, or no longer; the streamer's alone. Refuses as {@link setModerator}. */
  async invite(accessToken: string, streamId: string, userId: string, invited: boolean): Promise<Person> {
    const args = { p_stream_id: streamId, p_user_id: userId, p_invited: invited };
    return personAnswerSchema.parse(await this.#rpc.call("invite_user", args, { accessToken })).person;
  }

  /** Refuses `invalid_settings`, `stream_ended`, `forbidden`. */
  async setSettings(accessToken: string, streamId: string, changes: SettingsChanges): Promise<RoomSettings> {
    const args = { p_stream_id: streamId, p_settings: changes };
    return settingsAnswerSchema.parse(await this.#rpc.call("set_room_settings", args, { accessToken })).settings;
  }

  /** Refuses `invalid_message` for the reason. */
  async report(accessToken: string, streamId: string, messageId: string, reason: string): Promise<void> {
    const args = { p_stream_id: streamId, p_message_id: messageId, p_reason: reason };
    reportedSchema.parse(await this.#rpc.call("report_message", args, { accessToken }));
  }

  /** Oldest first, for moderators. Refuses `forbidden`, `invalid_limit`, `invalid_cursor`. */
  async reports(
    accessToken: string,
    streamId: string,
    { status, limit, cursor }: PageQuery & { status: ReportStatus },
  ): Promise<ReportsPage> {
    const args = { p_stream_id: streamId, p_status: status, p_limit: limit, p_cursor: cursor };
    return reportsPageSchema.parse(await this.#rpc.call("reports_page", args, { accessToken }));
  }

  /** Removes the reported message or keeps it. Refuses `cannot_moderate`. */
  async decideReport(accessToken: string, reportId: string, remove: boolean): Promise<DecidedReport> {
    const args = { p_report_id: reportId, p_remove: remove };
    return decidedSchema.parse(await this.#rpc.call("decide_report", args, { accessToken })).report;
  }

  /** What moderators did, newest first, for moderators. Refuses `forbidden`, `invalid_limit`, `invalid_cursor`. */
  async acts(accessToken: string, streamId: string, { limit, cursor }: PageQuery): Promise<ActsPage> {
    const args = { p_stream_id: streamId, p_limit: limit, p_cursor: cursor };
    return actsPageSchema.parse(await this.#rpc.call("acts_page", args, { accessToken }));
  }

  /** For moderators. Refuses `forbidden`. */
  async people(accessToken: string, streamId: string): Promise<RoomPeople> {
    return roomPeopleSchema.parse(await this.#rpc.call("room_people", { p_stream_id: streamId }, { accessToken }));
  }
}
