import { z } from "zod";
import { candleSchema } from "./candle.ts";
import { TIMEFRAMES } from "./timeframe.ts";

const count = z.int().nonnegative();
const bigCount = z.string().regex(/^\d+$/);

/** How one exchange's feed does. Times are RFC 3339. */
export const feedReportSchema = z.object({
  exchange: z.string(),
  state: z.enum(["starting", "live", "reconnecting", "stopped"]),
  sockets: count,
  streams: count,
  reconnects: count,
  planned_reconnects: count,
  gaps_found: count,
  gaps_filled: count,
  bad_frames: bigCount,
  folds_checked: bigCount,
  folds_differing: bigCount,
  repairs: bigCount,
  /** Candle frames a second, a decimal string; null before the first two seconds. */
  ticks_per_s: z.string().nullable(),
  /** From the exchange's event to our broadcast, over the last minute; null while nobody looks. */
  lag_p50_ms: count.nullable(),
  lag_p99_ms: count.nullable(),
  queued_rows: count,
  symbols_stale: count,
  /** Beginning of the id of the process that feeds. */
  leader: z.string().nullable(),
  /** The fencing token of its lease. */
  token: count.nullable(),
  /** Terms of office so far; each past the first was a takeover or a restart. */
  terms: count,
  leading_since: z.string().nullable(),
  last_event_at: z.string().nullable(),
  updated_at: z.string(),
  /** Age of all this. */
  age_ms: z.int(),
});

/** See {@link feedReportSchema}. */
export type FeedReport = z.infer<typeof feedReportSchema>;

const ohlcv = z.object({ o: z.string(), h: z.string(), l: z.string(), c: z.string(), v: z.string() });

/** Result of the SQL function `monitor_page`. */
export const monitorSchema = z.object({
  at: z.string(),
  feeds: z.array(feedReportSchema),
  /** What is or was wrong with the data, open ones first. */
  alerts: z.array(z.object({
    id: z.string(),
    exchange: z.string(),
    /** Empty for what concerns the whole exchange. */
    symbol: z.string(),
    kind: z.enum(["symbol_silent", "gap_unfilled", "fold_mismatch", "bad_frames", "clock_skew"]),
    detail: z.record(z.string(), z.unknown()),
    opened_at: z.string(),
    resolved_at: z.string().nullable(),
  })),
  /** Stored candles that the exchange later told otherwise, newest first. */
  repairs: z.array(z.object({
    id: z.string(),
    exchange: z.string(),
    symbol: z.string(),
    timeframe: z.enum(TIMEFRAMES),
    open_time: z.string(),
    stored: ohlcv,
    told: ohlcv,
    at: z.string(),
  })),
  /** The newest closed candle of up to 60 streamed symbols, the most traded first. */
  candles: z.array(z.object({
    exchange: z.string(),
    symbol: z.string(),
    timeframe: z.enum(TIMEFRAMES),
    at: z.string(),
    stale: z.boolean(),
    candle: candleSchema,
  })),
});

/** See {@link monitorSchema}. */
export type MonitorData = z.infer<typeof monitorSchema>;
