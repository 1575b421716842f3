import process from "node:process";
import ccxt from "ccxt";
import { createLogger } from "../lib/kernel/log.ts";
import { decodeFrame } from "../lib/market/binance_frames.ts";
import { Fold, type Ohlcv } from "../lib/market/fold.ts";
import { FrameGuard } from "../lib/market/frame_guard.ts";
import { toLoopback } from "../lib/market/worker/loopback.ts";
import { klineEvent, tradeEvent } from "../tools/simulator/payloads.ts";
import { MINUTE_MS, PriceModel } from "../tools/simulator/price.ts";
import { loadCandles, startSimulator } from "../tools/simulator/server.ts";
import { SYMBOLS } from "../tools/simulator/symbols.ts";
import type { BenchResult } from "./main.ts";
import { medianOf, round } from "./statistics.ts";

const RUNS = 5;
/** Runs before the first one counted, so that both sides are compiled. */
const WARM_UPS = 2;
const MINUTES = 60;
/** Forming klines of a minute, a second and a half apart: as often as the exchange tells them on a calm day. */
const FORMING_PER_MINUTE = 40;
const FIRST_MINUTE = Date.UTC(2026, 10, 20) / MINUTE_MS;

type Binance = InstanceType<typeof ccxt.pro.binance>;
/** ccxt's client, as far as its handlers touch it. */
type StubClient = Parameters<Binance["handleMessage"]>[0];

/** What a fold of trades has seen of its minute, in floats. */
interface Forming {
  t: number;
  o: number;
  h: number;
  l: number;
  c: number;
  v: number;
}

/**
 * Decodes and folds the same recorded frames of all symbols: ours from the text to the fold, all checks included;
 * ccxt's from the text through its own `handleMessage` to its own cache, then into the same fold.
 */
export async function ingestBench(): Promise<BenchResult> {
  const { klines, trades } = await recordFrames();
  const exchange = await stockBinance();
  const symbolOfId = new Map(SYMBOLS.map(({ id, base, quote }) => [id, `${base}/${quote}`]));
  const kline = measure(
    () => oursKlines(klines, symbolOfId),
    () => theirsKlines(klines, exchange),
  );
  const trade = measure(
    () => oursTrades(trades, symbolOfId),
    () => theirsTrades(trades, exchange),
  );
  return {
    bench: "ingest",
    ratios: { "ccxt-kline": round(kline.ratio), "ccxt-trade": round(trade.ratio) },
    work: {
      klines: klines.length,
      trades: trades.length,
      symbols: SYMBOLS.length,
      microseconds_a_kline: { ours: perFrame(kline.ours_ms, klines), ccxt: perFrame(kline.theirs_ms, klines) },
      microseconds_a_trade: { ours: perFrame(trade.ours_ms, trades), ccxt: perFrame(trade.theirs_ms, trades) },
      runs: RUNS,
    },
  };
}

function perFrame(ms: number, frames: readonly string[]): number {
  return round(ms * 1_000 / frames.length);
}

/** Runs both sides in turn; both answer what they have folded, which must be the same. */
function measure(ours: () => string, theirs: () => string): { ratio: number; ours_ms: number; theirs_ms: number } {
  const times: [ours: number[], theirs: number[]] = [[], []];
  for (let run = -WARM_UPS; run < RUNS; run++) {
    const started = cpu_ms();
    const a = ours();
    const between = cpu_ms();
    const b = theirs();
    const ended = cpu_ms();
    if (a !== b) throw new Error(`Both sides must fold the same: ${a} is not ${b}`);
    if (run < 0) continue;
    times[0].push(between - started);
    times[1].push(ended - between);
  }
  const [ours_ms, theirs_ms] = times.map(medianOf) as [number, number];
  const ratios = times[0].map((time, i) => (times[1][i] ?? 0) / time);
  return { ratio: medianOf(ratios), ours_ms, theirs_ms };
}

