import { addQuote, emptyFold, type Fold, QUOTE_CARRY } from "./fold.ts";
import type { Tile } from "./tiles.ts";

/** A minute's prices in ticks, and how its volume is shared over its trades, in lots. */
export interface Minute {
  open: number;
  high: number;
  low: number;
  close: number;
  /** At the open, at the high and at the low. The close has these and `spareLots`. */
  cornerLots: number;
  spareLots: number;
  /** On one leg of all pairs together that buyers took, and that sellers took. */
  buyPairLots: number;
  sellPairLots: number;
  openBuy: boolean;
  closeBuy: boolean;
}

/** What a pair's minutes are made of. */
export interface MinuteRecipe {
  /** The price where every tile starts, in ticks. */
  levelTicks: number;
  /** Mean volume of a minute, in lots; and the least one. */
  volumeMean: number;
  volumeMin: number;
  /** At most three; the price is `levelTicks` times them. */
  tiles: readonly Tile[];
  /** Activity by minute of the day. */
  dayShape: Float64Array;
}

const MINUTES_A_DAY = 1440;
/**
 * A minute's volume falls into equal parts: one for each of open, high, low and close, the rest to pairs of trades,
 * which have two legs each. Whole numbers all, so that the turnover is exact; what does not divide goes to the close.
 */
const PARTS = 64;
const PAIR_PARTS = 30;
/** Of the pairs' parts buyers take at least so many, and so many more when the minute rises. */
const BUY_PARTS_MIN = 9;
const BUY_PARTS_RISE = 5;

/** A tile being run over: `index` moves by `step`, which is 0 on the unit tile. */
interface Run {
  tile: Tile;
  from: Float64Array;
  to: Float64Array;
  index: number;
  step: number;
}

const UNIT: Tile = {
  minutes: Infinity,
  open: Float64Array.of(1),
  close: Float64Array.of(1),
  upSquare: Float32Array.of(0),
  downSquare: Float32Array.of(0),
  activity: Float32Array.of(1),
  peak: 1,
  phase: 0,
};

/** Where a minute falls on a tile: the index, and whether time runs over it in reverse. */
export function tilePosition(tile: Tile, minute: number): { index: number; reverse: boolean } {
  if (tile === UNIT) return { index: 0, reverse: false };
  const period = 2 * tile.minutes;
  const position = (minute + tile.phase) % period;
  return position < tile.minutes
    ? { index: position, reverse: false }
    : { index: period - 1 - position, reverse: true };
}

/** Computes the minutes of one pair. */
export class MinuteFolder {
  readonly #recipe: MinuteRecipe;
  /** Keeps a minute's turnover in ticks × lots an exact integer. */
  readonly #volumeMax: number;
  readonly #runs: [Run, Run, Run];
  readonly #last = { open: 0, high: 0, low: 0, close: 0, corner: 0, spare: 0, buyParts: 0, openBuy: 0, closeBuy: 0 };

  constructor(recipe: MinuteRecipe) {
    const { tiles } = recipe;
    if (tiles.length > 3) throw new RangeError(`Cannot fold a price of ${tiles.length} factors: limit is 3`);
    this.#recipe = recipe;
    const peak = tiles.reduce((product, tile) => product * tile.peak, recipe.levelTicks);
    this.#volumeMax = Math.floor(QUOTE_CARRY / (peak + 1)) - 1;
    const run = (tile: Tile): Run => ({ tile, from: tile.open, to: tile.close, index: 0, step: 0 });
    this.#runs = [run(tiles[0] ?? UNIT), run(tiles[1] ?? UNIT), run(tiles[2] ?? UNIT)];
  }

  /** One minute by itself. */
  minute(minute: number): Minute {
    this.append(emptyFold(), minute, minute + 1);
    const { open, high, low, close, corner, spare, buyParts, openBuy, closeBuy } = this.#last;
    return {
      open,
      high,
      low,
      close,
      cornerLots: corner,
      spareLots: spare,
      buyPairLots: buyParts * corner,
      sellPairLots: (PAIR_PARTS - buyParts) * corner,
      openBuy: openBuy === 1,
      closeBuy: closeBuy === 1,
    };
  }

