import { z } from "zod";
import type { BadFrame } from "./bad_frame.ts";
import { EXCHANGE_PATTERN, indicatorsSchema, SYMBOL_PATTERN } from "./candle.ts";
import { TIMEFRAMES } from "./timeframe.ts";

/*
 * A recording is a row of part files of one exchange. A part is a concatenation of gzip members, each of them whole
 * lines of JSON, so that `zcat` reads it; each member names its own size in an extra field (see recording_block.ts).
 * The first line is the header. Each line after it is an array: what happened, when, and what belongs to it. `when` is in
 * ms of a monotonic clock since the recording began; `clock` says what the wall's clock told at such a moment.
 */

/** What the first line says the file is. */
export const RECORDING_FORMAT = "outcry-recording";

/** Version of the format; others are refused. */
export const RECORDING_VERSION = 1;

/** A recording's id: eight hexadecimal digits. */
export const RECORDING_ID_PATTERN = /^[0-9a-f]{8}$/;

const decimalText = z.string().max(64);
const symbol = z.string().regex(SYMBOL_PATTERN);
const timeframe = z.enum(TIMEFRAMES);
const ms = z.number();
const socket = z.int().nonnegative();
const text = z.string();

const capabilitiesSchema = z.object({
  exchange: z.string().regex(EXCHANGE_PATTERN),
  name: z.string(),
  protocol: z.enum(["binance", "ccxt"]),
  ccxtClass: z.string(),
  local: z.boolean(),
  streamsPerSocketMax: ms,
  controlInterval_ms: ms,
  controlStreamsMax: ms,
  attemptsPerMinuteMax: ms,
  plannedReconnect_ms: ms.nullable(),
  ping: z.object({ by: z.enum(["venue", "us"]), interval_ms: ms }),
  silence_ms_max: ms,
  restInterval_ms: ms.nullable(),
  historyCandlesMax: ms,
  historyReachCandles: ms.nullable(),
  timeframes: z.array(timeframe),
  streams: z.object({ candles: z.boolean(), trades: z.boolean(), books: z.boolean(), tickers: z.boolean() }),
  bookLevels: ms,
  bookDepthAsked: ms.nullable(),
  clockJump_ms_max: ms.nullable(),
});

/** The first line of a part. */
export const recordingHeaderSchema = z.object({
  format: z.literal(RECORDING_FORMAT),
  version: z.literal(RECORDING_VERSION),
  exchange: z.string().regex(EXCHANGE_PATTERN),
  /** The same in all parts of a recording. */
  recording: z.string().regex(RECORDING_ID_PATTERN),
  /** Counts the parts from 1. */
  part: z.int().positive(),
  /** Wall time of the recording's beginning, Unix ms: what `when` counts from. */
  started_ms: z.int().positive(),
  /** When this part began. */
  at_ms: ms,
  /** Symbols whose candles were streamed when this part began. */
  symbols: z.array(symbol),
  /** What the exchange allowed and offered. */
  capabilities: capabilitiesSchema,
});

/** See {@link recordingHeaderSchema}. */
export type RecordingHeader = z.infer<typeof recordingHeaderSchema>;

const ohlcv = { t: z.int(), o: decimalText, h: decimalText, l: decimalText, c: decimalText, v: decimalText };
const candle = z.object(ohlcv);
const row = z.object({ symbol, timeframe, ...ohlcv, ind: indicatorsSchema.optional() });
const market = z.object({
  symbol,
  venue_symbol: text,
  base: text,
  quote: text,
  tick_size: decimalText,
  lot_size: decimalText,
  min_notional: decimalText,
  active: z.boolean(),
});
const stored = z.object({
  "1m": z.array(candle),
  "5m": z.array(candle),
  "15m": z.array(candle),
  "1h": z.array(candle),
  "4h": z.array(candle),
  "1d": z.array(candle),
});
const bad = z.custom<BadFrame>((value) => {
  const frame = value as BadFrame | null;
  return typeof frame === "object" && frame !== null && typeof frame.reason === "string" &&
    typeof frame.raw === "string" && typeof frame.bytes === "number";
});

