import type { Logger } from "../../kernel/log.ts";
import { backoff_ms, delay } from "../../kernel/worker/backoff.ts";
import { MessageBudget } from "./message_budget.ts";

/** One message on its way to a topic's readers. */
export interface Broadcast {
  topic: string;
  event: string;
  payload: Record<string, unknown>;
  /** A replaceable message gives way to a newer one of its topic; others are never replaced. */
  replaceable: boolean;
}

/** How long messages gather before they are sent together. */
export const FLUSH_INTERVAL_MS = 100;

/** Messages of one request: keeps a request's body well under the server's limit. */
export const BATCH_MESSAGES_MAX = 200;

/** Messages that may wait. Beyond it replaceable ones go first; a broadcast is a hint, whoever misses it reads REST. */
export const QUEUE_MESSAGES_MAX = 10_000;

/** Sends of one batch before it is given up. */
export const ATTEMPTS_MAX = 5;

/** Longest time one send may take. */
const SEND_TIMEOUT_MS_MAX = 5_000;

/** What a broadcaster needs from outside. */
export interface BroadcasterOptions {
  url: string;
  secretKey: string;
  logger: Logger;
  random: () => number;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  /** Messages a second that the plan allows, each reader's counted; null for no limit. */
  messages_per_s_max: number | null;
  /** Told how many messages a send delivered or lost. */
  observe?: (outcome: "sent" | "failed" | "replaced", messages: number) => void;
  flush_interval_ms?: number;
  queue_messages_max?: number;
}

/**
 * Sends messages to private Realtime topics in batches, through `POST /realtime/v1/api/broadcast`. One request is on
 * its way at a time, so the order within a topic holds. A failed batch is tried again a bounded number of times; its
 * replaceable messages are dropped where something newer of their topic waits. Near the plan's limit replaceable messages
 * wait their turn, and newer ones take their place: the rate falls, nothing else does.
 */
export class Broadcaster {
  readonly #options: BroadcasterOptions;
  readonly #endpoint: string;
  readonly #queue_max: number;
  readonly #budget: MessageBudget | null;
  /** How many look at each topic, by who told us. */
  readonly #readers = new Map<string, ReadonlyMap<string, number>>();
  #closing = false;
  /** Whether the budget holds messages back. */
  #heldBack = false;
  #queue: Broadcast[] = [];
  /** Replaceable messages waiting, by topic: at most one each. */
  #latest = new Map<string, Broadcast>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending: Promise<void> | undefined;
  readonly #stop = new AbortController();

  constructor(options: BroadcasterOptions) {
    this.#options = options;
    this.#endpoint = `${options.url}/realtime/v1/api/broadcast`;
    this.#queue_max = options.queue_messages_max ?? QUEUE_MESSAGES_MAX;
    const { messages_per_s_max: messages_per_s, nowMs } = options;
    this.#budget = messages_per_s === null ? null : new MessageBudget({ messages_per_s, nowMs });
  }

  /** Messages that wait. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Says how many look at each topic of `scope`: what a broadcast costs. */
  setReaders(scope: string, readers: ReadonlyMap<string, number>): void {
    this.#readers.set(scope, readers);
  }

