import type { Logger } from "../../kernel/log.ts";
import type { VenueCapabilities } from "../venue_capabilities.ts";
import type { SharedBinance, SocketClient } from "./shared_binance.ts";

/** A connection or an acknowledgement that takes longer is given up. */
export const ANSWER_MS_MAX = 5_000;

/** An acknowledgement is short: longer texts are not searched for one. */
const ANSWER_LENGTH_MAX = 1_000;

/** What a connection tells its socket. */
export interface StreamConnectionListener {
  /** A frame that is no acknowledgement; not a string when the exchange sent bytes. */
  onFrame(data: unknown): void;
  onConfirmed(streams: string[]): void;
  /** It is gone for good, and closed. Told once. */
  onGone(reason: string): void;
}

/** What a connection needs from outside. */
export interface StreamConnectionOptions {
  exchange: SharedBinance;
  capabilities: VenueCapabilities;
  listener: StreamConnectionListener;
  logger: Logger;
  nowMs: () => number;
  onOpen?: () => void;
}

/**
 * One connection from opening to its end. Subscriptions are sent in paced batches and count once the exchange has
 * confirmed them; silence and missing answers end it.
 */
export class StreamConnection {
  readonly #options: StreamConnectionOptions;
  readonly #client: SocketClient;
  readonly #startedMs: number;
  #wanted: ReadonlySet<string> = new Set();
  readonly #asked = new Set<string>();
  readonly #confirmed = new Set<string>();
  readonly #unanswered = new Map<number, { subscribe: boolean; streams: string[]; sentMs: number }>();
  #open = false;
  #ended = false;
  #lastFrameMs = 0;
  #lastControlMs = Number.NEGATIVE_INFINITY;
  #controlId = 0;
  #controlTimer: ReturnType<typeof setTimeout> | undefined;

  /** Connects at once. */
  constructor(options: StreamConnectionOptions) {
    this.#options = options;
    this.#startedMs = options.nowMs();
    const client = options.exchange.openSocket({
      onOpen: () => this.#opened(),
      onGone: (reason) => this.#end(reason),
    });
    this.#client = client;
    client.onMessage = ({ data }) => this.#receive(data);
    // What goes wrong is told through onGone.
    client.connect(0).catch(() => {});
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Streams the exchange has confirmed. */
  get confirmed(): ReadonlySet<string> {
    return this.#confirmed;
  }

  /** Whether every wanted stream is confirmed. */
  get isComplete(): boolean {
    if (!this.#open) return false;
    for (const stream of this.#wanted) if (!this.#confirmed.has(stream)) return false;
    return true;
  }

  /** Whether nothing is subscribed and nothing to be. */
  get isIdle(): boolean {
    return this.#open && this.#wanted.size === 0 && this.#asked.size === 0;
  }

  /** Age in ms. */
  age_ms(now: number): number {
    return now - this.#startedMs;
  }

  /** Carries exactly these streams from now on. */
  want(streams: ReadonlySet<string>): void {
    this.#wanted = streams;
    this.#control();
  }

  /** Looks whether it still lives; call a few times a second. */
  check(): void {
    if (this.#ended) return;
    const now = this.#options.nowMs();
    if (!this.#open) {
      if (now - this.#startedMs > ANSWER_MS_MAX) this.#end("the connection took too long");
      return;
    }
    if (this.#confirmed.size > 0 && now - this.#lastFrameMs > this.#options.capabilities.silence_ms_max) {
      return this.#end("silence");
    }
    for (const { sentMs } of this.#unanswered.values()) {
      if (now - sentMs > ANSWER_MS_MAX) return this.#end("a subscription was not confirmed");
    }
  }

  /** Closes it without a word to the listener. */
  discard(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#open = false;
    clearTimeout(this.#controlTimer);
    this.#options.exchange.closeSocket(this.#client);
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.discard();
    this.#options.listener.onGone(reason);
  }

  #opened(): void {
    if (this.#ended) return;
    this.#open = true;
    this.#options.onOpen?.();
    this.#lastFrameMs = this.#options.nowMs();
    this.#control();
  }

  #receive(data: unknown): void {
    if (this.#ended) return;
    this.#lastFrameMs = this.#options.nowMs();
    if (typeof data === "string" && this.#unanswered.size > 0 && this.#answer(data)) return;
    this.#options.listener.onFrame(data);
  }

  /** Takes `{"result":null,"id":n}` or an error with an id; false when the text is something else. */
  #answer(text: string): boolean {
    if (text.length > ANSWER_LENGTH_MAX || text.startsWith('{"stream"') || !text.includes('"id"')) return false;
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
      this.#end("a subscription was refused");
      return true;
    }
    if (asked.subscribe) {
      const confirmed = asked.streams.filter((stream) => this.#asked.has(stream));
      for (const stream of confirmed) this.#confirmed.add(stream);
      this.#options.listener.onConfirmed(confirmed);
    }
    return true;
  }

  #control(): void {
    if (!this.#open || this.#controlTimer !== undefined || this.#ended) return;
    const next = this.#nextControl();
    if (next === null) return;
    const wait = this.#lastControlMs + this.#options.capabilities.controlInterval_ms - this.#options.nowMs();
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
    const max = this.#options.capabilities.controlStreamsMax;
    const add = firstOf(this.#wanted, max, (stream) => !this.#asked.has(stream));
    // Unsubscribing first makes room on a full socket.
    const full = this.#asked.size + add.length > this.#options.capabilities.streamsPerSocketMax;
    if (add.length > 0 && !full) return { subscribe: true, streams: add };
    const remove = firstOf(this.#asked, max, (stream) => !this.#wanted.has(stream));
    return remove.length > 0 ? { subscribe: false, streams: remove } : null;
  }

  #send(subscribe: boolean, streams: string[]): void {
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
    const message = { method: subscribe ? "SUBSCRIBE" : "UNSUBSCRIBE", params: streams, id };
    this.#client.send(message).catch((error: unknown) => {
      this.#end(error instanceof Error ? error.message : "a control message could not be sent");
    });
  }
}

function firstOf(streams: Iterable<string>, max: number, wanted: (stream: string) => boolean): string[] {
  const found: string[] = [];
  for (const stream of streams) {
    if (!wanted(stream)) continue;
    found.push(stream);
    if (found.length === max) break;
  }
  return found;
}