const recordSchema = z.union([
  /** A text frame as it came. */
  z.tuple([z.literal("frame"), ms, socket, text]),
  /** A text frame of a socket that was to replace another: it counts from `switched` on, unless `released` comes. */
  z.tuple([z.literal("held"), ms, socket, text]),
  /** A frame of so many bytes that was no text, and whether it was held. */
  z.tuple([z.literal("bytes"), ms, socket, z.int().nonnegative(), z.boolean()]),
  z.tuple([z.literal("opened"), ms, socket]),
  z.tuple([z.literal("confirmed"), ms, socket, z.array(text)]),
  z.tuple([z.literal("lost"), ms, socket, text]),
  z.tuple([z.literal("switched"), ms, socket, text]),
  z.tuple([z.literal("released"), ms, socket]),
  /** What whoever begins with this part must know; whoever has read the part before it knows already. */
  z.tuple([z.literal("known"), ms, z.array(z.unknown())]),
  /** The exchange's ids and our symbols. */
  z.tuple([z.literal("names"), ms, z.record(text, symbol)]),
  z.tuple([z.literal("markets"), ms, z.array(market)]),
  /** Quote volumes of 24 hours by symbol. */
  z.tuple([z.literal("volumes"), ms, z.array(z.tuple([symbol, z.number()]))]),
  /** What the feed streams from here on. */
  z.tuple([
    z.literal("streams"),
    ms,
    z.object({ candles: z.array(symbol), trades: z.array(symbol), books: z.array(symbol) }),
  ]),
  /** The feed was told that these symbols' candles are streamed. */
  z.tuple([z.literal("subscribed"), ms, z.array(symbol)]),
  z.tuple([z.literal("state"), ms, z.enum(["live", "reconnecting"]), text.nullable()]),
  z.tuple([z.literal("replaced"), ms, text]),
  /** What ccxt made of frames: a minute, or a frame that it could not use. Binance's are made anew from `frame`. */
  z.tuple([
    z.literal("tick"),
    ms,
    z.object({ symbol, candle, closed: z.boolean(), et: ms }),
  ]),
  z.tuple([z.literal("bad"), ms, bad]),
  /** A question about history, by number, and what the exchange gave, or why it did not. */
  z.tuple([
    z.literal("ask"),
    ms,
    z.int(),
    z.object({ symbol, timeframe, fromMs: ms.exactOptional(), limit: z.int(), priority: ms.exactOptional() }),
  ]),
  z.tuple([z.literal("answer"), ms, z.int(), z.array(candle)]),
  z.tuple([z.literal("refusal"), ms, z.int(), text]),
  /** What the database held of a symbol when the feed first asked. */
  z.tuple([z.literal("stored"), ms, symbol, stored]),
  /** What the feed has stored, and what it has repaired. */
  z.tuple([z.literal("candles"), ms, z.array(row)]),
  z.tuple([z.literal("repaired"), ms, z.array(row)]),
  /** Unix ms of the wall's clock. */
  z.tuple([z.literal("clock"), ms, ms]),
  /** So many records before this one could not be kept. */
  z.tuple([z.literal("gap"), ms, z.int().positive()]),
  /** The recording was ended in order. */
  z.tuple([z.literal("end"), ms]),
]);

/** One line of a recording after the header. */
export type RecordingRecord = z.infer<typeof recordSchema>;

/** A line read, or what is wrong with it. */
export type ReadLine<T> = { ok: true; value: T } | { ok: false; problem: string };

/** Reads the first line of a part. */
export function readHeader(line: string): ReadLine<RecordingHeader> {
  const value = parseJson(line);
  const format = (value as { format?: unknown } | undefined)?.format;
  if (format !== RECORDING_FORMAT) return { ok: false, problem: "it is no recording of ours" };
  const { version } = value as { version?: unknown };
  if (version !== RECORDING_VERSION) {
    const known = `this program reads version ${RECORDING_VERSION}`;
    return { ok: false, problem: `its version is ${JSON.stringify(version)?.slice(0, 20)}, ${known}` };
  }
  const parsed = recordingHeaderSchema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  return { ok: false, problem: `its header has a wrong "${parsed.error.issues[0]?.path.join(".")}"` };
}

/** Reads any other line. */
export function readRecord(line: string): ReadLine<RecordingRecord> {
  return checkRecord(parseJson(line));
}

/** Checks a record that is no text any more, as `known` holds them. */
export function checkRecord(value: unknown): ReadLine<RecordingRecord> {
  if (isFrame(value)) return { ok: true, value };
  const parsed = recordSchema.safeParse(value);
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, problem: "a record is malformed" };
}

/** Nearly all lines are frames: they are checked without building an answer of zod's. */
function isFrame(value: unknown): value is ["frame" | "held", number, number, string] {
  return Array.isArray(value) && value.length === 4 && (value[0] === "frame" || value[0] === "held") &&
    Number.isFinite(value[1]) && Number.isSafeInteger(value[2]) && value[2] >= 0 && typeof value[3] === "string";
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