/** Processor time this process has used: other processes on the machine do not change it. */
function cpu_ms(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function oursKlines(frames: readonly string[], symbolOfId: ReadonlyMap<string, string>): string {
  const guard = new FrameGuard(120_000);
  const folds = new Map<string, Fold>();
  for (const text of frames) {
    const frame = decodeFrame(text);
    if (frame.kind !== "kline" || guard.kline(frame, false) !== "take") throw new Error(`Cannot decode ${text}`);
    const symbol = symbolOfId.get(frame.id) ?? "";
    let fold = folds.get(symbol);
    if (fold === undefined) folds.set(symbol, fold = new Fold());
    if (frame.closed) fold.close(frame.candle);
    else fold.tick(frame.candle);
  }
  return describe([...folds.values()].map((fold) => fold.forming("1h")));
}

function theirsKlines(frames: readonly string[], exchange: Binance): string {
  exchange.ohlcvs = {};
  const client = stubClient();
  const folds = new Map<string, Fold>();
  for (const text of frames) {
    const message = JSON.parse(text);
    exchange.handleMessage(client, message);
    // A caller of ccxt's learns the symbol from what the handler resolves, and nothing of closes.
    const [symbol, , stored] = client.resolved as [string, string, number[][]];
    const row = stored.at(-1) as number[];
    let fold = folds.get(symbol);
    if (fold === undefined) folds.set(symbol, fold = new Fold());
    if (message.data.k.x) fold.close(toOhlcv(row));
    // Its floats are folded as they are, though ours would have to write them out first.
    else fold.tick(row as unknown as Ohlcv);
  }
  return describe([...folds.values()].map((fold) => fold.forming("1h")));
}

function oursTrades(frames: readonly string[], symbolOfId: ReadonlyMap<string, string>): string {
  const guard = new FrameGuard(120_000);
  const minutes = new Map<string, Forming>();
  for (const text of frames) {
    const frame = decodeFrame(text);
    if (frame.kind !== "trade" || guard.trade(frame, false) !== "take") throw new Error(`Cannot decode ${text}`);
    const symbol = symbolOfId.get(frame.id) ?? "";
    foldTrade(minutes, symbol, frame.at, Number(frame.price), Number(frame.quantity));
  }
  return JSON.stringify([...minutes]);
}

function theirsTrades(frames: readonly string[], exchange: Binance): string {
  exchange.trades = {};
  const client = stubClient();
  const minutes = new Map<string, Forming>();
  for (const text of frames) {
    exchange.handleMessage(client, JSON.parse(text));
    const stored = client.resolved as { symbol: string; timestamp: number; price: number; amount: number }[];
    const trade = stored[stored.length - 1] as (typeof stored)[number];
    foldTrade(minutes, trade.symbol, trade.timestamp, trade.price, trade.amount);
  }
  return JSON.stringify([...minutes]);
}

function foldTrade(minutes: Map<string, Forming>, symbol: string, at: number, price: number, quantity: number): void {
  const t = at - at % MINUTE_MS;
  const forming = minutes.get(symbol);
  if (forming === undefined || forming.t !== t) {
    minutes.set(symbol, { t, o: price, h: price, l: price, c: price, v: quantity });
    return;
  }
  if (price > forming.h) forming.h = price;
  if (price < forming.l) forming.l = price;
  forming.c = price;
  forming.v += quantity;
}

function describe(candles: (Ohlcv | null)[]): string {
  return JSON.stringify(candles.map((candle) => candle && [candle.t, candle.o, candle.h, candle.l, candle.c]));
}

function toOhlcv([t, o, h, l, c, v]: number[]): Ohlcv {
  return { t: t ?? 0, o: String(o), h: String(h), l: String(l), c: String(c), v: String(v) };
}

function stubClient(): StubClient & { resolved: unknown } {
  const client = {
    url: "wss://stream.binance.com:9443/stream",
    subscriptions: {},
    resolved: undefined as unknown,
    resolve(value: unknown) {
      client.resolved = value;
    },
  };
  return client as unknown as StubClient & { resolved: unknown };
}

/** ccxt's own class with the simulator's markets loaded; nothing else of it is changed. */
async function stockBinance(): Promise<Binance> {
  const dataDir = await Deno.makeTempDir({ prefix: "outcry-ingest-" });
  const logger = createLogger({ service: "bench", write: () => {}, nowMs: Date.now });
  const simulator = await startSimulator({ port: 0, speed: 1, seed: 1, dataDir, logger, nowMs: Date.now });
  const exchange = new ccxt.pro.binance({ options: { fetchMarkets: { types: ["spot"] }, fetchCurrencies: false } });
  const { api } = exchange.urls;
  toLoopback(exchange, new URL(simulator.url).host);
  await exchange.loadMarkets();
  exchange.urls = { ...exchange.urls, api };
  await simulator.stop();
  await Deno.remove(dataDir, { recursive: true });
  return exchange;
}

/** An hour of every symbol's klines and trades, as the combined stream sends them. */
async function recordFrames(): Promise<{ klines: string[]; trades: string[] }> {
  const model = new PriceModel(1, await loadCandles());
  const klines: string[] = [];
  const trades: string[] = [];
  const wrap = (stream: string, data: unknown) => JSON.stringify({ stream, data });
  for (let minute = FIRST_MINUTE; minute < FIRST_MINUTE + MINUTES; minute++) {
    for (const { id } of SYMBOLS) {
      const market = model.market(id);
      if (market === undefined) continue;
      const name = id.toLowerCase();
      for (let i = 1; i <= FORMING_PER_MINUTE; i++) {
        const closed = i === FORMING_PER_MINUTE;
        const event_ms = minute * MINUTE_MS + i * MINUTE_MS / FORMING_PER_MINUTE;
        const fold = market.candle(minute, 1, event_ms);
        const at = { openMinute: minute, width: 1, interval: "1m", closed, event_ms };
        if (fold) klines.push(wrap(`${name}@kline_1m`, klineEvent(market.spec, fold, at)));
      }
      for (const trade of market.trades(minute)) trades.push(wrap(`${name}@trade`, tradeEvent(market.spec, trade)));
    }
  }
  return { klines, trades };
}
