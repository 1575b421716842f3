import { formatUnits } from "./fold.ts";
import { hashPair } from "./hash.ts";
import type { Market } from "./price.ts";

/** A price level: price in ticks, quantity in lots. */
export type Level = [price: number, quantity: number];

/** An order book at an instant. `id` is the instant of its last change: it grows, and is a function of time. */
export interface Book {
  id: number;
  /** Best first. */
  bids: Level[];
  asks: Level[];
}

/** Levels a side. */
export const BOOK_LEVELS_MAX = 100;
/** A level keeps its quantity for this many changes of the book on average. */
const QUANTITY_STEPS = 16;

/**
 * The book changes in steps of 100 ms of wall time; in simulated time that is this wide. Streams and snapshots
 * stand on the same steps, so that a snapshot always lies between two diffs.
 */
export function bookStepMs(speed: number): number {
  return Math.max(1, Math.round(100 * speed));
}

/** The book at the step that holds `at_ms`: a pure function of the market and the step, around its last trade. */
export function bookAt(market: Market, at_ms: number, step_ms: number, levels = BOOK_LEVELS_MAX): Book {
  const step = Math.floor(at_ms / step_ms);
  const last = market.lastTrade(step * step_ms);
  const grid = Math.max(1, Math.round(last.price * 2e-5));
  const spread = Math.max(1, Math.round(grid / 3));
  const bid = Math.max(levels * grid + 1, last.takerBuy ? last.price - spread : last.price);
  const size = Math.max(2, Math.round(market.meanTradeLots * 6));
  const side = (best: number, direction: -1 | 1): Level[] => {
    const list: Level[] = [[best, quantityAt(market, best, step, size)]];
    const next = direction < 0 ? Math.ceil(best / grid) - 1 : Math.floor(best / grid) + 1;
    for (let i = 0; i < levels - 1; i++) {
      const price = (next + direction * i) * grid;
      list.push([price, quantityAt(market, price, step, size * (1 + i / 8))]);
    }
    return list;
  };
  return { id: step * step_ms, bids: side(bid, -1), asks: side(bid + spread, 1) };
}

/** What changed from one book to the next, as Binance's diff stream tells it: quantity 0 removes a level. */
export function diffBooks(from: Book, to: Book): { bids: Level[]; asks: Level[] } {
  return { bids: diffLevels(from.bids, to.bids), asks: diffLevels(from.asks, to.asks) };
}

/** Levels as Binance writes them. */
export function formatLevels(market: Market, levels: readonly Level[]): [string, string][] {
  const { tick_digits, lot_digits } = market.spec;
  return levels.map(([price, quantity]) => [formatUnits(price, tick_digits), formatUnits(quantity, lot_digits)]);
}

function diffLevels(from: readonly Level[], to: readonly Level[]): Level[] {
  const before = new Map(from);
  const changed: Level[] = [];
  for (const [price, quantity] of to) {
    if (before.get(price) !== quantity) changed.push([price, quantity]);
    before.delete(price);
  }
  for (const price of before.keys()) changed.push([price, 0]);
  return changed;
}

function quantityAt(market: Market, price: number, step: number, size: number): number {
  const level = hashPair(market.salt, price);
  const epoch = Math.floor((step + level % QUANTITY_STEPS) / QUANTITY_STEPS);
  const chance = hashPair(level, epoch) / 4294967296;
  return Math.max(1, Math.floor(size * (0.1 + 2.4 * chance * chance)));
}
