import type { Logger } from "../../kernel/log.ts";
import { backoff_ms } from "../../kernel/worker/backoff.ts";
import type { VenueCapabilities } from "../venue_capabilities.ts";
import type { FrameTap } from "./frame_tap.ts";
import type { SharedBinance } from "./shared_binance.ts";
import { StreamConnection } from "./stream_connection.ts";

/** How long two sockets overlap once the new one carries everything: what the old one had on its way still comes in. */
export const OVERLAP_MS = 1_000;

/** Frames of the new socket held back while the old one still tells; at more, the old one is let go at once. */
export const HELD_FRAMES_MAX = 20_000;

/** A planned replacement that takes longer is given up, and tried again later. */
const REPLACE_MS_MAX = 60_000;

/** Wait before a planned replacement is tried again. */
const REPLACE_RETRY_MS = 30_000;

/** Largest share of its planned age by which a socket is replaced earlier, so that many do not go at once. */
const REPLACE_SPREAD = 0.05;

/** Largest wait after the server has said that it will shut down: it gives ten minutes. */
const SHUTDOWN_SPREAD_MS = 5_000;

const WATCH_INTERVAL_MS = 250;
const RECONNECT_BASE_MS = 250;
const RECONNECT_MAX_MS = 10_000;
const MINUTE_MS = 60_000;

/** What a socket tells its owner. */
export interface StreamSocketListener {
  /**
   * A frame that came in and is no acknowledgement. `splicing` while a new socket's frames are laid on an old one's:
   * some will have been told before. Answers whether it was of use.
   */
  onFrame(data: unknown, splicing: boolean): boolean;
  /** These streams are told from now on, after a silence or for the first time. */
  onConfirmed(streams: string[]): void;
  onLost(reason: string): void;
  /** Replaced as planned: nothing was missed. */
  onReplaced(reason: string): void;
}

/** What a socket needs from outside. */
export interface StreamSocketOptions {
  exchange: SharedBinance;
  capabilities: VenueCapabilities;
  listener: StreamSocketListener;
  logger: Logger;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  random: () => number;
  /** Its number among the venue's sockets, for the tap; 0 unless told. */
  number?: number;
  /** Hears every frame; absent unless it is recorded. */
  tap?: FrameTap;
}

interface Replacement {
  connection: StreamConnection;
  reason: string;
  startedMs: number;
  /** When it carried everything; null until then. */
  completeMs: number | null;
  held: unknown[];
}

/**
 * One socket that carries the streams it is told to. It reconnects by itself, with growing and random waits and never
 * faster than the venue allows. Before the venue would cut it, it is replaced without a gap: a second socket is opened
 * and subscribed, both run side by side for a moment, then the old one is closed.
 */
export class StreamSocket {
  readonly #options: StreamSocketOptions;
  readonly #number: number;
  #wanted: ReadonlySet<string> = new Set();
  #current: StreamConnection | null = null;
  #next: Replacement | null = null;
  #replaceAtMs = Number.POSITIVE_INFINITY;
  #replaceReason = "planned";
  #closed = false;
  #failures = 0;
  #attemptsMs: number[] = [];
  #connectAtMs = 0;
  readonly #watch: ReturnType<typeof setInterval>;

  constructor(options: StreamSocketOptions) {
    this.#options = options;
    this.#number = options.number ?? 0;
    this.#watch = setInterval(() => this.#check(), WATCH_INTERVAL_MS);
  }

