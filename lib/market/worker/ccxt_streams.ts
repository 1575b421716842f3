import ccxt, { type Exchange, type OrderBook, type Trade } from "ccxt";
import type { Logger } from "../../kernel/log.ts";
import { backoff_ms, delay } from "../../kernel/worker/backoff.ts";
import type { BadFrame } from "../bad_frame.ts";
import { badFrame } from "../bad_frame.ts";
import type { VenueCapabilities } from "../venue_capabilities.ts";
import { type CcxtSocket, openSockets, PacedGate, socketsOf, tapSockets, watchMessages } from "./ccxt_sockets.ts";
import type { FrameTap } from "./frame_tap.ts";

/** A subscription without an error for this long counts as confirmed, though nothing may have traded. */
const CONFIRM_MS = 3_000;

/** How often candles are asked for where an exchange does not stream them. */
export const POLL_INTERVAL_MS = 5_000;

/** A book is told this often at most. */
export const BOOK_INTERVAL_MS = 100;

const CHECK_INTERVAL_MS = 1_000;
const RECONNECT_BASE_MS = 500;
const RECONNECT_MAX_MS = 15_000;
/** Wait before a subscription that the exchange refused is tried again, at most. */
const REFUSED_MAX_MS = 60_000;

/** What is streamed of a symbol. */
export type StreamKind = "candles" | "trades" | "books";

/** One loop: a kind of a symbol, or of all symbols where the exchange takes many at once. */
interface Loop {
  kind: StreamKind;
  /** ccxt's symbol; null for all of them. */
  theirs: string | null;
  stop: AbortController;
}

/** What the streams tell. Symbols are ccxt's. */
export interface CcxtStreamsListener {
  onCandles(theirs: string, rows: readonly unknown[]): void;
  onTrades(theirs: string, trades: readonly Trade[]): void;
  onBook(theirs: string, book: OrderBook): void;
  /** A symbol's stream is told from now on. */
  onConfirmed(kind: StreamKind, theirs: string): void;
  onLost(reason: string): void;
  onBadFrame(frame: BadFrame): void;
}

/** What the streams need from outside. */
export interface CcxtStreamsOptions {
  exchange: Exchange;
  capabilities: VenueCapabilities;
  logger: Logger;
  nowMs: () => number;
  random: () => number;
  /** Hears every frame; absent unless it is recorded. */
  tap?: FrameTap;
  /** The latest minutes over REST, for exchanges that do not stream them. */
  poll: (theirs: string) => Promise<readonly unknown[]>;
  listener: CcxtStreamsListener;
}

