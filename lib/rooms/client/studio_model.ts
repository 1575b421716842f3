import { type Signal, signal } from "@preact/signals";
import { ChatModel, type ChatPort, type ChatStart } from "./chat_model.ts";
import { fieldsOf } from "./room_checks.ts";
import { type LinkPort, RoomLink } from "./room_link.ts";

/** A room whose streamer says nothing for two minutes ends. */
const TOUCH_ms = 30_000;

/** What was lost on the way is tried again much sooner. */
const TOUCH_AGAIN_ms = 5_000;

/** From here on the page says that the server has not heard of it. */
const SILENCE_ms = 60_000;

/** What the desk hears; the chat has its own among them. */
const EVENTS = ["chat_message", "message_removed", "room_settings", "viewer_count", "tip_received", "stream_ended"];

/** What the desk needs of its browser. */
export interface StudioPort extends ChatPort, LinkPort {
  /** Told every half minute, and after a tip: numbers the server renders are old. */
  onStale(): void;
}

/** What the desk begins with. */
export interface StudioStart {
  streamId: string;
  /** Null while the room is not live. */
  topic: string | null;
  isOwner: boolean;
  /** The most viewers at once until now. */
  peak: number;
  chat: ChatStart;
}

/** A room as whoever runs it has it: it lives as long as the streamer's page says so. */
export class StudioModel {
  readonly chat: ChatModel;
  readonly viewers = signal<number | null>(null);
  readonly peak: Signal<number>;
  readonly hasEnded = signal(false);
  /** The server has not heard of this page for a while. */
  readonly isSilent = signal(false);
  readonly #start: StudioStart;
  readonly #port: StudioPort;
  readonly #link: RoomLink;
  /** A moderator's tab, who is a viewer as well. */
  readonly #tabId: string;
  #heardMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStarted = false;
  /** The room may move after it was asked where it is and before its topic is joined. */
  #isLost = false;

  constructor(start: StudioStart, port: StudioPort) {
    this.#start = start;
    this.peak = signal(start.peak);
    this.#port = port;
    this.#tabId = port.newId();
    this.chat = new ChatModel(start.chat, port);
    this.#link = new RoomLink(port, EVENTS, {
      onEvent: (name, payload) => this.#take(name, payload),
      onJoined: (isAgain) => void this.chat.catchUp(isAgain),
    });
  }

  /** Says that the page is there, and listens; returns a function that ends both. */
  start(): () => void {
    const { topic } = this.#start;
    this.#isStarted = topic !== null;
    this.#heardMs = this.#port.nowMs();
    if (topic !== null) {
      this.#link.follow(topic);
      void this.touch();
    }
    return () => this.#stop();
  }

  /** Says that the page is there; the answer tells the topic, which is another one when the room has moved. */
  async touch(): Promise<void> {
    if (!this.#isStarted) return;
    this.#touchLater(this.#isLost ? (1 + this.#port.random()) * TOUCH_AGAIN_ms : TOUCH_ms);
    const { streamId, isOwner } = this.#start;
    const answer = await this.#port.call("POST", `streaming/${streamId}/touch`, isOwner ? {} : { tab_id: this.#tabId });
    if (!this.#isStarted) return;
    if (answer.ok) {
      this.#heardMs = this.#port.nowMs();
      this.isSilent.value = false;
      if (typeof answer.data.topic === "string") this.#link.follow(answer.data.topic);
      this.#count(answer.data.viewer_count);
      this.#port.onStale();
      return;
    }
    if (answer.code === "stream_ended") return this.#end();
    this.isSilent.value = this.#port.nowMs() - this.#heardMs > SILENCE_ms;
    this.#touchLater(TOUCH_AGAIN_ms);
  }

  /** The link is down: perhaps the room is elsewhere. */
  lost(): void {
    this.#isLost = true;
    if (this.#isStarted) this.#touchLater(this.#port.random() * TOUCH_AGAIN_ms);
  }

  /** The link is up. */
  back(): void {
    this.#isLost = false;
  }

  #take(name: string, payload: unknown): void {
    this.chat.take(name, payload);
    if (name === "viewer_count") this.#count(fieldsOf(payload).viewer_count);
    else if (name === "tip_received") this.#port.onStale();
    else if (name === "stream_ended") this.#end();
  }

  #count(viewers: unknown): void {
    if (typeof viewers !== "number") return;
    this.viewers.value = viewers;
    this.peak.value = Math.max(this.peak.value, viewers);
  }

  #touchLater(delay_ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.touch(), delay_ms);
  }

  #end(): void {
    if (!this.#isStarted) return;
    this.#stop();
    this.hasEnded.value = true;
  }

  #stop(): void {
    this.#isStarted = false;
    clearTimeout(this.#timer);
    this.#link.stop();
    this.chat.stop();
  }
}
