import ccxt from "ccxt";
import { BINANCE } from "../venue_capabilities.ts";
import { toLoopback } from "./loopback.ts";

/** Share of the venue's request weight a minute (6,000) that we use: others may share the address. */
const WEIGHT_SHARE = 0.8;

/** ccxt's milliseconds per unit of cost for Binance: 1,200 units, which are 6,000 weights, a minute. */
const RATE_LIMIT_MS = 50;

/** Longest time one REST request may take. */
const REST_TIMEOUT_MS_MAX = 5_000;

/** Longest pause that a Retry-After may impose; Binance's own bans last up to three days. */
const RETRY_AFTER_MS_MAX = 3 * 86_400_000;

/** A ccxt WebSocket client: one socket, as far as we touch it. */
export interface SocketClient {
  url: string;
  error: unknown;
  connection?: { readyState: number };
  onMessage(event: { data: unknown }): void;
  onError(error: unknown): void;
  connect(backoffDelay?: number): Promise<unknown>;
  send(message: unknown): Promise<unknown>;
  close(): unknown;
}

/** Told what happens to a socket. */
export interface SocketHooks {
  onOpen(): void;
  /** The socket is gone, for whatever reason. May be told twice. */
  onGone(reason: string): void;
}

/**
 * ccxt's Binance, but every subscription shares one socket up to the venue's limit of streams, where stock
 * ccxt opens a new one for each distinct subscription. ccxt keeps connections, subscriptions' addresses and REST.
 */
export class SharedBinance extends ccxt.pro.binance {
  /** Before this time (Unix ms) REST rests, because the exchange said so. */
  restPausedUntil_ms = 0;
  #socketOfHash = new Map<string, number>();
  #streamsOfSocket: number[] = [];
  #sockets = 0;
  readonly #hooks = new WeakMap<object, SocketHooks>();

  /** @param localPort port of a simulator on loopback that speaks Binance's protocol; absent for the real exchange. */
  constructor(localPort?: number) {
    super({
      enableRateLimit: true,
      // A rolling window lets a cold start burst within the minute's budget instead of trickling.
      rateLimiterAlgorithm: "rollingWindow",
      rateLimit: RATE_LIMIT_MS / WEIGHT_SHARE,
      timeout: REST_TIMEOUT_MS_MAX,
      options: {
        fetchMarkets: { types: ["spot"] },
        fetchCurrencies: false,
        // ccxt's own connection timer closes with a code that the platform's WebSocket refuses; ours watches instead.
        ws: { connectionTimeout: 0 },
      },
    });
    if (localPort !== undefined) toLoopback(this, `127.0.0.1:${localPort}`);
  }

  /** Picks the socket for a subscription: the first with room. Stock methods come through here too. */
  override stream(_type: string | undefined, subscriptionHash: string | undefined, numSubscriptions = 1): string {
    const known = subscriptionHash === undefined ? undefined : this.#socketOfHash.get(subscriptionHash);
    if (known !== undefined) return String(known);
    let index = 0;
    while ((this.#streamsOfSocket[index] ?? 0) + numSubscriptions > BINANCE.streamsPerSocketMax) index++;
    this.#streamsOfSocket[index] = (this.#streamsOfSocket[index] ?? 0) + numSubscriptions;
    if (subscriptionHash !== undefined) this.#socketOfHash.set(subscriptionHash, index);
    return String(index);
  }

  /** Gives a single stream's place back. */
  releaseStream(subscriptionHash: string): void {
    const index = this.#socketOfHash.get(subscriptionHash);
    if (index === undefined) return;
    this.#socketOfHash.delete(subscriptionHash);
    this.#streamsOfSocket[index] = (this.#streamsOfSocket[index] ?? 1) - 1;
  }

  /** Number of the socket that carries `stream`. */
  socketOf(stream: string): number {
    return Number(this.stream("spot", stream));
  }

  /** Address of the combined streams, whose frames name their stream. */
  combinedUrl(): string {
    return this.getWsUrl("spot", "market").replace(/\/ws$/, "/stream");
  }

  /** A new client of ccxt's for the combined streams, not connected yet. */
  openSocket(hooks: SocketHooks): SocketClient {
    // ccxt keeps one client an address: a name of its own lets several run side by side.
    const client = this.client(`combined#${this.#sockets++}`) as unknown as SocketClient;
    client.url = this.combinedUrl();
    this.#hooks.set(client, hooks);
    return client;
  }

  /** Closes a client and forgets it; its hooks hear nothing more. */
  closeSocket(client: SocketClient): void {
    this.#hooks.delete(client);
    // Without an error ccxt would count the end as one.
    if (client.error === undefined) client.onError(new Error("closed"));
    this.#forget(client);
    if (client.connection !== undefined && client.connection.readyState < WebSocket.CLOSING) client.close();
  }

  // Only spot is listed here, and stock ccxt guesses the market's type from the host's name.
  override isSpotUrl(): boolean {
    return true;
  }

  override onConnected(client: unknown, message?: unknown): void {
    super.onConnected(client as never, message as never);
    this.#hooks.get(client as object)?.onOpen();
  }

  override onError(client: unknown, error: unknown): void {
    super.onError(client as never, error);
    this.#hooks.get(client as object)?.onGone(error instanceof Error ? error.message : "socket error");
  }

  override onClose(client: unknown, error: unknown): void {
    super.onClose(client as never, error);
    this.#hooks.get(client as object)?.onGone("the exchange closed the socket");
  }

  override handleErrors(
    ...args: Parameters<InstanceType<typeof ccxt.pro.binance>["handleErrors"]>
  ): ReturnType<InstanceType<typeof ccxt.pro.binance>["handleErrors"]> {
    const [status, , , , headers] = args;
    if (status === 429 || status === 418) {
      const seconds = Number(headers?.["Retry-After"] ?? headers?.["retry-after"] ?? 1);
      const wait_ms = Math.min(RETRY_AFTER_MS_MAX, Math.max(0, Number.isFinite(seconds) ? seconds : 1) * 1_000);
      this.restPausedUntil_ms = Math.max(this.restPausedUntil_ms, this.milliseconds() + wait_ms);
    }
    return super.handleErrors(...args);
  }

  #forget(client: SocketClient): void {
    const clients = this.clients as unknown as Record<string, SocketClient>;
    for (const [key, known] of Object.entries(clients)) if (known === client) delete clients[key];
  }
}
