import { setTimeout as delay } from "node:timers/promises";
import { realtimeGreeting } from "../realtime/greetings.ts";
import { RawClient } from "../realtime/raw_client.ts";
import { nowUnixMs, type Tally, Viewer } from "./viewer.ts";

const FIRST_ID = "00000000-0000-0000-0000-000000000000";
const READ_LIMIT = 200;
/** As a page does. */
const TOUCH_EVERY_ms = 30_000;
/** Who cannot get in tries again. */
const ENTER_TRIES_MAX = 20;
const ENTER_AGAIN_ms = 1_000;

/** Viewers must leave the processor to the server: of a message's frame they read no more than they need. */
const MESSAGE_ID = /"message_id": ?"([\da-f-]{36})"/;
const MESSAGE = /"message": ?"([^"]*)"/;

/** Where a room is. */
export interface RoomPlace {
  /** Of the project. */
  url: string;
  apiKey: string;
  streamId: string;
}

interface ChatMessage {
  message_id: string;
  message: string;
}

type Frame = [string | null, string | null, string, string, {
  status?: string;
  event?: string;
  payload?: { viewer_count: number; topic: string; within_ms: number };
}];

/** Calls a function of the database over REST as `token`, or as nobody; throws what it is refused by. */
export async function callRoom<T>(place: RoomPlace, token: string | null, name: string, args: object): Promise<T> {
  const response = await fetch(`${place.url}/rest/v1/rpc/${name}`, {
    method: "POST",
    headers: {
      apikey: place.apiKey,
      "content-type": "application/json",
      ...token === null ? {} : { authorization: `Bearer ${token}` },
    },
    body: JSON.stringify(args),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${name} was refused: ${response.status} ${text.slice(0, 300)}`);
  return JSON.parse(text) as T;
}

/**
 * Watches a room as a page does: `join_stream`, the room's private topic, `touch_viewer` every 30 seconds; after a lost
 * connection, or when the room has moved, it joins first and only then reads `chat_page` after the last message it knew.
 */
export class RoomViewer extends Viewer {
  readonly #place: RoomPlace;
  /** Null for who has no account. */
  readonly #token: string | null;
  readonly #tabId = crypto.randomUUID();
  #topic = "";
  #joinRef = 0;
  #joined = false;
  #isCaughtUp = false;
  #isMoving = false;
  /** Everything up to this id has come. */
  #lastId = FIRST_ID;
  /** Came live while a read was under way: newer than what it brings. */
  #liveId: string | null = null;

  constructor(place: RoomPlace, token: string | null, tally: Tally, draw: (below: number) => number) {
    super(tally, draw);
    this.#place = place;
    this.#token = token;
  }

  override get moves(): number {
    return this.#joined && this.#isCaughtUp ? Number(this.#topic.split(":")[2]) - 1 : -1;
  }

  override beat(): void {
    if (this.#joined) this.client?.send('[null,"0","phoenix","heartbeat",{}]');
  }

  protected override async enter(): Promise<void> {
    for (let tries = 1;; tries++) {
      try {
        await this.#say("join_stream");
        break;
      } catch (error) {
        this.tally.failures++;
        if (tries === ENTER_TRIES_MAX) throw error;
        await delay(ENTER_AGAIN_ms);
      }
    }
    setTimeout(() => this.#keepTouching(), this.draw(TOUCH_EVERY_ms));
  }

  protected override async sayBye(): Promise<void> {
    this.stopped = true;
    await this.#call("leave_stream", this.#where);
  }

  protected override connect(): RawClient {
    const { port } = new URL(this.#place.url);
    const { path } = realtimeGreeting(this.#place.apiKey, this.#topic);
    const client = new RawClient(Number(port), path, {
      onOpen: () => this.#join(client),
      onFrame: (opcode, payload) => {
        if (opcode !== 1) return;
        const text = payload.toString("latin1");
        const [, id] = MESSAGE_ID.exec(text) ?? [];
        if (id === undefined) this.#onFrame(client, JSON.parse(payload.toString()) as Frame);
        else if (text.includes(this.#topic)) this.#hear(id, MESSAGE.exec(text)?.[1] ?? "");
      },
      onClose: () => {
        this.#joined = this.#isCaughtUp = false;
        this.closed();
      },
    });
    return client;
  }

  get #where(): { p_stream_id: string; p_tab_id: string } {
    return { p_stream_id: this.#place.streamId, p_tab_id: this.#tabId };
  }

  /** Says that the tab is there; the answer tells the present topic. */
  async #say(name: "join_stream" | "touch_viewer"): Promise<void> {
    const { topic } = await this.#call<{ topic: string }>(name, this.#where);
    this.#topic = topic;
  }

  #call<T>(name: string, args: object): Promise<T> {
    this.tally.calls++;
    return callRoom<T>(this.#place, this.#token, name, args);
  }

  async #keepTouching(): Promise<void> {
    if (this.stopped) return;
    await this.#say("touch_viewer").catch(() => this.tally.failures++);
    setTimeout(() => this.#keepTouching(), TOUCH_EVERY_ms);
  }

  #join(client: RawClient): void {
    this.#joined = this.#isCaughtUp = false;
    this.#liveId = null;
    const ref = String(++this.#joinRef);
    const config = { private: true, broadcast: { ack: false, self: false }, presence: { enabled: false } };
    const access_token = this.#token ?? this.#place.apiKey;
    client.send(JSON.stringify([ref, ref, `realtime:${this.#topic}`, "phx_join", { config, access_token }]));
  }

  #onFrame(client: RawClient, [, ref, wire, event, body]: Frame): void {
    if (event === "phx_reply" && ref === String(this.#joinRef)) {
      if (body.status === "ok") {
        this.#joined = true;
        this.#recover(client).catch(() => this.#giveUp(client));
      } else {
        // The room has moved meanwhile.
        this.#say("touch_viewer").then(() => this.#giveUp(client), () => this.#giveUp(client));
      }
      return;
    }
    if (event === "phx_close" && wire === `realtime:${this.#topic}`) {
      // Cut where it stood: it may be elsewhere, or no longer for us.
      this.#say("touch_viewer").then(() => this.#giveUp(client), () => this.crash());
    }
    if (event !== "broadcast" || wire !== `realtime:${this.#topic}` || body.payload === undefined) return;
    const { payload } = body;
    if (body.event === "viewer_count") this.viewerCount = payload.viewer_count;
    else if (body.event === "moved") this.#move(client, wire, payload.topic, payload.within_ms);
  }

  #hear(id: string, message: string): void {
    this.take(id, message, "live");
    this.#liveId = id;
    if (this.#isCaughtUp) this.#lastId = id;
  }

  #move(client: RawClient, wire: string, topic: string, within_ms: number): void {
    setTimeout(() => {
      if (this.client !== client || !this.#joined) return;
      client.send(JSON.stringify([null, "0", wire, "phx_leave", {}]));
      this.#topic = topic;
      this.#isMoving = true;
      this.#join(client);
    }, this.draw(within_ms));
  }

  #giveUp(client: RawClient): void {
    this.tally.failures++;
    client.destroy();
  }

  async #recover(client: RawClient): Promise<void> {
    const ref = this.#joinRef;
    for (let after: string | null = this.#lastId; after !== null;) {
      const args = { p_stream_id: this.#place.streamId, p_after: after, p_limit: READ_LIMIT };
      const page: { items: ChatMessage[]; next_cursor: string | null } = await this.#call("chat_page", args);
      // Cut or moved meanwhile: the next join reads from the same place.
      if (this.client !== client || !this.#joined || this.#joinRef !== ref) return;
      for (const { message_id, message } of page.items) {
        this.take(message_id, message, "recovered");
        this.#lastId = message_id;
      }
      after = page.next_cursor;
    }
    if (this.#liveId !== null && this.#liveId > this.#lastId) this.#lastId = this.#liveId;
    this.#isCaughtUp = true;
    if (this.#isMoving) this.tally.movedMs = nowUnixMs();
    this.#isMoving = false;
    this.caughtUp();
  }
}
