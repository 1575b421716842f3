/**
 * `deno task record --exchange sim --symbols BTC-USDT,ETH-USDT --out DIR` records an exchange without database and
 * readers, until it is interrupted or `--seconds N` are over. Environment: SIM_PORT, for the simulators.
 */
import { parseArgs } from "node:util";
import { createLogger, type Logger } from "../lib/kernel/log.ts";
import { delay } from "../lib/kernel/worker/backoff.ts";
import { EXCHANGE_PATTERN, SYMBOL_PATTERN } from "../lib/market/candle.ts";
import { candleLine } from "../lib/market/worker/candle_table.ts";
import { FeedRecording, type FeedRecordingOptions, newRecordingId } from "../lib/market/worker/feed_recording.ts";
import { MemoryDatabase } from "../lib/market/worker/memory_database.ts";
import { openOfflineSession } from "../lib/market/worker/offline_session.ts";
import { sha256 } from "../lib/market/worker/replay.ts";
import { type Venue, VenueError } from "../lib/market/worker/venue.ts";
import { checkExchange, openVenue } from "../lib/market/worker/venues.ts";

/** Symbols recorded at most: each is watched on its own. */
const SYMBOLS_MAX = 500;

const USAGE = "use `deno task record --exchange sim --symbols BTC-USDT,ETH-USDT --out DIR [--seconds N]`";

/** What to record. */
export interface RecordOptions {
  exchange: string;
  symbols: string[];
  folder: string;
  simPort: number;
  logger: Logger;
  limits?: FeedRecordingOptions["limits"];
  /** Told now and then how many records could not be kept. */
  onProgress?: (dropped: number) => void;
}

/** What was recorded. */
export interface RecordResult {
  candles: number;
  /** Of the candles that the feed made while it was recorded, as a replay writes them. */
  sha256: string;
  text: string;
  dropped: number;
}

/** Records until `signal` is aborted. Throws {@link VenueError} when the exchange does not answer, RangeError for unknown symbols. */
export async function recordExchange(options: RecordOptions, signal: AbortSignal): Promise<RecordResult> {
  const { exchange, symbols, logger, simPort } = options;
  const nowMs = () => performance.now();
  const wallMs = () => Date.now();
  const recording = new FeedRecording({ ...options, nowMs, wallMs, newId: newRecordingId });
  const wanted = new Set(symbols);
  const venue = recording.openVenue((tap) =>
    only(openVenue({ exchange, logger, nowMs, random: Math.random, tap }, simPort), wanted)
  );
  try {
    const listed = new Set((await venue.markets()).map(({ symbol }) => symbol));
    const unknown = symbols.filter((symbol) => !listed.has(symbol));
    if (unknown.length > 0) throw new RangeError(`Cannot record ${unknown.join(", ")}: ${exchange} does not list it`);
    const watches = symbols.map((symbol) => `market:${exchange}:${symbol}:1d`);
    const database = new MemoryDatabase({ watches: () => watches });
    const store = recording.openStore(database);
    const { session } = openOfflineSession({ venue, store, logger, nowMs, wallMs, random: Math.random });
    const told = setInterval(() => options.onProgress?.(recording.dropped), 5_000);
    try {
      await session.run(signal);
    } finally {
      clearInterval(told);
    }
    const dropped = recording.dropped;
    await recording.close();
    const lines = [...database.candles.rows()].map((row) => `${candleLine(row)}\n`);
    const text = lines.join("");
    return { candles: lines.length, sha256: await sha256(text), text, dropped };
  } finally {
    await recording.close();
    await venue.close();
  }
}

/** The same venue, with no other markets than these. */
export function only(venue: Venue, symbols: ReadonlySet<string>): Venue {
  return {
    exchange: venue.exchange,
    capabilities: venue.capabilities,
    markets: async () => (await venue.markets()).filter(({ symbol }) => symbols.has(symbol)),
    quoteVolumes: async () => new Map([...await venue.quoteVolumes()].filter(([symbol]) => symbols.has(symbol))),
    tickers: async () => (await venue.tickers()).filter(({ symbol }) => symbols.has(symbol)),
    history: (request) => venue.history(request),
    trades: (symbol, limit) => venue.trades(symbol, limit),
    book: (symbol) => venue.book(symbol),
    start: (listener) => venue.start(listener),
    setStreams: (streams) => venue.setStreams(streams),
    counts: () => venue.counts(),
    close: () => venue.close(),
  };
}

type Arguments = { ok: true; options: Omit<RecordOptions, "logger">; seconds: number | null } | {
  ok: false;
  message: string;
};

/** Reads the command line. */
export function parseRecordArguments(args: string[], env: Record<string, string | undefined>): Arguments {
  const refuse = (why: string): Arguments => ({ ok: false, message: `Cannot record: ${why}; ${USAGE}` });
  let values;
  try {
    const text = { type: "string" } as const;
    ({ values } = parseArgs({ args, options: { exchange: text, symbols: text, out: text, seconds: text } }));
  } catch (error) {
    return refuse(error instanceof Error ? error.message : "the arguments are wrong");
  }
  const exchange = values.exchange ?? "sim";
  const symbols = [...new Set((values.symbols ?? "").split(",").map((id) => id.trim()).filter((id) => id !== ""))];
  const seconds = values.seconds === undefined ? null : Number(values.seconds);
  const simPort = Number(env["SIM_PORT"] || 9_200);
  if (!EXCHANGE_PATTERN.test(exchange)) return refuse(`"${exchange}" is no exchange's id`);
  const offered = checkExchange(exchange);
  if (!offered.ok) return { ok: false, message: `Cannot record: ${offered.message}` };
  if (symbols.length === 0 || symbols.length > SYMBOLS_MAX) return refuse(`name 1 to ${SYMBOLS_MAX} symbols`);
  const wrong = symbols.find((symbol) => !SYMBOL_PATTERN.test(symbol));
  if (wrong !== undefined) return refuse(`"${wrong}" is no symbol`);
  if (!values.out) return refuse("name a folder with --out");
  if (seconds !== null && !(seconds > 0 && Number.isFinite(seconds))) return refuse("--seconds must be above 0");
  if (!Number.isInteger(simPort) || simPort < 1 || simPort > 65_535) return refuse("set SIM_PORT to a port number");
  return { ok: true, options: { exchange, symbols, folder: values.out, simPort }, seconds };
}

async function main(): Promise<number> {
  const write = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
  const parsed = parseRecordArguments(Deno.args, Deno.env.toObject());
  if (!parsed.ok) {
    write(parsed.message);
    return 1;
  }
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => stop.abort());
  if (parsed.seconds !== null) delay(parsed.seconds * 1_000, stop.signal).then(() => stop.abort());
  const logger = createLogger({
    service: "record",
    write: (line) => Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`)),
    nowMs: () => Date.now(),
  });
  const { options } = parsed;
  write(`Recording ${options.symbols.join(", ")} of ${options.exchange} into ${options.folder}`);
  try {
    const onProgress = (dropped: number) => dropped > 0 && write(`${dropped} records could not be kept`);
    const result = await recordExchange({ ...options, logger, onProgress }, stop.signal);
    write(`${result.candles} candles were made meanwhile, SHA-256 ${result.sha256}`);
    return result.dropped > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof VenueError) && !(error instanceof RangeError)) throw error;
    write(error.message);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main());