  /** Appends the minutes `from` (inclusive) to `to` (exclusive) to `fold`, all but its trades' ids and count. */
  append(fold: Fold, from: number, to: number): void {
    let minute = from;
    while (minute < to) {
      let end = to;
      for (const run of this.#runs) end = Math.min(end, placeRun(run, minute));
      this.#run(fold, minute, end);
      minute = end;
    }
  }

  /**
   * Folds minutes over which no tile turns around. A thousand daily candles pass this loop 1.4 million times, so
   * it neither allocates, nor hashes, nor computes indices.
   */
  #run(fold: Fold, from: number, to: number): void {
    const { levelTicks, volumeMean, volumeMin, dayShape } = this.#recipe;
    const volumeMax = this.#volumeMax;
    const [a, b, c] = this.#runs;
    const { from: aFrom, to: aTo, step: aStep, tile: { upSquare: aUp, downSquare: aDown, activity: aActivity } } = a;
    const { from: bFrom, to: bTo, step: bStep, tile: { upSquare: bUp, downSquare: bDown, activity: bActivity } } = b;
    const { from: cFrom, to: cTo, step: cStep, tile: { upSquare: cUp, downSquare: cDown, activity: cActivity } } = c;
    let i = a.index;
    let j = b.index;
    let k = c.index;
    let dayMinute = from % MINUTES_A_DAY;
    let first = 0;
    let top = 0;
    let bottom = 0;
    let highest = 0;
    let lowest = Infinity;
    let volumes = 0;
    let takerVolumes = 0;
    let quoteHigh = 0;
    let quoteLow = 0;
    let takerQuoteHigh = 0;
    let takerQuoteLow = 0;
    let open = 0;
    let high = 0;
    let low = 0;
    let close = 0;
    let volume = 0;
    let corner = 0;
    let spare = 0;
    let buyParts = 0;
    let openBuy = 0;
    let closeBuy = 0;
    for (let minute = from; minute < to; minute++) {
      let start = levelTicks * (aFrom[i] as number) * (bFrom[j] as number);
      let end = levelTicks * (aTo[i] as number) * (bTo[j] as number);
      // Wicks of independent factors seldom come together: their squares add up.
      let up = (aUp[i] as number) + (bUp[j] as number);
      let down = (aDown[i] as number) + (bDown[j] as number);
      let busy = (aActivity[i] as number) * (bActivity[j] as number);
      if (cStep !== 0) {
        start *= cFrom[k] as number;
        end *= cTo[k] as number;
        up += cUp[k] as number;
        down += cDown[k] as number;
        busy *= cActivity[k] as number;
      }
      // One branch in place of many: whether a minute rises is a coin's toss, which no processor foresees.
      if (end > start) {
        top = end;
        bottom = start;
        closeBuy = 1;
      } else {
        top = start;
        bottom = end;
        closeBuy = 0;
      }
      open = Math.floor(start + 0.5);
      close = Math.floor(end + 0.5);
      high = Math.floor(top * (1 + Math.sqrt(up)) + 0.5);
      low = Math.floor(bottom * (1 - Math.sqrt(down)) + 0.5);
      volume = volumeMean * busy * (dayShape[dayMinute] as number);
      volume = volume < volumeMin ? volumeMin : volume > volumeMax ? volumeMax : Math.floor(volume);

      corner = Math.floor(volume / PARTS);
      spare = volume - PARTS * corner;
      // Buyers take more of a rising minute. The volume's digits are as good as chance.
      openBuy = (corner >> 3) & 1;
      buyParts = BUY_PARTS_MIN + (corner & 7) + BUY_PARTS_RISE * closeBuy;

      const middle = low + high;
      const closeBought = closeBuy * close;
      if (minute === from) first = open;
      if (high > highest) highest = high;
      if (low < lowest) lowest = low;
      volumes += volume;
      takerVolumes += corner * (2 * buyParts + 1 + openBuy + closeBuy) + closeBuy * spare;
      quoteLow += corner * ((PAIR_PARTS + 1) * middle + open + close) + spare * close;
      takerQuoteLow += corner * (buyParts * middle + high + openBuy * open + closeBought) + spare * closeBought;
      if (quoteLow >= QUOTE_CARRY) {
        quoteLow -= QUOTE_CARRY;
        quoteHigh++;
      }
      if (takerQuoteLow >= QUOTE_CARRY) {
        takerQuoteLow -= QUOTE_CARRY;
        takerQuoteHigh++;
      }
      i += aStep;
      j += bStep;
      k += cStep;
      dayMinute = dayMinute === MINUTES_A_DAY - 1 ? 0 : dayMinute + 1;
    }
    if (fold.open === 0) fold.open = first;
    fold.high = Math.max(fold.high, highest);
    fold.low = fold.low === 0 ? lowest : Math.min(fold.low, lowest);
    fold.close = close;
    fold.volume += volumes;
    fold.takerVolume += takerVolumes;
    fold.quoteHigh += quoteHigh;
    fold.takerQuoteHigh += takerQuoteHigh;
    addQuote(fold, quoteLow, takerQuoteLow);
    Object.assign(this.#last, { open, high, low, close, corner, spare, buyParts, openBuy, closeBuy });
  }
}

/** Puts a run at a minute; returns the minute at which its tile turns around. */
function placeRun(run: Run, minute: number): number {
  const { tile } = run;
  if (tile === UNIT) return Infinity;
  const { index, reverse } = tilePosition(tile, minute);
  run.index = index;
  run.step = reverse ? -1 : 1;
  run.from = reverse ? tile.close : tile.open;
  run.to = reverse ? tile.open : tile.close;
  return minute + (reverse ? index + 1 : tile.minutes - index);
}