  /** Takes a message; it leaves with the next batch. */
  send(message: Broadcast): void {
    if (this.#stop.signal.aborted) return;
    const waiting = this.#latest.get(message.topic);
    if (waiting !== undefined) {
      // Whether a newer forming candle or a close: what waits is out of date, and its turn is the newer one's.
      this.#observe("replaced", 1);
      this.#queue[this.#queue.indexOf(waiting)] = message;
      if (message.replaceable) this.#latest.set(message.topic, message);
      else this.#latest.delete(message.topic);
      return;
    }
    if (this.#queue.length >= this.#queue_max && !this.#makeRoom(message)) return;
    if (message.replaceable) this.#latest.set(message.topic, message);
    this.#queue.push(message);
    this.#arm();
  }

  /** Sends what waits, bounded by `timeout_ms`, and takes no more. */
  async close(timeout_ms = 1_000): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#closing = true;
    const over = new AbortController();
    const flushed = (async () => {
      while ((this.#queue.length > 0 || this.#sending) && !over.signal.aborted) {
        await (this.#sending ??= this.#drain());
      }
    })();
    await Promise.race([flushed, delay(timeout_ms, over.signal)]);
    over.abort();
    this.#stop.abort();
    clearTimeout(this.#timer);
    await flushed;
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#sending !== undefined) return;
    const full = this.#queue.length >= BATCH_MESSAGES_MAX && !this.#heldBack;
    const wait = full ? 0 : this.#options.flush_interval_ms ?? FLUSH_INTERVAL_MS;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#sending = this.#drain();
    }, wait);
  }

  async #drain(): Promise<void> {
    try {
      const batch = this.#takeBatch();
      for (const message of batch) {
        if (this.#latest.get(message.topic) === message) this.#latest.delete(message.topic);
      }
      if (batch.length > 0) await this.#deliver(batch);
    } finally {
      this.#sending = undefined;
      if (this.#queue.length > 0 && !this.#stop.signal.aborted) this.#arm();
    }
  }

  /** The next messages in their order, without those that the budget holds back. */
  #takeBatch(): Broadcast[] {
    this.#heldBack = false;
    if (this.#budget === null || this.#closing) return this.#queue.splice(0, BATCH_MESSAGES_MAX);
    const batch: Broadcast[] = [];
    const waiting: Broadcast[] = [];
    for (const message of this.#queue) {
      if (batch.length === BATCH_MESSAGES_MAX || !this.#pay(this.#budget, message)) waiting.push(message);
      else batch.push(message);
    }
    this.#queue = waiting;
    return batch;
  }

  #pay(budget: MessageBudget, { topic, replaceable }: Broadcast): boolean {
    let cost = 1;
    for (const readers of this.#readers.values()) cost += readers.get(topic) ?? 0;
    if (!replaceable) budget.take(cost);
    // In turn: a cheaper one does not overtake, or what has many readers would never go.
    else if (this.#heldBack || !budget.tryTake(cost)) this.#heldBack = true;
    else return true;
    return !replaceable;
  }

  async #deliver(messages: Broadcast[]): Promise<void> {
    let batch = messages;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      if (attempt > 0) {
        await delay(
          backoff_ms(attempt - 1, { base_ms: 100, max_ms: 2_000, random: this.#options.random }),
          this.#stop.signal,
        );
        batch = this.#withoutOutdated(batch);
      }
      if (batch.length === 0 || this.#stop.signal.aborted) break;
      const outcome = await this.#post(batch);
      if (outcome === "sent") return this.#observe("sent", batch.length);
      if (outcome === "refused") break;
    }
    if (batch.length === 0) return;
    this.#observe("failed", batch.length);
    this.#options.logger.warn("Cannot broadcast: messages are given up", { messages: batch.length });
  }

  #withoutOutdated(batch: Broadcast[]): Broadcast[] {
    const newer = new Set(this.#queue.map((message) => message.topic));
    const kept = batch.filter((message) => !message.replaceable || !newer.has(message.topic));
    if (kept.length < batch.length) this.#observe("replaced", batch.length - kept.length);
    return kept;
  }

  async #post(batch: Broadcast[]): Promise<"sent" | "failed" | "refused"> {
    const messages = batch.map(({ topic, event, payload }) => ({ topic, event, payload, private: true }));
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), SEND_TIMEOUT_MS_MAX);
    const stop = () => timeout.abort();
    this.#stop.signal.addEventListener("abort", stop, { once: true });
    try {
      const response = await fetch(this.#endpoint, {
        method: "POST",
        headers: {
          "apikey": this.#options.secretKey,
          "authorization": `Bearer ${this.#options.secretKey}`,
          "content-type": "application/json",
        },
        body: JSON.stringify({ messages }),
        signal: timeout.signal,
      });
      await response.body?.cancel();
      if (response.ok) return "sent";
      // A batch that is malformed or not ours to send would be refused again.
      const final = response.status >= 400 && response.status < 500 && response.status !== 429;
      this.#options.logger.warn("Cannot broadcast", { status: response.status });
      return final && response.status !== 408 ? "refused" : "failed";
    } catch (error) {
      this.#options.logger.warn("Cannot broadcast", { error });
      return "failed";
    } finally {
      clearTimeout(timer);
      this.#stop.signal.removeEventListener("abort", stop);
    }
  }

  /** Makes room for `message`; false when it has to go itself. */
  #makeRoom(message: Broadcast): boolean {
    this.#observe("failed", 1);
    const victim = this.#queue.find((waiting) => waiting.replaceable);
    if (victim !== undefined) {
      this.#remove(victim);
      return true;
    }
    if (message.replaceable) return false;
    this.#queue.shift();
    return true;
  }

  #remove(message: Broadcast): void {
    const at = this.#queue.indexOf(message);
    if (at !== -1) this.#queue.splice(at, 1);
    if (this.#latest.get(message.topic) === message) this.#latest.delete(message.topic);
  }

  #observe(outcome: "sent" | "failed" | "replaced", messages: number): void {
    this.#options.observe?.(outcome, messages);
  }
}
