import type { TopicListener } from "../../realtime/client/connection.ts";

/** Readers of a room that moves do not all come to its new topic at once: within what the room says, or this. */
const MOVE_SPREAD_ms = 1_500;
const MOVE_SPREAD_ms_MAX = 10_000;

/** What following a room needs of its browser. */
export interface LinkPort {
  /** See the page's connection. */
  subscribe(topic: string, event: string, listener: TopicListener): () => void;
  /** From 0 to 1. */
  random(): number;
}

/** What is told of a room: events by name, and when its topic was joined. */
export interface RoomListener {
  onEvent(name: string, payload: unknown): void;
  /** `isAgain`: something may have been missed; `hasMoved`: for having come to the room's next topic, and that alone. */
  onJoined(isAgain: boolean, hasMoved: boolean): void;
}

/** Listens to a room on its topic, and goes with it when a ban moves it to the next one. */
export class RoomLink {
  readonly #port: LinkPort;
  readonly #events: readonly string[];
  readonly #listener: RoomListener;
  #topic: string | null = null;
  #stops: (() => void)[] = [];
  #moving: ReturnType<typeof setTimeout> | undefined;
  #hasJoined = false;

  /** @param events names of those that are wanted; `moved` is the link's own. */
  constructor(port: LinkPort, events: readonly string[], listener: RoomListener) {
    this.#port = port;
    this.#events = events;
    this.#listener = listener;
  }

  /** The topic listened to; null before the first and after the last. */
  get topic(): string | null {
    return this.#topic;
  }

  /** Listens on this topic from now on, unless it is older than the present one. */
  follow(topic: string): void {
    this.#follow(topic, false);
  }

  #follow(topic: string, isMove: boolean): void {
    if (!isLater(topic, this.#topic)) return;
    let hasMoved = isMove && this.#hasJoined;
    this.#leave();
    this.#topic = topic;
    const { subscribe } = this.#port;
    this.#stops = this.#events.map((event) =>
      subscribe(topic, event, {
        onPayload: (payload) => this.#listener.onEvent(event, payload),
        onJoined() {},
      })
    );
    this.#stops.push(subscribe(topic, "moved", {
      onPayload: (payload) => {
        const { topic, within_ms } = (payload ?? {}) as { topic?: unknown; within_ms?: unknown };
        this.#move(topic, typeof within_ms === "number" && within_ms >= 0 ? within_ms : MOVE_SPREAD_ms);
      },
      onJoined: () => {
        this.#listener.onJoined(this.#hasJoined, hasMoved);
        this.#hasJoined = true;
        hasMoved = false;
      },
    }));
  }

  /** Listens no more. */
  stop(): void {
    this.#leave();
    this.#topic = null;
  }

  #move(topic: unknown, within_ms: number): void {
    if (typeof topic !== "string" || !isLater(topic, this.#topic) || this.#moving !== undefined) return;
    this.#moving = setTimeout(
      () => this.#follow(topic, true),
      this.#port.random() * Math.min(within_ms, MOVE_SPREAD_ms_MAX),
    );
  }

  #leave(): void {
    clearTimeout(this.#moving);
    this.#moving = undefined;
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }
}

/** Whether a topic is of the same room as another and of a later epoch. */
function isLater(topic: string, than: string | null): boolean {
  const [, room, epoch] = /^(room:[\da-f-]{36}):(\d{1,9})$/.exec(topic) ?? [];
  if (room === undefined) return false;
  return than === null || (than.startsWith(`${room}:`) && Number(epoch) > Number(than.slice(room.length + 1)));
}
