import { computed, signal } from "@preact/signals";
import type { CaughtUp, StreamDetail } from "../answers.ts";
import type { RoomMe, SharedView, StreamObject } from "../shapes.ts";
import { addTip, type TipPlace } from "../tip_board.ts";
import { ChatModel, type ChatPort, type ChatReader, type ChatStart } from "./chat_model.ts";
import type { RoomAnswer } from "./room_api.ts";
import { fieldsOf, readLines, readView } from "./room_checks.ts";
import { type LinkPort, RoomLink } from "./room_link.ts";

/** A viewer counts for 75 s; saying so at less than half of that survives one lost request. */
const TOUCH_ms = 30_000;

/** While the link is down the room's topic is asked for this often, and not by everybody at once. */
const ASK_AGAIN_ms = 5_000;

/** What a viewer's page hears; the chat has its own among them. */
const EVENTS = [
  "chat_message",
  "message_removed",
  "room_settings",
  "viewer_count",
  "tip_received",
  "view",
  "stream_ended",
];

/** What a page about a room begins with. */
export interface RoomStart {
  detail: StreamDetail;
  reader: ChatReader | null;
  chat: ChatStart["page"];
  isNewest?: boolean;
  board: readonly TipPlace[];
}

/** What a viewer's page needs of its browser. */
export interface RoomPort extends ChatPort, LinkPort {
  /** Sends while the page goes away. */
  beacon(path: string, body: object): void;
}

/** A chart the streamer showed, and its number. */
export interface Shown {
  seq: number;
  view: SharedView;
}

/** A room as one of its viewers has it. */
export class RoomModel {
  readonly chat: ChatModel;
  readonly stream;
  readonly me;
  readonly board;
  readonly shown;
  readonly isLive = computed(() => this.stream.value.status === "LIVE" && !this.me.value.banned);
  readonly #port: RoomPort;
  readonly #path: string;
  /** This tab, to whoever counts viewers. */
  readonly #tabId: string;
  readonly #link: RoomLink;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStarted = false;
  /** The room may move after it was asked where it is and before its topic is joined. */
  #isLost = false;

