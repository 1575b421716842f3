import type { Logger } from "../../kernel/log.ts";
import { backoff_ms } from "../../kernel/worker/backoff.ts";
import type { SharedBinance, SocketClient } from "./shared_binance.ts";

/** Binance takes five control messages a second and socket; we keep well below. */
export const CONTROL_INTERVAL_MS = 300;

/** Streams named in one control message. */
export const CONTROL_STREAMS_MAX = 200;

/** With streams subscribed, silence this long means that the socket is dead, whatever TCP says. */
export const SILENCE_MS_MAX = 5_000;

/** A connection or an acknowledgement that takes longer is given up. */
const ANSWER_MS_MAX = 5_000;

/** Connection attempts a minute; Binance bans an address past 60. */
export const ATTEMPTS_PER_MINUTE_MAX = 30;

const WATCH_INTERVAL_MS = 250;
const RECONNECT_BASE_MS = 250;
const RECONNECT_MAX_MS = 10_000;

/** What a socket tells its owner. */
export interface StreamSocketListener {
  /** A frame that came in, as text. Returns false when it is not one of ours, so that ccxt may look at it. */
  onFrame(text: string): boolean;
  onConfirmed(streams: string[]): void;
  onLost(reason: string): void;
}

/** What a socket needs from outside. */
export interface StreamSocketOptions {
  exchange: SharedBinance;
  url: string;
  listener: StreamSocketListener;
  logger: Logger;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  random: () => number;
}

/**
 * One socket that carries the streams it is told to. Subscriptions are sent in paced batches and count once the
 * exchange has confirmed them. It reconnects by itself, with growing and random waits and never faster than the venue
 * allows, and takes silence for death.
 */
