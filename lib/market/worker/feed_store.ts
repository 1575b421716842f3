import type { FunctionArgs, FunctionName } from "../../kernel/functions.ts";
import { z } from "zod";
import type { Rpc, RpcResult } from "../../kernel/worker/supabase.ts";
import { type ActiveAlert, ALERT_CONDITIONS, type FiredAlert } from "../alerts.ts";
import { candleSchema, type Indicators } from "../candle.ts";
import type { BookLevel, TradeOnWire } from "../depth.ts";
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
  planned_reconnects: number;
  bad_frames: number;
  folds_checked: number;
  folds_differing: number;
  repairs: number;
  /** Decimal string. */
  ticks_per_s: string;
  /** From the exchange's event to our broadcast, over the last minute; null without any. */
  lag_p50_ms: number | null;
  lag_p99_ms: number | null;
  queued_rows: number;
  symbols_stale: number;
}

/** A frame that could not be taken, as `record_quarantine` takes it. */
export interface QuarantineRow {
  reason: string;
  bytes: number;
  raw: string;
  /** When it came, Unix ms. */
  received_ms: number;
}

/** What is wrong with a feed's data, as `set_feed_alerts` takes it. */
export interface FeedAlert {
  kind: "symbol_silent" | "gap_unfilled" | "fold_mismatch" | "bad_frames" | "clock_skew";
  /** Absent for what concerns the whole exchange. */
  symbol?: string;
  detail: Record<string, unknown>;
}

/** A symbol's book and latest trades, newest first, as `record_depth` takes them; what is absent stays as it was. */
export interface DepthRow {
  symbol: string;
  bids?: BookLevel[];
  asks?: BookLevel[];
  book_ms?: number;
  trades?: TradeOnWire[];
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

const watchesSchema = z.array(z.object({ topic: z.string(), watchers: z.number().int().nonnegative() }));

const alertsSchema = z.array(z.object({
  id: z.string(),
  symbol: z.string(),
  timeframe: z.enum(TIMEFRAMES).nullable(),
  indicator: z.string().nullable(),
  condition: z.enum(ALERT_CONDITIONS),
  value: z.string(),
  resting_until: z.string().nullable(),
}));

/** The database could not be read; the caller tries again later. */
export class StoreError extends Error {
  override readonly name = "StoreError";
}

/** An exchange's rows in the database. Writes take the lease's token and answer as values; reads throw {@link StoreError}. */
export class FeedStore {
  readonly #rpc: Pick<Rpc, "call">;
  readonly #exchange: string;

  constructor(rpc: Pick<Rpc, "call">, exchange: string) {
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

  /** Marks symbols that are not listed any more; answers how many there were. */
  retireSymbols(token: number, listed: readonly string[]): Promise<RpcResult> {
    return this.#rpc.call("retire_symbols", { p_exchange: this.#exchange, p_token: token, p_listed: [...listed] });
  }

  /** Replaces stored candles by what the exchange says of them; answers how many differed. */
  repairCandles(token: number, rows: readonly CandleRow[]): Promise<RpcResult> {
    return this.#rpc.call("repair_candles", { p_exchange: this.#exchange, p_token: token, p_rows: rows });
  }

  recordQuarantine(token: number, rows: readonly QuarantineRow[]): Promise<RpcResult> {
    return this.#rpc.call("record_quarantine", { p_exchange: this.#exchange, p_token: token, p_rows: rows });
  }

  /** Says all that is wrong now: what is not named any more counts as resolved. */
  setFeedAlerts(token: number, open: readonly FeedAlert[]): Promise<RpcResult> {
    return this.#rpc.call("set_feed_alerts", { p_exchange: this.#exchange, p_token: token, p_open: open });
  }

  recordDepth(token: number, rows: readonly DepthRow[]): Promise<RpcResult> {
    return this.#rpc.call("record_depth", { p_exchange: this.#exchange, p_token: token, p_rows: rows });
  }

  /** Stores polled statistics where they are newer. */
  recordTickers(token: number, rows: readonly TickerRow[]): Promise<RpcResult> {
    return this.#rpc.call("record_tickers", { p_exchange: this.#exchange, p_token: token, p_rows: rows });
  }

  /** Works out what assets are worth in EUR from this exchange's tickers. */
  refreshRates(token: number): Promise<RpcResult> {
    return this.#rpc.call("refresh_rates", { p_exchange: this.#exchange, p_token: token });
  }

  /** Tells the owners of alerts that fired; telling it twice does it once. */
  fireAlerts(token: number, fired: readonly FiredAlert[]): Promise<RpcResult> {
    const rows = fired.map(({ id, value, atMs }) => ({ id, value, at_ms: atMs }));
    return this.#rpc.call("fire_alerts", { p_exchange: this.#exchange, p_token: token, p_rows: rows });
  }

  /** Alerts of this exchange that wait for their condition. */
  async activeAlerts(): Promise<ActiveAlert[]> {
    const rows = alertsSchema.parse(await this.#read("active_alerts", { p_exchange: this.#exchange }));
    return rows.map(({ resting_until, ...alert }) => ({
      ...alert,
      restingUntilMs: resting_until === null ? null : Date.parse(resting_until),
    }));
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

  /** Topics of this exchange that somebody looks at, and how many do. */
  async activeWatches(): Promise<Map<string, number>> {
    const watches = watchesSchema.parse(await this.#read("active_watches", { p_exchange: this.#exchange }));
    return new Map(watches.map(({ topic, watchers }) => [topic, watchers]));
  }

  async #read<Name extends FunctionName>(name: Name, args: FunctionArgs<Name>): Promise<unknown> {
    const answer = await this.#rpc.call(name, args);
    if (!answer.ok) throw new StoreError(answer.detail);
    return answer.data;
  }
}
