import { BUFFERED_BYTES_MAX, MESSAGE_BYTES_MAX } from "../connection.ts";
import { findSymbol, type KrakenPair } from "./pairs.ts";
import { stamp } from "./payloads.ts";
import { WIDTHS } from "./rest.ts";

/** Subscriptions a connection may hold. */
export const SUBSCRIPTIONS_MAX = 1_000;
/** Symbols named in one message. */
const SYMBOLS_MAX = 250;
/** A connection that hears nothing else hears a heartbeat this often. */
export const HEARTBEAT_MS = 1_000;
/** Levels a side that a book may be asked for. */
const DEPTHS: readonly number[] = [10, 25, 100];

const CLOSE_POLICY = 1008;
const CLOSE_TOO_BIG = 1009;

/** One channel of one pair; `param` is the width in minutes or the depth. */
export interface Subscription {
  channel: "ohlc" | "trade" | "book" | "ticker";
  pair: KrakenPair;
  param: number;
}

/** What a connection asks of its hub. */
export interface KrakenHost {
  /** Adds a subscription and, if `snapshot`, sends what the channel begins with. */
  onSubscribed(connection: KrakenConnection, subscription: Subscription, snapshot: boolean): void;
  onUnsubscribed(connection: KrakenConnection, key: string): void;
  onClosed(connection: KrakenConnection): void;
  onGone(connection: KrakenConnection): void;
  onMessage(): void;
  onFrame(): void;
  isSilent(): boolean;
  /** Simulated Unix ms. */
  now(): number;
  nowMs(): number;
}

/** Name of a subscription within a connection and among feeds. */
export function keyOf({ channel, pair, param }: Subscription): string {
  return `${channel}:${pair.symbol}:${param}`;
}

/** One market socket of Kraken's version 2: its subscriptions and control messages. */
export class KrakenConnection {
  readonly subscriptions = new Set<string>();
  readonly #socket: WebSocket;
  readonly #host: KrakenHost;
  #isOpen = false;
  #isClosed = false;
  #told_ms: number;

  constructor(socket: WebSocket, id: number, host: KrakenHost) {
    this.#socket = socket;
    this.#host = host;
    this.#told_ms = host.nowMs();
    socket.onopen = () => {
      this.#isOpen = true;
      const data = [{ version: "2.0.10", system: "online", api_version: "v2", connection_id: id }];
      this.send(JSON.stringify({ channel: "status", type: "update", data }));
    };
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = () => {
      this.#finish();
      host.onGone(this);
    };
    // A broken connection is followed by its close event; there is nothing else to do.
    socket.onerror = (event) => event.preventDefault();
  }

  /** Sends a text frame, unless silent or closed. A reader that is too slow is closed instead. */
  send(text: string): void {
    if (!this.#isOpen || this.#isClosed || this.#host.isSilent()) return;
    if (this.#socket.bufferedAmount > BUFFERED_BYTES_MAX) return this.close(CLOSE_POLICY, "Reader is too slow");
    this.#socket.send(text);
    this.#told_ms = this.#host.nowMs();
    this.#host.onFrame();
  }

  /** Sends a heartbeat when a subscriber has heard nothing for a while. */
  beat(): void {
    if (this.subscriptions.size === 0 || this.#host.nowMs() - this.#told_ms < HEARTBEAT_MS) return;
    this.send('{"channel":"heartbeat"}');
  }

  /** Closes the socket; it counts as gone at once. */
  close(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#finish();
    try {
      this.#socket.close(code, reason);
    } catch {
      // It broke by itself in the meantime.
    }
  }

  #finish(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#host.onClosed(this);
  }

  #receive(data: unknown): void {
    if (this.#isClosed) return;
    this.#host.onMessage();
    if (typeof data !== "string") return this.#fail("Malformed request", {});
    if (new TextEncoder().encode(data).length > MESSAGE_BYTES_MAX) {
      return this.close(CLOSE_TOO_BIG, "Message is too big");
    }
    const message = parseObject(data);
    if (message === null) return this.#fail("Malformed request", {});
    const { method, params, req_id } = message;
    const echo = Number.isSafeInteger(req_id) ? { req_id } : {};
    if (method === "ping") this.#answer({ method: "pong", ...echo });
    else if (method === "subscribe" || method === "unsubscribe") this.#subscribe(method, params, echo);
    else this.#fail("Unsupported method", { ...(typeof method === "string" ? { method } : {}), ...echo });
  }

  #subscribe(method: "subscribe" | "unsubscribe", params: unknown, echo: Record<string, unknown>): void {
    const fail = (error: string, symbol?: unknown) => {
      this.#fail(error, { method, ...echo, ...(typeof symbol === "string" ? { symbol } : {}) });
    };
    if (typeof params !== "object" || params === null) return fail("Malformed request");
    const { channel, symbol: symbols, interval = 1, depth = 10, snapshot = true } = params as Record<string, unknown>;
    if (channel !== "ohlc" && channel !== "trade" && channel !== "book" && channel !== "ticker") {
      return fail("Subscription name invalid");
    }
    if (!Array.isArray(symbols)) return fail("Pair field must be an array");
    if (symbols.length > SYMBOLS_MAX) return fail("Exceeded maximum number of symbols");
    if (channel === "ohlc" && !WIDTHS.includes(interval as number)) {
      return fail("Subscription ohlc interval not supported");
    }
    if (channel === "book" && !DEPTHS.includes(depth as number)) return fail("Subscription depth not supported");
    const param = channel === "ohlc" ? interval as number : channel === "book" ? depth as number : 0;
    const named = channel === "ohlc" ? { interval } : channel === "book" ? { depth } : {};
    for (const symbol of symbols) {
      const pair = findSymbol(symbol);
      if (!pair) {
        fail(`Currency pair not supported ${String(symbol).slice(0, 40)}`, symbol);
        continue;
      }
      const subscription = { channel, pair, param } as const;
      const key = keyOf(subscription);
      if (method === "unsubscribe") {
        if (!this.subscriptions.delete(key)) {
          fail("Subscription Not Found", symbol);
          continue;
        }
        this.#host.onUnsubscribed(this, key);
      } else if (this.subscriptions.has(key)) {
        fail("Already subscribed", symbol);
        continue;
      } else if (this.subscriptions.size >= SUBSCRIPTIONS_MAX) {
        fail("Exceeded maximum number of subscriptions", symbol);
        continue;
      }
      const result = { channel, symbol: pair.symbol, ...named, ...(method === "subscribe" ? { snapshot } : {}) };
      this.#answer({ method, ...echo, result, success: true });
      if (method === "unsubscribe") continue;
      this.subscriptions.add(key);
      this.#host.onSubscribed(this, subscription, snapshot !== false);
    }
  }

  #fail(error: string, echo: Record<string, unknown>): void {
    this.#answer({ error, ...echo, success: false });
  }

  #answer(body: Record<string, unknown>): void {
    const time = stamp(this.#host.now(), "000");
    this.send(JSON.stringify({ ...body, time_in: time, time_out: time }));
  }
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Record<string, unknown>
      : null;
  } catch {
    return null;
  }
}