/** Streams of any of ccxt's exchanges: paced subscriptions, one back-off for all when a socket is lost. */
export class CcxtStreams {
  readonly #options: CcxtStreamsOptions;
  readonly #gate: PacedGate;
  readonly #stop = new AbortController();
  readonly #loops = new Map<string, Loop>();
  readonly #confirmed = new Map<StreamKind, Set<string>>([
    ["candles", new Set()],
    ["trades", new Set()],
    ["books", new Set()],
  ]);
  #candles: string[] = [];
  #recovering: Promise<void> | null = null;
  #failures = 0;
  #lastMessageMs: number;
  readonly #watch: ReturnType<typeof setInterval>;

  constructor(options: CcxtStreamsOptions) {
    this.#options = options;
    this.#lastMessageMs = options.nowMs();
    this.#gate = new PacedGate(options.capabilities, options.nowMs);
    if (options.tap !== undefined) tapSockets(options.exchange, options.tap);
    watchMessages(options.exchange, {
      onMessage: () => this.#lastMessageMs = options.nowMs(),
      onBad: (reason, raw) => options.listener.onBadFrame(badFrame(reason, raw)),
    });
    this.#watch = setInterval(() => this.#check(), CHECK_INTERVAL_MS);
  }

  /** Streams that are told. */
  get confirmed(): number {
    let count = 0;
    for (const symbols of this.#confirmed.values()) count += symbols.size;
    return count;
  }

  /** Whether every wanted candle stream is told. */
  get isComplete(): boolean {
    const confirmed = this.#confirmed.get("candles");
    return this.#candles.every((theirs) => confirmed?.has(theirs));
  }

  /** Streams exactly these, by ccxt's symbols. */
  set(wanted: Record<StreamKind, string[]>): void {
    const { exchange, capabilities: { streams } } = this.#options;
    this.#candles = wanted.candles;
    const bulk = streams.candles && exchange.has["watchOHLCVForSymbols"] === true;
    const loops = new Map<string, Pick<Loop, "kind" | "theirs">>();
    const add = (kind: StreamKind, theirs: string | null) => loops.set(`${kind}:${theirs}`, { kind, theirs });
    if (!bulk) { for (const theirs of wanted.candles) add("candles", theirs); }
    else if (wanted.candles.length > 0) add("candles", null);
    if (streams.trades) { for (const theirs of wanted.trades) add("trades", theirs); }
    if (streams.books) { for (const theirs of wanted.books) add("books", theirs); }
    for (const kind of ["candles", "trades", "books"] as const) this.#retain(kind, new Set(wanted[kind]));
    for (const [key, loop] of this.#loops) {
      if (loops.has(key)) continue;
      loop.stop.abort();
      this.#loops.delete(key);
      this.#release(loop);
    }
    if (this.#loops.size === 0) this.#lastMessageMs = this.#options.nowMs();
    for (const [key, { kind, theirs }] of loops) {
      if (this.#loops.has(key)) continue;
      const loop = { kind, theirs, stop: new AbortController() };
      this.#loops.set(key, loop);
      this.#run(loop, AbortSignal.any([loop.stop.signal, this.#stop.signal])).catch((error) => {
        this.#options.logger.error("A stream ended", { key, error });
      });
    }
  }

  /** Ends all streams. */
  async close(): Promise<void> {
    this.#stop.abort();
    clearInterval(this.#watch);
    await this.#options.exchange.close();
  }

  async #run(loop: Loop, signal: AbortSignal): Promise<void> {
    let refusals = 0;
    while (!signal.aborted) {
      await this.#gate.turn(signal);
      if (signal.aborted) return;
      const assume = setTimeout(() => this.#confirmLoop(loop), CONFIRM_MS);
      try {
        while (!signal.aborted) {
          await this.#next(loop, signal);
          refusals = 0;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (isLoss(error)) await this.#recover(error.message);
        else await this.#refused(loop, error, refusals++, signal);
      } finally {
        clearTimeout(assume);
      }
    }
  }

  async #next({ kind, theirs }: Loop, signal: AbortSignal): Promise<void> {
    const { exchange, listener, capabilities, poll } = this.#options;
    if (kind === "candles" && theirs === null) {
      const update = await exchange.watchOHLCVForSymbols(this.#candles.map((symbol) => [symbol, "1m"]));
      if (signal.aborted) return;
      for (const [symbol, byTimeframe] of Object.entries(update)) {
        this.#confirm("candles", symbol);
        listener.onCandles(symbol, Object.values(byTimeframe ?? {}).flat());
      }
    } else if (theirs === null) {
      throw new Error(`Cannot stream ${kind} of all symbols at once`);
    } else if (kind === "candles") {
      const rows = capabilities.streams.candles ? await exchange.watchOHLCV(theirs, "1m") : await poll(theirs);
      if (signal.aborted) return;
      this.#confirm(kind, theirs);
      listener.onCandles(theirs, rows);
      if (!capabilities.streams.candles) await delay(POLL_INTERVAL_MS, signal);
    } else if (kind === "trades") {
      const trades = await exchange.watchTrades(theirs);
      if (signal.aborted) return;
      this.#confirm(kind, theirs);
      listener.onTrades(theirs, trades);
    } else {
      const book = await exchange.watchOrderBook(theirs, capabilities.bookDepthAsked ?? undefined);
      if (signal.aborted) return;
      this.#confirm(kind, theirs);
      listener.onBook(theirs, book);
      // ccxt's book changes in place: the next answer is the newest one, however many were skipped.
      await delay(BOOK_INTERVAL_MS, signal);
    }
    this.#failures = 0;
  }

  #confirmLoop({ kind, theirs, stop }: Loop): void {
    if (stop.signal.aborted || this.#stop.signal.aborted || this.#recovering !== null) return;
    // Without a socket nothing has been subscribed to.
    if (openSockets(this.#options.exchange) === 0) return;
    for (const symbol of theirs === null ? this.#candles : [theirs]) this.#confirm(kind, symbol);
  }

  #confirm(kind: StreamKind, theirs: string): void {
    const confirmed = this.#confirmed.get(kind);
    if (confirmed === undefined || confirmed.has(theirs)) return;
    if (kind === "candles" && !this.#candles.includes(theirs)) return;
    confirmed.add(theirs);
    this.#options.listener.onConfirmed(kind, theirs);
  }

  #retain(kind: StreamKind, wanted: ReadonlySet<string>): void {
    const confirmed = this.#confirmed.get(kind);
    for (const theirs of confirmed ?? []) if (!wanted.has(theirs)) confirmed?.delete(theirs);
  }

  /** Waits once for all loops: they share the socket. */
  #recover(reason: string): Promise<void> {
    this.#recovering ??= this.#waitToReconnect(reason).finally(() => this.#recovering = null);
    return this.#recovering;
  }

  async #waitToReconnect(reason: string): Promise<void> {
    for (const symbols of this.#confirmed.values()) symbols.clear();
    this.#options.listener.onLost(reason);
    const wait = backoff_ms(this.#failures++, {
      base_ms: RECONNECT_BASE_MS,
      max_ms: RECONNECT_MAX_MS,
      random: this.#options.random,
    });
    await delay(wait, this.#stop.signal);
    await this.#gate.attempt(this.#stop.signal);
    this.#lastMessageMs = this.#options.nowMs();
  }

  async #refused({ kind, theirs }: Loop, error: unknown, refusals: number, signal: AbortSignal): Promise<void> {
    this.#options.logger.warn("The exchange refused a stream", { kind, symbol: theirs, error });
    const options = { base_ms: RECONNECT_BASE_MS, max_ms: REFUSED_MAX_MS, random: this.#options.random };
    await delay(backoff_ms(refusals, options), signal);
  }

  /** Unsubscribes where ccxt can; elsewhere what still comes is left unread. */
  #release({ kind, theirs }: Loop): void {
    const { exchange, logger } = this.#options;
    if (theirs === null || this.#stop.signal.aborted) return;
    const un = { candles: "unWatchOHLCV", trades: "unWatchTrades", books: "unWatchOrderBook" } as const;
    if (exchange.has[un[kind]] !== true) return;
    const done = kind === "candles"
      ? exchange.unWatchOHLCV(theirs, "1m")
      : kind === "trades"
      ? exchange.unWatchTrades(theirs)
      : exchange.unWatchOrderBook(theirs);
    done.catch((error: unknown) => logger.warn("A stream could not be released", { kind, symbol: theirs, error }));
  }

  #check(): void {
    const { exchange, capabilities, nowMs } = this.#options;
    const silent = nowMs() - this.#lastMessageMs > capabilities.silence_ms_max;
    if (!silent || this.#recovering !== null || this.#loops.size === 0) return;
    for (const socket of socketsOf(exchange)) end(socket);
  }
}

/** Whether the exchange is out of reach, over a socket or over REST, so that all streams are. */
function isLoss(error: unknown): error is Error {
  return error instanceof ccxt.NetworkError || (error instanceof Error && error.cause instanceof ccxt.NetworkError);
}

function end(socket: CcxtSocket): void {
  socket.onError(new ccxt.NetworkError("silence"));
  socket.close();
}
