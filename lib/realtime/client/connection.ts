import { signal } from "@preact/signals";
import { type RealtimeChannel, RealtimeClient } from "@supabase/realtime-js";
import { createTokenSource, parseAccessToken } from "./access_token.ts";
import { fetchJson } from "./fetch_json.ts";
import { type LinkEvent, type LinkState, nextLink, phaseOf, retryDelayMs } from "./link.ts";
import { type PageConfig, readPageConfig } from "./page_config.ts";

/** Who wants a topic's events. */
export interface TopicListener {
  /** A payload as it came: check it before use. */
  onPayload(payload: unknown): void;
  /** The topic is joined, for the first time or again: what was sent before is not replayed. */
  onJoined(): void;
}

interface Topic {
  channel: RealtimeChannel | null;
  /** Each with the event it wants. */
  listeners: Map<TopicListener, string>;
  tries: number;
  retryTimer: ReturnType<typeof setTimeout> | undefined;
}

/** Hosted Realtime allows a connection a hundred channels; a page needs fewer. */
export const TOPICS_MAX = 60;

/** One socket for the whole page, however many islands and topics it carries. */
export class Connection {
  readonly phase = signal(phaseOf(new Map()));
  readonly #topics = new Map<string, Topic>();
  readonly #connect: () => void;
  /** Topics being left: realtime-js would hand the dying channel to whoever asks again too soon. */
  readonly #leaving = new Map<string, Promise<unknown>>();
  /** Until the token is there: what is personal would be joined without it, refused, and tried again a second later. */
  #signingIn: Promise<void> | undefined;
  #client!: RealtimeClient;
  #link: LinkState = new Map();
  readonly #onOffline = () => this.#apply({ kind: "offline" });
  readonly #onOnline = () => this.#restart();

  constructor({ realtime, signed_in }: PageConfig) {
    const token = signed_in ? createTokenSource(loadToken, Date.now) : () => Promise.resolve(null);
    this.#connect = () => {
      this.#client = new RealtimeClient(`${realtime.url.replace(/^http/, "ws")}/realtime/v1`, {
        params: { apikey: realtime.publishableKey },
        // As supabase-js does: who is not signed in shows the publishable key.
        accessToken: async () => await token() ?? realtime.publishableKey,
        reconnectAfterMs: (tries) => retryDelayMs(tries, Math.random()),
      });
      if (signed_in) this.#signingIn = this.#client.setAuth();
    };
    this.#connect();
    addEventListener("offline", this.#onOffline);
    addEventListener("online", this.#onOnline);
  }

  /**
   * Listens to one event of a private topic. The topic is joined once, however many listen to whatever events.
   * @returns a function that stops listening.
   * @throws RangeError where the page has {@link TOPICS_MAX} topics already.
   */
  subscribe(name: string, event: string, listener: TopicListener): () => void {
    let topic = this.#topics.get(name);
    if (!topic) {
      if (this.#topics.size >= TOPICS_MAX) throw new RangeError(`Cannot join "${name}"`);
      topic = { channel: null, listeners: new Map(), tries: 0, retryTimer: undefined };
      this.#topics.set(name, topic);
      this.#apply({ kind: "asked", topic: name });
      void this.#join(name, topic);
    } else if (this.#link.get(name) === "joined") {
      queueMicrotask(() => listener.onJoined());
    }
    topic.listeners.set(listener, event);
    const held = topic;
    return () => this.#release(name, held, listener);
  }

  /** Leaves everything and closes the socket for good. */
  async close(): Promise<void> {
    removeEventListener("offline", this.#onOffline);
    removeEventListener("online", this.#onOnline);
    for (const [name, topic] of this.#topics) {
      for (const listener of topic.listeners.keys()) this.#release(name, topic, listener);
    }
    await Promise.all(this.#leaving.values());
    await this.#client.disconnect();
  }

  async #join(name: string, topic: Topic): Promise<void> {
    // Topics of markets, which alone begin with an m, are everybody's; what was joined before had its token.
    await (this.#leaving.get(name) ?? (name[0] !== "m" && this.#signingIn));
    if (this.#topics.get(name) !== topic || topic.channel) return;
    const channel = this.#client.channel(name, { config: { private: true } });
    topic.channel = channel;
    channel.on("broadcast", { event: "*" }, ({ event, payload }) => {
      for (const [listener, wanted] of topic.listeners) if (wanted === event) listener.onPayload(payload);
    });
    channel.subscribe((status) => {
      if (topic.channel !== channel) return;
      if (status === "SUBSCRIBED") {
        topic.tries = 0;
        this.#apply({ kind: "joined", topic: name });
        for (const listener of topic.listeners.keys()) listener.onJoined();
        return;
      }
      this.#apply({ kind: "lost", topic: name });
      // After an error or a time-out realtime-js joins again by itself, after a close by the server it does not.
      if (status === "CLOSED") this.#rejoinLater(name, topic);
    });
  }

  #rejoinLater(name: string, topic: Topic): void {
    topic.channel = null;
    topic.tries++;
    clearTimeout(topic.retryTimer);
    topic.retryTimer = setTimeout(() => {
      void this.#join(name, topic);
    }, retryDelayMs(topic.tries, Math.random()));
  }

  #release(name: string, topic: Topic, listener: TopicListener): void {
    topic.listeners.delete(listener);
    if (topic.listeners.size > 0 || this.#topics.get(name) !== topic) return;
    this.#topics.delete(name);
    clearTimeout(topic.retryTimer);
    const { channel } = topic;
    topic.channel = null;
    if (channel) {
      const left = this.#client.removeChannel(channel).finally(() => this.#leaving.delete(name));
      this.#leaving.set(name, left);
    }
    this.#apply({ kind: "left", topic: name });
  }

  /** The network is back: a socket from before may look open for half a minute yet, so it is given up. */
  #restart(): void {
    void this.#client.disconnect();
    this.#connect();
    this.#leaving.clear();
    for (const [name, topic] of this.#topics) {
      clearTimeout(topic.retryTimer);
      topic.channel = null;
      void this.#join(name, topic);
    }
  }

  #apply(event: LinkEvent): void {
    this.#link = nextLink(this.#link, event);
    this.phase.value = phaseOf(this.#link);
  }
}

let shared: Connection | null = null;

/** The page's one connection, opened by the first who asks. */
export function pageConnection(): Connection {
  return shared ??= new Connection(readPageConfig());
}

async function loadToken() {
  return parseAccessToken(await fetchJson("/api/v1/auth/token"));
}
