import { seeded } from "../../lib/kernel/seeded.ts";
import type { Minute } from "./minutes.ts";

/** One trade: price in ticks, quantity in lots. */
export interface Trade {
  id: number;
  time_ms: number;
  price: number;
  quantity: number;
  /** Whether the buyer took: Binance's `m` (buyer is maker) is its opposite. */
  takerBuy: boolean;
}

/**
 * How a minute trades. One trade each at open, high, low and close; the rest come in pairs at prices `p` and
 * `low + high − p` with equal quantities, so that a minute's turnover has a closed form in integers: the corners'
 * plus `low + high` times the lots on one leg of the pairs. That is why a year of candles needs no trades made.
 */
export interface MinutePlan extends Minute {
  open_ms: number;
  highFirst: boolean;
  pairs: number;
  buyPairs: number;
  firstId: number;
  seed: number;
}

interface Print {
  price: number;
  quantity: number;
  takerBuy: boolean;
  /** Where along its leg of the path the trade falls; only its order counts. */
  position: number;
}

const MINUTE_MS = 60_000;
/** How far, as a share of a leg, a trade may fall out of the order of prices: the path wiggles. */
const WIGGLE = 0.22;

/**
 * Lists a minute's trades in time order. Their fold is exactly the plan's candle: the first is the open (at the
 * minute's first millisecond), the last the close, high and low are touched, quantities and turnover add up.
 */
export function minuteTrades(plan: MinutePlan): Trade[] {
  const random = seeded(plan.seed);
  const [first, second] = plan.highFirst ? [plan.high, plan.low] : [plan.low, plan.high];
  const legs: [Print[], Print[], Print[]] = [[], [], []];
  const place = (price: number, quantity: number, takerBuy: boolean) => {
    const choice = random();
    const wiggle = (random() - 0.5) * WIGGLE;
    let leg = 1;
    let from = first;
    let to = second;
    if (choice < 0.5 && isBetween(price, plan.open, first)) {
      leg = 0;
      from = plan.open;
      to = first;
    } else if (choice >= 0.35 && isBetween(price, second, plan.close)) {
      leg = 2;
      from = second;
      to = plan.close;
    }
    const position = (from === to ? random() : (price - from) / (to - from)) + wiggle;
    legs[leg as 0 | 1 | 2].push({ price, quantity, takerBuy, position });
  };
  for (const takerBuy of [true, false]) {
    const pairs = takerBuy ? plan.buyPairs : plan.pairs - plan.buyPairs;
    const lots = takerBuy ? plan.buyPairLots : plan.sellPairLots;
    for (const quantity of splitLots(lots, pairs, random)) {
      const price = plan.low + Math.floor(random() * (plan.high - plan.low + 1));
      place(price, quantity, takerBuy);
      place(plan.low + plan.high - price, quantity, takerBuy);
    }
  }
  for (const leg of legs) leg.sort((a, b) => a.position - b.position);
  const high: Print = { price: plan.high, quantity: plan.cornerLots, takerBuy: true, position: 0 };
  const low: Print = { price: plan.low, quantity: plan.cornerLots, takerBuy: false, position: 0 };
  const prints: Print[] = [
    { price: plan.open, quantity: plan.cornerLots, takerBuy: plan.openBuy, position: 0 },
    ...legs[0],
    plan.highFirst ? high : low,
    ...legs[1],
    plan.highFirst ? low : high,
    ...legs[2],
    { price: plan.close, quantity: plan.cornerLots + plan.spareLots, takerBuy: plan.closeBuy, position: 0 },
  ];
  const slot_ms = MINUTE_MS / prints.length;
  return prints.map(({ price, quantity, takerBuy }, index) => ({
    id: plan.firstId + index,
    time_ms: plan.open_ms + (index === 0 ? 0 : Math.floor((index + random()) * slot_ms)),
    price,
    quantity,
    takerBuy,
  }));
}

/** Splits `lots` into `parts` whole numbers of at least one, unevenly: many small ones, a few large. */
function splitLots(lots: number, parts: number, random: () => number): number[] {
  const weights = Array.from({ length: parts }, () => {
    const x = random();
    return 0.02 + x * x * x;
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const spare = lots - parts;
  let left = spare;
  const quantities = weights.map((weight) => {
    const extra = Math.min(left, Math.floor(spare * weight / total));
    left -= extra;
    return 1 + extra;
  });
  if (quantities[0] !== undefined) quantities[0] += left;
  return quantities;
}

function isBetween(price: number, a: number, b: number): boolean {
  return price >= Math.min(a, b) && price <= Math.max(a, b);
}
