import type { Exchange } from "ccxt";
import { delay } from "../../kernel/worker/backoff.ts";
import type { BadFrameReason } from "../bad_frame.ts";
import type { VenueCapabilities } from "../venue_capabilities.ts";
import type { FrameTap } from "./frame_tap.ts";

const MINUTE_MS = 60_000;

/** A socket of ccxt's, as far as we touch it. */
export interface CcxtSocket {
  connection?: { readyState: number };
  onError(error: unknown): void;
  close(): unknown;
}

/** The sockets an exchange has, open or not. */
export function socketsOf(exchange: Exchange): CcxtSocket[] {
  return Object.values((exchange.clients ?? {}) as unknown as Record<string, CcxtSocket>);
}

/** The sockets that are open. */
export function openSockets(exchange: Exchange): number {
  return socketsOf(exchange).filter(({ connection }) => connection?.readyState === WebSocket.OPEN).length;
}

/**
 * Stands between ccxt's sockets and its handlers: every message is noted, and one that a handler cannot digest is told
 * instead of failing every stream of the socket, as it would otherwise.
 */
export function watchMessages(
  exchange: Exchange,
  listener: { onMessage(): void; onBad(reason: BadFrameReason, raw: string): void },
): void {
  const handler = exchange as unknown as { handleMessage?: (client: unknown, message: unknown) => unknown };
  const stock = handler.handleMessage?.bind(exchange);
  if (stock === undefined) return;
  const fail = (message: unknown) => listener.onBad("missing_field", JSON.stringify(message) ?? "");
  handler.handleMessage = (client, message) => {
    listener.onMessage();
    // Text that looks like JSON would have been parsed; some exchanges send words such as "pong".
    if (typeof message === "string" && /^\s*[{[]/.test(message)) {
      listener.onBad("not_json", message);
      return;
    }
    try {
      const handled = stock(client, message);
      if (handled instanceof Promise) handled.catch(() => fail(message));
    } catch {
      fail(message);
    }
  };
}

/** Lets a tap hear every message of every socket as it came, before ccxt takes it apart. */
export function tapSockets(exchange: Exchange, tap: FrameTap): void {
  const opener = exchange as unknown as { client(url: string): { onMessage(event: { data: unknown }): void } };
  const numbers = new Map<object, number>();
  const stock = opener.client.bind(exchange);
  opener.client = (url) => {
    const socket = stock(url);
    if (numbers.has(socket)) return socket;
    const number = numbers.size;
    numbers.set(socket, number);
    const take = socket.onMessage.bind(socket);
    socket.onMessage = (event) => {
      tap.frame(number, event.data, false);
      take(event);
    };
    return socket;
  };
}

/** Lets subscriptions pass one at a time, and connection attempts no faster than the exchange allows. */
export class PacedGate {
  readonly #capabilities: VenueCapabilities;
  readonly #nowMs: () => number;
  #nextMs = Number.NEGATIVE_INFINITY;
  #attemptsMs: number[] = [];

  constructor(capabilities: VenueCapabilities, nowMs: () => number) {
    this.#capabilities = capabilities;
    this.#nowMs = nowMs;
  }

  /** Resolves when it is this caller's turn to subscribe, or `signal` is aborted. */
  async turn(signal: AbortSignal): Promise<void> {
    const now = this.#nowMs();
    const at = Math.max(now, this.#nextMs);
    this.#nextMs = at + this.#capabilities.controlInterval_ms;
    if (at > now) await delay(at - now, signal);
  }

  /** Resolves when another connection may be tried. */
  async attempt(signal: AbortSignal): Promise<void> {
    const now = this.#nowMs();
    this.#attemptsMs = this.#attemptsMs.filter((at) => now - at < MINUTE_MS);
    const over = this.#attemptsMs.length - this.#capabilities.attemptsPerMinuteMax;
    const oldest = this.#attemptsMs[over];
    if (over >= 0 && oldest !== undefined) await delay(oldest + MINUTE_MS - now, signal);
    this.#attemptsMs.push(this.#nowMs());
  }
}