  constructor({ detail, reader, chat, board, isNewest = true }: RoomStart, port: RoomPort) {
    const { stream, me } = detail;
    this.#port = port;
    this.#path = `streaming/${stream.stream_id}`;
    this.#tabId = port.newId();
    this.stream = signal<StreamObject>(stream);
    this.me = signal<RoomMe>(me);
    this.board = signal(board);
    const view = readView(stream.view);
    this.shown = signal<Shown | null>(view && { seq: stream.view_seq, view });
    const { settings, stream_id: streamId } = stream;
    this.chat = new ChatModel({
      streamId,
      reader,
      role: me.role,
      mutedUntil: me.muted_until,
      settings,
      page: chat,
      isNewest,
    }, port);
    this.#link = new RoomLink(port, EVENTS, {
      onEvent: (name, payload) => this.#take(name, payload),
      onJoined: (isAgain, hasMoved) => {
        if (hasMoved) return void this.#catchUp();
        void this.chat.catchUp(isAgain);
        // What else was told meanwhile: the count, the chart, the end.
        if (isAgain) void this.#read();
      },
    });
  }

  /** Joins the room; returns a function that leaves it. */
  start(): () => void {
    this.#isStarted = true;
    void this.touch();
    return () => {
      this.#isStarted = false;
      this.leave();
      this.#link.stop();
      this.chat.stop();
    };
  }

  /** Says that this tab watches; the answer tells the topic, which is another one when the room has moved. */
  async touch(): Promise<void> {
    if (!this.isLive.value || !this.#isStarted) return;
    this.#touchLater(this.#isLost ? (1 + this.#port.random()) * ASK_AGAIN_ms : TOUCH_ms);
    const how = this.#link.topic === null ? "join" : "touch";
    const answer = await this.#port.call("POST", `${this.#path}/${how}`, { tab_id: this.#tabId });
    if (!this.#isStarted) return;
    if (!answer.ok) {
      if (answer.code === "lost" || answer.code === "rate_limited") return this.#touchLater(ASK_AGAIN_ms);
      // Banned, ended, or no longer for us: the stream itself says which.
      return void await this.#read();
    }
    const { topic, viewer_count } = answer.data;
    if (typeof topic === "string") this.#link.follow(topic);
    if (typeof viewer_count === "number") this.#count(viewer_count);
  }

  /** The link is down: perhaps the room is elsewhere. */
  lost(): void {
    this.#isLost = true;
    if (this.#isStarted) this.#touchLater(this.#port.random() * ASK_AGAIN_ms);
  }

  /** The link is up. */
  back(): void {
    this.#isLost = false;
  }

  /** Says that this tab watches no more; works while the page goes away. */
  leave(): void {
    clearTimeout(this.#timer);
    if (this.#link.topic !== null) this.#port.beacon(`/api/v1/${this.#path}/leave`, { tab_id: this.#tabId });
  }

  /** Follows the streamer, or no longer. */
  async setFollowing(following: boolean): Promise<RoomAnswer> {
    const path = `users/${this.stream.value.streamer_id}/follow`;
    const answer = await this.#port.call(following ? "POST" : "DELETE", path);
    if (answer.ok) {
      const followers = Number(answer.data.followers) || 0;
      this.me.value = { ...this.me.value, following, followers };
    }
    return answer;
  }

  /** Tips the streamer; asked again with the same id, it is tipped once. */
  tip(clientId: string, amount: string, message: string): Promise<RoomAnswer> {
    return this.#port.call("POST", `${this.#path}/tips`, { client_id: clientId, amount, message });
  }

  #touchLater(delay_ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.touch(), delay_ms);
  }

  /** After a move: one call for all that may have been missed, as everybody else in the room moves as well. */
  async #catchUp(): Promise<void> {
    let isRead = false;
    await this.chat.catchUp(true, async (after) => {
      const answer = await this.#port.call("POST", `${this.#path}/touch`, { tab_id: this.#tabId, after });
      if (!answer.ok || !this.#isStarted) return null;
      isRead = true;
      this.#touchLater(TOUCH_ms);
      const { chat, removed, ...detail } = answer.data as unknown as CaughtUp;
      for (const message_id of removed) this.chat.take("message_removed", { message_id, removed: true });
      this.#takeDetail(detail);
      this.#count(detail.viewer_count);
      return { items: readLines(chat.items), cursor: chat.next_cursor };
    });
    if (!isRead) await this.#read();
  }

  async #read(): Promise<void> {
    const answer = await this.#port.call("GET", this.#path);
    if (!this.#isStarted) return;
    if (!answer.ok) {
      // A private room that is no longer for us looks as if it had never been.
      if (answer.code === "not_found") this.#end();
      return;
    }
    this.#takeDetail(answer.data as unknown as StreamDetail);
  }

  #takeDetail({ stream, me, topic }: StreamDetail): void {
    this.stream.value = stream;
    this.me.value = me;
    this.#show(stream.view_seq, stream.view);
    if (!this.isLive.value) this.#end();
    else if (topic !== null) this.#link.follow(topic);
  }

  #take(name: string, payload: unknown): void {
    const fields = fieldsOf(payload);
    this.chat.take(name, payload);
    if (name === "viewer_count" && typeof fields.viewer_count === "number") this.#count(fields.viewer_count);
    else if (name === "view") this.#show(fields.seq, fields.view);
    else if (name === "stream_ended") this.#end(Number(fields.duration) || 0);
    else if (name === "tip_received") {
      const { from_user_id: user_id, from_user: username, amount } = fields as Record<string, string>;
      if (user_id && amount) {
        this.board.value = addTip(this.board.value, { user_id, username: username ?? null, amount });
      }
    } else if (name === "room_settings") {
      const { slow_mode_s: _, followers_only: __, pinned: ___, ...changes } = fields as
        & Partial<StreamObject>
        & Record<
          "slow_mode_s" | "followers_only" | "pinned",
          unknown
        >;
      this.stream.value = { ...this.stream.value, ...changes };
    }
  }

  #count(viewer_count: number): void {
    const { peak_viewers } = this.stream.value;
    this.stream.value = {
      ...this.stream.value,
      viewer_count,
      peak_viewers: Math.max(peak_viewers, viewer_count),
    };
  }

  #show(seq: unknown, told: unknown): void {
    const view = readView(told);
    if (view !== null && typeof seq === "number" && seq > (this.shown.value?.seq ?? -1)) {
      this.shown.value = { seq, view };
    }
  }

  #end(duration_seconds?: number): void {
    clearTimeout(this.#timer);
    this.#link.stop();
    this.chat.stop();
    if (duration_seconds === undefined) return;
    this.stream.value = {
      ...this.stream.value,
      status: "ENDED",
      duration_seconds,
      ended_at: new Date(this.#port.nowMs()).toISOString(),
    };
  }
}
