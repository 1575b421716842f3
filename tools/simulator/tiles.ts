import { seeded } from "../../lib/kernel/seeded.ts";
import { bell } from "./hash.ts";
import type { TileSpec } from "./symbols.ts";

/**
 * A stretch of one-minute candles as arrays, relative to its own start. Time runs over it back and forth: forward,
 * then in reverse with open and close swapped, so the path is continuous and stays within the band it has.
 */
export interface Tile {
  minutes: number;
  open: Float64Array;
  close: Float64Array;
  /** The upper wick squared: high / max(open, close) − 1. */
  upSquare: Float32Array;
  /** The lower wick squared: 1 − low / min(open, close). */
  downSquare: Float32Array;
  /** Trading activity, about 1 on average. */
  activity: Float32Array;
  /** No price on the tile is above this. */
  peak: number;
  /** Where the tile starts against minute 0 of Unix time, in minutes: depends on the seed. */
  phase: number;
}

/** The real candles as parsed from their file. */
export interface RealCandles {
  open: Float64Array;
  high: Float64Array;
  low: Float64Array;
  close: Float64Array;
  quoteVolume: Float64Array;
}

const MINUTE_MS = 60_000;
const HEADER = "open_time_ms,open,high,low,close,quote_volume";
// A month is 44,640 minutes; a longer file would be someone else's.
const CANDLES_MAX = 200_000;

/**
 * Parses the file of real candles and verifies it: contiguous minutes, low ≤ open, close ≤ high, positive.
 * @throws Error naming the first bad line.
 */
export function parseCandles(csv: string): RealCandles {
  const lines = csv.trimEnd().split("\n");
  if (lines[0]?.trim() !== HEADER) throw new Error(`Cannot read the candle file: header is "${lines[0]}"`);
  const count = lines.length - 1;
  if (count < 2 || count > CANDLES_MAX) throw new Error(`Cannot read the candle file: it holds ${count} candles`);
  const candles: RealCandles = {
    open: new Float64Array(count),
    high: new Float64Array(count),
    low: new Float64Array(count),
    close: new Float64Array(count),
    quoteVolume: new Float64Array(count),
  };
  let expected = NaN;
  for (let i = 0; i < count; i++) {
    const [time, open, high, low, close, volume] = (lines[i + 1] ?? "").split(",").map(Number) as number[];
    const sound = time !== undefined && open !== undefined && high !== undefined && low !== undefined &&
      close !== undefined && volume !== undefined && (i === 0 || time === expected) && low > 0 && volume > 0 &&
      low <= Math.min(open, close) && high >= Math.max(open, close);
    if (!sound) throw new Error(`Cannot read the candle file: line ${i + 2} is not the next minute's candle`);
    expected = time + MINUTE_MS;
    candles.open[i] = open;
    candles.high[i] = high;
    candles.low[i] = low;
    candles.close[i] = close;
    candles.quoteVolume[i] = volume;
  }
  return candles;
}

/** Makes the real tile: prices relative to the first open, so a price is the level times the chained returns. */
export function realTile(candles: RealCandles, phase: number): Tile {
  const minutes = candles.open.length;
  const start = candles.open[0] ?? 1;
  const mean = meanOf(candles.quoteVolume);
  const tile = emptyTile(minutes, phase);
  for (let i = 0; i < minutes; i++) {
    const open = candles.open[i] ?? 1;
    const close = candles.close[i] ?? 1;
    tile.open[i] = open / start;
    tile.close[i] = close / start;
    tile.upSquare[i] = ((candles.high[i] ?? 1) / Math.max(open, close) - 1) ** 2;
    tile.downSquare[i] = (1 - (candles.low[i] ?? 1) / Math.min(open, close)) ** 2;
    // Its root, not itself: other coins trade more when BTC does, but less wildly so.
    tile.activity[i] = Math.sqrt((candles.quoteVolume[i] ?? 0) / mean);
    tile.peak = Math.max(tile.peak, (candles.high[i] ?? 1) / start);
  }
  return tile;
}

/** The real tile for BTC-USDT itself, whose base volume is the real turnover over the price, up to one scale. */
export function withRealVolume(tile: Tile, candles: RealCandles): Tile {
  const mean = meanOf(candles.quoteVolume);
  const activity = candles.quoteVolume.map((volume, i) => volume / mean / (tile.close[i] ?? 1));
  return { ...tile, activity: Float32Array.from(activity) };
}

/** The reciprocal of a tile: what was a rise is a fall. */
export function invertTile(tile: Tile): Tile {
  let bottom = Infinity;
  for (let i = 0; i < tile.minutes; i++) {
    const low = Math.min(tile.open[i] ?? 1, tile.close[i] ?? 1);
    bottom = Math.min(bottom, low * (1 - Math.sqrt(tile.downSquare[i] ?? 0)));
  }
  return {
    ...tile,
    peak: 1 / bottom,
    open: tile.open.map((price) => 1 / price),
    close: tile.close.map((price) => 1 / price),
    upSquare: tile.downSquare,
    downSquare: tile.upSquare,
  };
}

/**
 * Generates a coin's own path against its factors: a mean-reverting walk whose volatility itself reverts to its
 * mean (Heston's form), so calm and wild hours alternate.
 */
export function generateTile(spec: TileSpec, seed: number, phase: number): Tile {
  const random = seeded(seed);
  // Each close is the next open: one array, seen twice, halves what a fold has to read.
  const levels = new Float64Array(spec.minutes + 1);
  levels[0] = 1;
  const tile: Tile = { ...emptyTile(spec.minutes, phase), open: levels.subarray(0, -1), close: levels.subarray(1) };
  // Chosen for a stationary deviation of 9 %: the coin wanders, and always comes back.
  const pull = (spec.volatility / 0.09) ** 2 / 2;
  let level = 1;
  let variance = 1;
  let crowd = 1;
  for (let i = 0; i < spec.minutes; i++) {
    variance = Math.min(
      8,
      Math.max(0.08, variance + 0.012 * (1 - variance) + 0.11 * Math.sqrt(variance) * bell(random)),
    );
    const deviation = spec.volatility * Math.sqrt(variance);
    const step = bell(random);
    const next = level * (1 + deviation * step) + pull * (1 - level);
    levels[i + 1] = next;
    tile.upSquare[i] = (deviation * 1.2 * random() * random()) ** 2;
    tile.downSquare[i] = (deviation * 1.2 * random() * random()) ** 2;
    crowd = Math.min(5, Math.max(0.2, crowd + 0.03 * (1 - crowd) + 0.12 * Math.sqrt(crowd) * bell(random)));
    tile.activity[i] = crowd * (0.35 + 0.65 * Math.sqrt(variance)) * (0.5 + 0.55 * Math.abs(step)) *
      (0.6 + 0.8 * random());
    tile.peak = Math.max(tile.peak, Math.max(level, next) * (1 + deviation * 1.2));
    level = next;
  }
  return tile;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function emptyTile(minutes: number, phase: number): Tile {
  return {
    minutes,
    open: new Float64Array(minutes),
    close: new Float64Array(minutes),
    upSquare: new Float32Array(minutes),
    downSquare: new Float32Array(minutes),
    activity: new Float32Array(minutes),
    peak: 1,
    phase,
  };
}