  /** Open connections: two for a moment while one replaces the other. */
  get open(): number {
    return Number(this.#current?.isOpen === true) + Number(this.#next?.connection.isOpen === true);
  }

  /** Streams the exchange has confirmed. */
  get confirmed(): number {
    return this.#current?.confirmed.size ?? 0;
  }

  /** Whether every wanted stream is confirmed on an open connection. */
  get isComplete(): boolean {
    return this.#wanted.size === 0 || this.#current?.isComplete === true;
  }

  /** Carries exactly these streams from now on. */
  setStreams(streams: ReadonlySet<string>): void {
    this.#wanted = streams;
    this.#current?.want(streams);
    this.#next?.connection.want(streams);
    if (this.#current === null) this.#connect();
  }

  /** Replaces the connection soon, because the server has announced its end. */
  replaceSoon(reason: string): void {
    if (this.#next !== null) return;
    const at = this.#options.nowMs() + this.#options.random() * SHUTDOWN_SPREAD_MS;
    if (at >= this.#replaceAtMs) return;
    this.#replaceAtMs = at;
    this.#replaceReason = reason;
  }

  /** Closes for good. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#watch);
    this.#discard();
  }

  #check(): void {
    this.#current?.check();
    this.#next?.connection.check();
    if (this.#current === null) return this.#connect();
    if (this.#current.isIdle) return this.#discard();
    const now = this.#options.nowMs();
    const next = this.#next;
    if (next === null) {
      if (now >= this.#replaceAtMs && this.#current.isComplete) this.#replace(now);
    } else if (!next.connection.isComplete) {
      next.completeMs = null;
      if (now - next.startedMs > REPLACE_MS_MAX) this.#giveUpReplacing("the new socket was not ready in time");
    } else if (next.completeMs === null) {
      next.completeMs = now;
    } else if (now - next.completeMs >= OVERLAP_MS) {
      this.#switch(next);
    }
  }

  #mayAttempt(now: number): boolean {
    this.#attemptsMs = this.#attemptsMs.filter((at) => now - at < MINUTE_MS);
    if (this.#attemptsMs.length >= this.#options.capabilities.attemptsPerMinuteMax) return false;
    this.#attemptsMs.push(now);
    return true;
  }

  #connect(): void {
    const now = this.#options.nowMs();
    if (this.#closed || this.#wanted.size === 0 || now < this.#connectAtMs || !this.#mayAttempt(now)) return;
    const connection: StreamConnection = this.#open({
      onFrame: (data) => this.#take(connection, data),
      onConfirmed: (streams) => this.#confirm(connection, streams),
      onGone: (reason) => this.#lose(connection, reason),
    });
    this.#current = connection;
    this.#planReplacement(now);
    connection.want(this.#wanted);
  }

  #replace(now: number): void {
    if (!this.#mayAttempt(now)) return;
    const connection: StreamConnection = this.#open({
      onFrame: (data) => this.#take(connection, data),
      onConfirmed: (streams) => this.#confirm(connection, streams),
      onGone: (reason) => this.#lose(connection, reason),
    });
    this.#next = { connection, reason: this.#replaceReason, startedMs: now, completeMs: null, held: [] };
    connection.want(this.#wanted);
  }

  #open(listener: ConstructorParameters<typeof StreamConnection>[0]["listener"]): StreamConnection {
    const { exchange, capabilities, logger, nowMs } = this.#options;
    const onOpen = () => this.#options.tap?.opened(this.#number);
    return new StreamConnection({ exchange, capabilities, logger, nowMs, listener, onOpen });
  }

  #take(connection: StreamConnection, data: unknown): void {
    if (connection === this.#current) {
      this.#options.tap?.frame(this.#number, data, false);
      if (this.#options.listener.onFrame(data, false)) this.#failures = 0;
      return;
    }
    const next = this.#next;
    if (next === null || next.connection !== connection) return;
    this.#options.tap?.frame(this.#number, data, true);
    next.held.push(data);
    if (next.held.length < HELD_FRAMES_MAX) return;
    if (next.connection.isComplete) this.#switch(next);
    else this.#giveUpReplacing("too much came before the new socket was ready");
  }

  #confirm(connection: StreamConnection, streams: string[]): void {
    if (connection !== this.#current) return;
    this.#options.tap?.confirmed(this.#number, streams);
    this.#options.listener.onConfirmed(streams);
  }

  #lose(connection: StreamConnection, reason: string): void {
    if (this.#closed) return;
    const next = this.#next;
    if (next?.connection === connection) return this.#giveUpReplacing(reason);
    if (connection !== this.#current) return;
    if (next !== null && next.connection.isComplete) return this.#switch(next);
    const options = { base_ms: RECONNECT_BASE_MS, max_ms: RECONNECT_MAX_MS, random: this.#options.random };
    this.#connectAtMs = this.#options.nowMs() + backoff_ms(this.#failures++, options);
    this.#discard();
    this.#options.tap?.lost(this.#number, reason);
    this.#options.listener.onLost(reason);
  }

  /** The new connection takes over: what it has told meanwhile is laid on what the old one told. */
  #switch({ connection, reason, held }: Replacement): void {
    this.#current?.discard();
    this.#current = connection;
    this.#next = null;
    this.#planReplacement(this.#options.nowMs());
    this.#options.tap?.switched(this.#number, reason);
    for (const data of held) this.#options.listener.onFrame(data, true);
    this.#options.listener.onReplaced(reason);
  }

  #giveUpReplacing(reason: string): void {
    this.#options.logger.warn("A socket could not be replaced yet", { reason });
    this.#options.tap?.released(this.#number);
    this.#next?.connection.discard();
    this.#next = null;
    this.#replaceAtMs = this.#options.nowMs() + REPLACE_RETRY_MS;
  }

  #planReplacement(now: number): void {
    const age = this.#options.capabilities.plannedReconnect_ms;
    this.#replaceReason = "planned";
    this.#replaceAtMs = age === null
      ? Number.POSITIVE_INFINITY
      : now + age * (1 - this.#options.random() * REPLACE_SPREAD);
  }

  #discard(): void {
    this.#current?.discard();
    this.#next?.connection.discard();
    this.#current = null;
    this.#next = null;
  }
}
