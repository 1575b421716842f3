import type { FunctionArgs, FunctionName } from "../../kernel/functions.ts";
import { z } from "zod";
import type { Rpc, RpcResult } from "../../kernel/worker/supabase.ts";
import { candleSchema, type Indicators } from "../candle.ts";
import type { Ohlcv } from "../fold.ts";
import type { TickerStats } from "../ticker.ts";
import { type Timeframe, TIMEFRAMES } from "../timeframe.ts";
import type { VenueMarket } from "./venue.ts";

/** Rows of one call: a bigger one could meet the database's time limit. */
export const ROWS_PER_CALL_MAX = 500;

/** A closed candle as `record_candles` takes it. */
export interface CandleRow extends Ohlcv {
  symbol: string;
  timeframe: Timeframe;
  ind?: Indicators;
}

/** State of a feed, as everyone sees it. */
export type FeedState = "starting" | "live" | "reconnecting" | "stopped";

/** A feed's status as `record_feed` takes it. */
export interface FeedStatusRow {
  state: FeedState;
  sockets: number;
  streams: number;
  reconnects: number;
  gaps_found: number;
  gaps_filled: number;
  last_event_ms: number | null;
}

/** A symbol's ticker as `record_feed` takes it. */
export interface TickerRow extends TickerStats {
  symbol: string;
  at_ms: number;
}

/** Stored candles of one symbol, oldest first. */
export type StoredCandles = Record<Timeframe, Ohlcv[]>;

const latestSchema = z.array(z.object({
  symbol: z.string(),
  timeframe: z.enum(TIMEFRAMES),
  candles: z.array(candleSchema.pick({ t: true, o: true, h: true, l: true, c: true, v: true })),
}));

const topicsSchema = z.array(z.string());

/** The database could not be read; the caller tries again later. */
export class StoreError extends Error {
  override readonly name = "StoreError";
}

/** An exchange's rows in the database. Writes take the lease's token and answer as values; reads throw {@link StoreError}. */
export class FeedStore {
  readonly #rpc: Rpc;
  readonly #exchange: string;

  constructor(rpc: Rpc, exchange: string) {
    this.#rpc = rpc;
    this.#exchange = exchange;
  }

  recordSymbols(token: number, rows: readonly VenueMarket[]): Promise<RpcResult> {
    return this.#rpc.call("record_symbols", { p_exchange: this.#exchange, p_token: token, p_rows: rows });
  }

  /** Answers how many rows were new. */
  recordCandles(token: number, rows: readonly CandleRow[]): Promise<RpcResult> {
    return this.#rpc.call("record_candles", { p_exchange: this.#exchange, p_token: token, p_rows: rows });
  }

  recordFeed(token: number, status: FeedStatusRow, tickers: readonly TickerRow[]): Promise<RpcResult> {
    return this.#rpc.call("record_feed", {
      p_exchange: this.#exchange,
      p_token: token,
      p_status: status,
      p_tickers: tickers,
    });
  }

  /** The latest `limit` candles of each symbol and width. */
  async latestCandles(symbols: readonly string[], limit: number): Promise<Map<string, StoredCandles>> {
    const data = await this.#read("latest_candles", {
      p_exchange: this.#exchange,
      p_limit: limit,
      p_symbols: [...symbols],
    });
    const stored = new Map<string, StoredCandles>();
    for (const symbol of symbols) stored.set(symbol, { "1m": [], "5m": [], "15m": [], "1h": [], "4h": [], "1d": [] });
    for (const { symbol, timeframe, candles } of latestSchema.parse(data)) {
      const of = stored.get(symbol);
      if (of !== undefined) of[timeframe] = candles;
    }
    return stored;
  }

  /** Topics of this exchange that somebody looks at. */
  async activeWatches(): Promise<string[]> {
    return topicsSchema.parse(await this.#read("active_watches", { p_exchange: this.#exchange }));
  }

  async #read<Name extends FunctionName>(name: Name, args: FunctionArgs<Name>): Promise<unknown> {
    const answer = await this.#rpc.call(name, args);
    if (!answer.ok) throw new StoreError(answer.detail);
    return answer.data;
  }
}