export class StreamSocket {
  readonly #options: StreamSocketOptions;
  #wanted = new Set<string>();
  #asked = new Set<string>();
  #confirmed = new Set<string>();
  #unanswered = new Map<number, { subscribe: boolean; streams: string[]; sentMs: number }>();
  #client: SocketClient | null = null;
  #open = false;
  #closed = false;
  #failures = 0;
  #attemptsMs: number[] = [];
  #connectAtMs = 0;
  #askedToConnectMs = 0;
  #lastFrameMs = 0;
  #lastControlMs = Number.NEGATIVE_INFINITY;
  #controlId = 0;
  readonly #watch: ReturnType<typeof setInterval>;
  #controlTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: StreamSocketOptions) {
    this.#options = options;
    this.#watch = setInterval(() => this.#check(), WATCH_INTERVAL_MS);
  }

  /** Whether a connection is open. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** Streams the exchange has confirmed. */
  get confirmed(): number {
    return this.#confirmed.size;
  }

  /** Whether every wanted stream is confirmed on an open connection. */
  get isComplete(): boolean {
    return this.#open && this.#confirmed.size === this.#wanted.size;
  }

  /** Carries exactly these streams from now on. */
  setStreams(streams: ReadonlySet<string>): void {
    this.#wanted = new Set(streams);
    if (this.#client === null) this.#connect();
    else this.#control();
  }

  /** Closes for good. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#watch);
    clearTimeout(this.#controlTimer);
    this.#discard();
  }

  /** ccxt says that a connection is open. */
  onOpen(client: SocketClient): void {
    if (client !== this.#client) return;
    this.#open = true;
    this.#lastFrameMs = this.#options.nowMs();
    this.#control();
  }

  /** ccxt says that a connection is gone. */
  onGone(client: SocketClient, reason: string): void {
    if (client === this.#client) this.#lose(reason);
  }

  #connect(): void {
    const now = this.#options.nowMs();
    if (this.#closed || this.#wanted.size === 0 || now < this.#connectAtMs) return;
    this.#attemptsMs = this.#attemptsMs.filter((at) => now - at < 60_000);
    if (this.#attemptsMs.length >= ATTEMPTS_PER_MINUTE_MAX) return;
    this.#attemptsMs.push(now);
    this.#askedToConnectMs = now;
    const client = this.#options.exchange.socketClient(this.#options.url);
    this.#client = client;
    const stock = client.onMessage.bind(client);
    client.onMessage = (event) => this.#receive(client, event, stock);
    // What goes wrong is told through onGone.
    client.connect(0).catch(() => {});
  }

  #receive(client: SocketClient, event: { data: unknown }, stock: SocketClient["onMessage"]): void {
    if (client !== this.#client) return;
    this.#lastFrameMs = this.#options.nowMs();
    const { data } = event;
    if (typeof data === "string" && (this.#options.listener.onFrame(data) || this.#answer(data))) {
      this.#failures = 0;
      return;
    }
    stock(event);
  }

  /** Takes `{"result":null,"id":n}` or an error with an id; false when the text is something else. */
  #answer(text: string): boolean {
    if (text.length > 1_000 || !text.includes('"id"')) return false;
    let reply;
    try {
      reply = JSON.parse(text);
    } catch {
      return false;
    }
    const asked = this.#unanswered.get(reply?.id);
    if (asked === undefined) return false;
    this.#unanswered.delete(reply.id);
    if (reply.result !== null || reply.error !== undefined) {
      this.#options.logger.warn("The exchange refused a subscription", { streams: asked.streams.length, reply: text });
      this.#lose("a subscription was refused");
      return true;
    }
    if (asked.subscribe) {
      for (const stream of asked.streams) if (this.#asked.has(stream)) this.#confirmed.add(stream);
      this.#options.listener.onConfirmed(asked.streams);
    }
    return true;
  }

  #control(): void {
    if (!this.#open || this.#controlTimer !== undefined || this.#closed) return;
    const next = this.#nextControl();
    if (next === null) return;
    const wait = this.#lastControlMs + CONTROL_INTERVAL_MS - this.#options.nowMs();
    if (wait > 0) {
      this.#controlTimer = setTimeout(() => {
        this.#controlTimer = undefined;
        this.#control();
      }, wait);
      return;
    }
    this.#send(next.subscribe, next.streams);
    this.#control();
  }

  #nextControl(): { subscribe: boolean; streams: string[] } | null {
    const add = [...this.#wanted].filter((stream) => !this.#asked.has(stream));
    if (add.length > 0) return { subscribe: true, streams: add.slice(0, CONTROL_STREAMS_MAX) };
    const remove = [...this.#asked].filter((stream) => !this.#wanted.has(stream));
    if (remove.length > 0) return { subscribe: false, streams: remove.slice(0, CONTROL_STREAMS_MAX) };
    return null;
  }

  #send(subscribe: boolean, streams: string[]): void {
    const client = this.#client;
    if (client === null) return;
    const now = this.#options.nowMs();
    const id = ++this.#controlId;
    this.#lastControlMs = now;
    this.#unanswered.set(id, { subscribe, streams, sentMs: now });
    for (const stream of streams) {
      if (subscribe) this.#asked.add(stream);
      else {
        this.#asked.delete(stream);
        this.#confirmed.delete(stream);
      }
    }
    client.send({ method: subscribe ? "SUBSCRIBE" : "UNSUBSCRIBE", params: streams, id }).catch((error: unknown) => {
      this.onGone(client, error instanceof Error ? error.message : "a control message could not be sent");
    });
  }

  #check(): void {
    const now = this.#options.nowMs();
    if (this.#client === null) return this.#connect();
    if (!this.#open) {
      if (now - this.#askedToConnectMs > ANSWER_MS_MAX) this.#lose("the connection took too long");
      return;
    }
    if (this.#wanted.size === 0 && this.#asked.size === 0) return this.#discard();
    if (this.#confirmed.size > 0 && now - this.#lastFrameMs > SILENCE_MS_MAX) return this.#lose("silence");
    for (const { sentMs } of this.#unanswered.values()) {
      if (now - sentMs > ANSWER_MS_MAX) return this.#lose("a subscription was not confirmed");
    }
  }

  #lose(reason: string): void {
    const options = { base_ms: RECONNECT_BASE_MS, max_ms: RECONNECT_MAX_MS, random: this.#options.random };
    this.#discard();
    if (this.#closed) return;
    this.#connectAtMs = this.#options.nowMs() + backoff_ms(this.#failures++, options);
    this.#options.listener.onLost(reason);
  }

  #discard(): void {
    const client = this.#client;
    this.#client = null;
    this.#open = false;
    this.#asked.clear();
    this.#confirmed.clear();
    this.#unanswered.clear();
    clearTimeout(this.#controlTimer);
    this.#controlTimer = undefined;
    if (client === null) return;
    // ccxt forgets the client on an error; the next connection gets a fresh one.
    if (client.error === undefined) client.onError(new Error("replaced"));
    if (client.connection !== undefined && client.connection.readyState < WebSocket.CLOSING) client.close();
  }
}
