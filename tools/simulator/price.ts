import { addQuote, appendFold, emptyFold, type Fold } from "./fold.ts";
import { hashPair, hashText } from "./hash.ts";
import { MinuteFolder } from "./minutes.ts";
import { type FactorRef, REAL_TILE, SYMBOLS, type SymbolSpec, TILES } from "./symbols.ts";
import { generateTile, invertTile, type RealCandles, realTile, type Tile, withRealVolume } from "./tiles.ts";
import { type MinutePlan, minuteTrades, type Trade } from "./trades.ts";

/** One minute in milliseconds. */
export const MINUTE_MS = 60_000;
/** No pair traded before this instant (2020-01-01T00:00Z): history is long, not endless. */
export const LISTED_MINUTE = 1_577_836_800_000 / MINUTE_MS;

const MINUTES_A_DAY = 1440;
const MINUTES_A_WEEK = 7 * MINUTES_A_DAY;
/** Days kept folded per symbol: a full answer of daily candles and then some; about 0.2 MB. */
const DAY_FOLDS_MAX = 1_200;
/** Days folded ahead of being asked for: what the longest answer of daily candles needs. */
const WARM_DAYS = 1_000;
/** Minutes kept as trades per symbol: streams, order book and recent trades look at the last few. */
const TRADE_MINUTES_MAX = 16;
const PAIRS_MIN = 2;
/** The least volume of a minute, in lots for each of its trades: enough that every share of it is a whole lot. */
const LOTS_PER_TRADE_MIN = 8;

/**
 * The whole market as a pure function of (seed, symbol, time): no clock, no state but caches. Instants are Unix ms
 * of simulated time; minutes are counted from 1970.
 */
export class PriceModel {
  readonly seed: number;
  readonly #candles: RealCandles;
  readonly #tiles = new Map<string, Tile>();
  readonly #markets = new Map<string, Market>();
  /** Pairs whose past is folded. */
  #warmed = 0;

  constructor(seed: number, candles: RealCandles) {
    this.seed = seed;
    this.#candles = candles;
  }

