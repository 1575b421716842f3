import { createClient, type RealtimeChannel, type SupabaseClient } from "@supabase/supabase-js";
import type { SupabaseOptions } from "../../kernel/edge/supabase.ts";
import type { Logger } from "../../kernel/log.ts";
import { Refusal } from "../../kernel/problem.ts";

/** Channels Supabase Realtime allows on one connection. */
export const CHANNELS_PER_CONNECTION_MAX = 100;

/** Connections one process opens: 1,000 topics are more than all symbols anyone watches through it. */
export const CONNECTIONS_MAX = 10;

/** Time before a channel the server closed is joined again. */
const REJOIN_AFTER_ms = 1_000;

/** Time a connection without channels is kept for the next one. */
const IDLE_CONNECTION_ms = 5_000;

/** Whether a topic's broadcasts arrive right now. */
export type TopicState = "live" | "reconnecting";

/** Who wants to know about a topic. */
export interface TopicListener {
  /** One broadcast; `payload` is unchecked. */
  onBroadcast(event: string, payload: unknown): void;
  /** Called whenever the state changes; a topic starts as `reconnecting`. */
  onState(state: TopicState): void;
}

/** Subscribes to Realtime topics on behalf of many. */
export interface TopicHub {
  /**
   * Listens to a private topic until the returned function is called.
   * @throws Refusal `stream_limit` when no connection has room for one more topic.
   */
  listen(topic: string, listener: TopicListener): () => void;
  /** Channels and connections in use. */
  counts(): { topics: number; connections: number };
  close(): Promise<void>;
}

interface Connection {
  client: SupabaseClient;
  channels: number;
}

interface Topic {
  name: string;
  listeners: Set<TopicListener>;
  state: TopicState;
  connection: Connection;
  channel: RealtimeChannel | null;
  rejoin: ReturnType<typeof setTimeout> | null;
}

/**
 * Makes a hub: however many listen to a topic, Realtime sees one channel; however many topics there
 * are, as few connections as its limit of channels allows.
 */
export function createTopicHub(options: SupabaseOptions & { logger: Logger }): TopicHub {
  return new SharedHub(options);
}

class SharedHub implements TopicHub {
  readonly #options: SupabaseOptions & { logger: Logger };
  readonly #topics = new Map<string, Topic>();
  readonly #connections: Connection[] = [];
  #closed = false;

  constructor(options: SupabaseOptions & { logger: Logger }) {
    this.#options = options;
  }

  listen(name: string, listener: TopicListener): () => void {
    const topic = this.#topics.get(name) ?? this.#open(name);
    topic.listeners.add(listener);
    listener.onState(topic.state);
    return () => {
      topic.listeners.delete(listener);
      if (topic.listeners.size === 0 && this.#topics.get(name) === topic) this.#drop(topic);
    };
  }

  counts(): { topics: number; connections: number } {
    return { topics: this.#topics.size, connections: this.#connections.filter(({ channels }) => channels > 0).length };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const topic of [...this.#topics.values()]) this.#drop(topic);
    await Promise.all(this.#connections.map(({ client }) => client.realtime.disconnect()));
    this.#connections.length = 0;
  }

  #open(name: string): Topic {
    if (this.#closed) throw new Refusal("upstream_unavailable", "The server is shutting down");
    const connection = this.#connectionWithRoom();
    connection.channels++;
    const topic: Topic = {
      name,
      listeners: new Set(),
      state: "reconnecting",
      connection,
      channel: null,
      rejoin: null,
    };
    this.#topics.set(name, topic);
    this.#join(topic);
    return topic;
  }

  #join(topic: Topic): void {
    if (this.#topics.get(topic.name) !== topic) return;
    const channel = topic.connection.client.channel(topic.name, { config: { private: true } });
    topic.channel = channel;
    channel.on("broadcast", { event: "*" }, ({ event, payload }) => {
      for (const listener of topic.listeners) listener.onBroadcast(event, payload);
    });
    channel.subscribe((status, error) => {
      if (topic.channel !== channel) return;
      if (status === "SUBSCRIBED") return this.#become(topic, "live");
      this.#become(topic, "reconnecting");
      if (error) this.#options.logger.warn("Realtime channel failed", { topic: topic.name, error });
      // The client retries what failed by itself, but takes a channel the server closed for finished.
      if (status === "CLOSED") this.#rejoinLater(topic, channel);
    });
  }

  #rejoinLater(topic: Topic, channel: RealtimeChannel): void {
    topic.channel = null;
    channel.teardown();
    if (this.#closed || topic.rejoin !== null) return;
    topic.rejoin = setTimeout(() => {
      topic.rejoin = null;
      this.#join(topic);
    }, REJOIN_AFTER_ms);
  }

  #become(topic: Topic, state: TopicState): void {
    if (topic.state === state) return;
    topic.state = state;
    for (const listener of topic.listeners) listener.onState(state);
  }

  #drop(topic: Topic): void {
    this.#topics.delete(topic.name);
    topic.connection.channels--;
    topic.listeners.clear();
    if (topic.rejoin !== null) clearTimeout(topic.rejoin);
    const { channel } = topic;
    topic.channel = null;
    if (channel === null) return;
    // The client takes a channel it leaves for closed at once, so that the topic can be joined again.
    topic.connection.client.removeChannel(channel).catch(() => {});
  }

  #connectionWithRoom(): Connection {
    const roomy = this.#connections.find(({ channels }) => channels < CHANNELS_PER_CONNECTION_MAX);
    if (roomy) return roomy;
    if (this.#connections.length >= CONNECTIONS_MAX) {
      throw new Refusal("stream_limit", "Too many different markets are being streamed");
    }
    const { url, publishableKey, fetch } = this.#options;
    const client = createClient(url, publishableKey, {
      accessToken: () => Promise.resolve(null),
      global: { fetch },
      realtime: { disconnectOnEmptyChannelsAfterMs: IDLE_CONNECTION_ms },
    });
    const connection = { client, channels: 0 };
    this.#connections.push(connection);
    return connection;
  }
}
