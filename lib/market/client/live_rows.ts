import { effect, signal } from "@preact/signals";
import { pageConnection } from "../../realtime/client/connection.ts";
import type { CandleEvent } from "../candle.ts";
import { compareDecimals, type Direction } from "../format.ts";
import type { MarketRow } from "../page.ts";
import { health } from "./feed_health.ts";
import { fetchRows, followMarket } from "./market_feed.ts";

/** A row with how its last price last moved. */
export interface LiveRow {
  row: MarketRow;
  tick: Direction;
  sequence: number;
}

/** Markets one page follows at once: two updates a second each stay under a client's hundred events a second. */
export const FOLLOWED_MAX = 40;

/** A row after a price: the day's high and low follow it, its volume waits for the server. */
export function applyPrice(live: LiveRow, price: string): LiveRow {
  const { row } = live;
  const { ticker } = row;
  if (!ticker) return live;
  const order = compareDecimals(price, ticker.last);
  if (order === 0) return live;
  return {
    row: {
      ...row,
      ticker: {
        ...ticker,
        last: price,
        high_24h: compareDecimals(price, ticker.high_24h) > 0 ? price : ticker.high_24h,
        low_24h: compareDecimals(price, ticker.low_24h) < 0 ? price : ticker.low_24h,
      },
    },
    tick: order > 0 ? "up" : "down",
    sequence: live.sequence + 1,
  };
}

/**
 * A row after the server told it anew; its sparkline is kept, for the answer has none.
 * @param isLive whether broadcasts move the row: their price is then newer than the stored one.
 */
export function applyRow(live: LiveRow, fresh: MarketRow, isLive: boolean): LiveRow {
  const { ticker } = fresh;
  const before = live.row.ticker;
  if (!ticker) return live;
  if (!before) return { ...live, row: { ...live.row, ticker } };
  const row = { ...live.row, ticker: isLive ? { ...ticker, last: before.last } : ticker };
  const moved = compareDecimals(row.ticker.last, before.last);
  return moved === 0 ? { ...live, row } : { row, tick: moved > 0 ? "up" : "down", sequence: live.sequence + 1 };
}

/** Whether a payload may move a price: its token is not lower, and its candle not older, than the last one's. */
export function isNewer(seen: { token: number; t: number } | undefined, event: CandleEvent): boolean {
  return seen === undefined || (event.token - seen.token || event.t - seen.t) >= 0;
}

function keyOf({ exchange, symbol }: MarketRow): string {
  return `${exchange}:${symbol}`;
}

/** Rows that follow the markets they show. */
export class LiveRows {
  readonly rows = signal<readonly LiveRow[]>([]);
  readonly #query: string;
  readonly #stops = new Map<string, () => void>();
  readonly #seen = new Map<string, { token: number; t: number }>();

  /** `query` finds the same rows again over REST; see {@link fetchRows}. */
  constructor(rows: readonly MarketRow[], query: string) {
    this.#query = query;
    this.rows.value = rows.map((row) => ({ row, tick: "flat", sequence: 0 }));
  }

  /** Follows exactly the markets of these keys (`exchange:symbol`), the first {@link FOLLOWED_MAX} of them. */
  follow(keys: readonly string[]): void {
    const wanted = new Set(keys.slice(0, FOLLOWED_MAX));
    for (const [key, stop] of this.#stops) {
      if (wanted.has(key)) continue;
      this.#stops.delete(key);
      stop();
    }
    for (const { row } of this.rows.peek()) {
      const key = keyOf(row);
      if (!wanted.has(key) || this.#stops.has(key) || !row.active) continue;
      const { exchange, symbol } = row;
      this.#stops.set(
        key,
        followMarket({ exchange, symbol, timeframe: "1m" }, {
          onCandle: (event) => this.#take(key, event),
          onJoined: () => {},
        }),
      );
    }
  }

  /** Reads all rows again: after a reconnect, and now and then for the volumes. Failure leaves them as they are. */
  async refresh(): Promise<void> {
    const rows = await fetchRows(this.#query).catch(() => []);
    const isLive = health.peek() === "fresh";
    const byKey = new Map(rows.map((row) => [keyOf(row), row]));
    this.rows.value = this.rows.value.map((live) => {
      const key = keyOf(live.row);
      const fresh = byKey.get(key);
      return fresh ? applyRow(live, fresh, isLive && this.#stops.has(key)) : live;
    });
  }

  /** Stops following everything. */
  stop(): void {
    this.follow([]);
  }

  #take(key: string, event: CandleEvent): void {
    if (!isNewer(this.#seen.get(key), event)) return;
    this.#seen.set(key, { token: event.token, t: event.t });
    this.rows.value = this.rows.value.map((live) => keyOf(live.row) === key ? applyPrice(live, event.c) : live);
  }
}

/** Volumes are read again this often. */
const REFRESH_MS = 30_000;

/** Refreshes `rows` after each reconnect and every half minute; returns a function that stops. */
export function keepFresh(rows: LiveRows): () => void {
  let wasLost = false;
  const stopEffect = effect(() => {
    const phase = pageConnection().phase.value;
    if (phase === "live" && wasLost) void rows.refresh();
    wasLost = phase === "reconnecting";
  });
  const timer = setInterval(() => {
    if (document.visibilityState === "visible") void rows.refresh();
  }, REFRESH_MS);
  return () => {
    stopEffect();
    clearInterval(timer);
  };
}