  /** The market of a pair by Binance's id (`BTCUSDT`), made on first use; undefined when it is not listed. */
  market(id: string): Market | undefined {
    const known = this.#markets.get(id);
    if (known) return known;
    const spec = SYMBOLS.find((symbol) => symbol.id === id);
    if (!spec) return undefined;
    const market = spec.factors.every(({ tile }) => tile === REAL_TILE)
      ? new Market(spec, this.seed, [withRealVolume(this.#tile(REAL_TILE), this.#candles)], true)
      : new Market(spec, this.seed, spec.factors.map((factor) => this.#factor(factor)), false);
    this.#markets.set(id, market);
    return market;
  }

  /**
   * Folds up to `days` days ahead of being asked for, the first listed pair's latest first. Call now and then from an
   * idle process: a thousand daily candles take some 60 ms to fold, and none to find. False when nothing is left.
   */
  warm(at_ms: number, days: number): boolean {
    const spec = SYMBOLS[this.#warmed];
    if (!spec) return false;
    const today = Math.floor(at_ms / MINUTE_MS / MINUTES_A_DAY);
    if (!this.market(spec.id)?.warm(today, days)) this.#warmed++;
    return true;
  }

  #factor({ tile, inverse }: FactorRef): Tile {
    const name = inverse ? `1/${tile}` : tile;
    const made = this.#tiles.get(name) ?? (inverse ? invertTile(this.#tile(tile)) : this.#tile(tile));
    this.#tiles.set(name, made);
    return made;
  }

  #tile(name: string): Tile {
    const known = this.#tiles.get(name);
    if (known) return known;
    const seed = hashPair(this.seed, hashText(name));
    const spec = TILES.find((tile) => tile.name === name);
    const minutes = spec?.minutes ?? this.#candles.open.length;
    const phase = hashPair(seed, 1) % (2 * minutes);
    const tile = spec ? generateTile(spec, seed, phase) : realTile(this.#candles, phase);
    this.#tiles.set(name, tile);
    return tile;
  }
}

/** One pair's prices and trades. */
export class Market {
  readonly spec: SymbolSpec;
  /** The tiles the price is made of, in the order of the pair's factors. */
  readonly tiles: readonly Tile[];
  /** Tells this pair's chances from those of other pairs and seeds. */
  readonly salt: number;
  /** Mean quantity of a trade, in lots. */
  readonly meanTradeLots: number;
  readonly #folder: MinuteFolder;
  /** Trades before each minute of the week; the last entry is a week's total. Makes trade ids a function of time. */
  readonly #idsBefore: Int32Array;
  readonly #days = new Map<number, Fold>();
  #warmDays = 0;
  readonly #trades = new Map<number, readonly Trade[]>();

  constructor(spec: SymbolSpec, seed: number, tiles: readonly Tile[], hasRealVolume: boolean) {
    this.spec = spec;
    this.tiles = tiles;
    this.salt = hashPair(seed, hashText(spec.id));
    const shape = dayShape();
    this.#idsBefore = idsBefore(spec.trades, this.salt, shape);
    let tradesMax = 0;
    for (let i = 0; i < MINUTES_A_WEEK; i++) tradesMax = Math.max(tradesMax, this.#tradesIn(i));
    const volumeMean = spec.turnover / spec.level * 10 ** spec.lot_digits;
    this.meanTradeLots = volumeMean / spec.trades;
    this.#folder = new MinuteFolder({
      levelTicks: spec.level * 10 ** spec.tick_digits,
      volumeMean,
      volumeMin: LOTS_PER_TRADE_MIN * tradesMax,
      tiles,
      // Real volume has its own day in it.
      dayShape: hasRealVolume ? new Float64Array(MINUTES_A_DAY).fill(1) : shape,
    });
  }

  /** Folds the closed minutes `from` (inclusive) to `to` (exclusive); whole days come from a cache. */
  fold(from: number, to: number): Fold {
    const total = emptyFold();
    let minute = Math.max(from, LISTED_MINUTE);
    while (minute < to) {
      const nextDay = minute - minute % MINUTES_A_DAY + MINUTES_A_DAY;
      if (minute % MINUTES_A_DAY === 0 && nextDay <= to) {
        appendFold(total, this.#day(minute));
      } else {
        appendFold(total, this.#foldMinutes(minute, Math.min(nextDay, to)));
      }
      minute = nextDay;
    }
    return total;
  }

  /** Folds up to `count` more days before `today` into the cache; false when all of {@link WARM_DAYS} are there. */
  warm(today: number, count: number): boolean {
    const until = Math.min(WARM_DAYS, this.#warmDays + count);
    while (this.#warmDays < until) this.#day((today - ++this.#warmDays) * MINUTES_A_DAY);
    return this.#warmDays < WARM_DAYS;
  }

  /**
   * The candle of `width` minutes opening at minute `open`, as known at the instant `at_ms`: closed minutes plus
   * the trades of the forming one. Undefined when it lies in the future, or before the listing.
   */
  candle(open: number, width: number, at_ms: number): Fold | undefined {
    const now = Math.floor(at_ms / MINUTE_MS);
    if (open > now || open + width <= LISTED_MINUTE) return undefined;
    if (open + width <= now) return this.fold(open, open + width);
    const fold = this.fold(open, now);
    appendFold(fold, foldTrades(this.trades(now), at_ms));
    return fold;
  }

  /** A minute's trades, in order. Ids are consecutive from minute to minute. */
  trades(minute: number): readonly Trade[] {
    const known = this.#trades.get(minute);
    if (known) return known;
    if (minute < LISTED_MINUTE) return [];
    const trades = minuteTrades(this.#plan(minute));
    forgetOldest(this.#trades, TRADE_MINUTES_MAX);
    this.#trades.set(minute, trades);
    return trades;
  }

  /** The last trade at or before an instant. Every minute's first trade falls on its first millisecond. */
  lastTrade(at_ms: number): Trade {
    const trades = this.trades(Math.floor(at_ms / MINUTE_MS));
    let last = trades[0];
    for (const trade of trades) {
      if (trade.time_ms > at_ms) break;
      last = trade;
    }
    if (!last) throw new RangeError(`Cannot find a trade of "${this.spec.id}": nothing traded before ${at_ms}`);
    return last;
  }

  /** Id of a minute's first trade. */
  firstId(minute: number): number {
    const week = Math.floor(minute / MINUTES_A_WEEK);
    return week * (this.#idsBefore[MINUTES_A_WEEK] ?? 0) + (this.#idsBefore[minute % MINUTES_A_WEEK] ?? 0);
  }

  /** The minute in which the trade `id` falls. */
  minuteOfTrade(id: number): number {
    const weekly = this.#idsBefore[MINUTES_A_WEEK] ?? 1;
    const week = Math.floor(id / weekly);
    const rest = id - week * weekly;
    let low = 0;
    let high = MINUTES_A_WEEK;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#idsBefore[middle] ?? 0) <= rest) low = middle;
      else high = middle;
    }
    return week * MINUTES_A_WEEK + low;
  }

  #tradesIn(minute: number): number {
    const index = minute % MINUTES_A_WEEK;
    return (this.#idsBefore[index + 1] ?? 0) - (this.#idsBefore[index] ?? 0);
  }

  #day(minute: number): Fold {
    const known = this.#days.get(minute);
    if (known) return known;
    const fold = this.#foldMinutes(minute, minute + MINUTES_A_DAY);
    forgetOldest(this.#days, DAY_FOLDS_MAX);
    this.#days.set(minute, fold);
    return fold;
  }

  #foldMinutes(from: number, to: number): Fold {
    const fold = emptyFold();
    this.#folder.append(fold, from, to);
    fold.firstId = this.firstId(from);
    fold.trades = this.firstId(to) - fold.firstId;
    return fold;
  }

  #plan(minute: number): MinutePlan {
    const shares = this.#folder.minute(minute);
    const pairs = (this.#tradesIn(minute) - 4) / 2;
    const seed = hashPair(this.salt, minute);
    return {
      ...shares,
      open_ms: minute * MINUTE_MS,
      // A rising minute mostly dips first, a falling one mostly spikes first.
      highFirst: (seed >>> 28) < (shares.close > shares.open ? 5 : 11),
      pairs,
      buyPairs: Math.max(
        1,
        Math.min(pairs - 1, Math.round(pairs * shares.buyPairLots / (shares.buyPairLots + shares.sellPairLots))),
      ),
      firstId: this.firstId(minute),
      seed,
    };
  }
}

/** Folds the trades of one minute up to and including an instant. */
export function foldTrades(trades: readonly Trade[], at_ms: number): Fold {
  const fold = emptyFold();
  for (const trade of trades) {
    if (trade.time_ms > at_ms) break;
    if (fold.trades === 0) {
      fold.open = fold.high = fold.low = trade.price;
      fold.firstId = trade.id;
    }
    if (trade.price > fold.high) fold.high = trade.price;
    if (trade.price < fold.low) fold.low = trade.price;
    fold.close = trade.price;
    fold.volume += trade.quantity;
    if (trade.takerBuy) fold.takerVolume += trade.quantity;
    const quote = trade.price * trade.quantity;
    addQuote(fold, quote, trade.takerBuy ? quote : 0);
    fold.trades++;
  }
  return fold;
}

/** Activity over the day, about 1 on average: quiet before Asia wakes, busiest when New York opens. */
function dayShape(): Float64Array {
  const shape = new Float64Array(MINUTES_A_DAY);
  for (let i = 0; i < MINUTES_A_DAY; i++) {
    // A parabola around 14:30 UTC, wrapped at midnight; no cosine, whose last bit engines may disagree on.
    const distance = Math.abs(((i - 870 + 720 + MINUTES_A_DAY) % MINUTES_A_DAY) - 720) / 720;
    shape[i] = 0.62 + 1.14 * (1 - distance) * (1 - distance);
  }
  return shape;
}

function idsBefore(mean: number, salt: number, shape: Float64Array): Int32Array {
  const before = new Int32Array(MINUTES_A_WEEK + 1);
  for (let i = 0; i < MINUTES_A_WEEK; i++) {
    const noise = 0.6 + 0.8 * (hashPair(salt ^ 0x51ed, i) / 4294967296);
    const pairs = Math.floor((mean * (shape[i % MINUTES_A_DAY] ?? 1) * noise - 4) / 2);
    before[i + 1] = (before[i] ?? 0) + 4 + 2 * Math.max(PAIRS_MIN, pairs);
  }
  return before;
}

function forgetOldest<V>(cache: Map<number, V>, max: number): void {
  if (cache.size < max) return;
  const oldest = cache.keys().next();
  if (!oldest.done) cache.delete(oldest.value);
}
