// @ts-types="npm:@types/big.js@7.0.0"
import Big from "big.js";
import { canonicalDecimal } from "../kernel/decimal.ts";
import type { PoolMetrics, PoolPosition } from "./adapter.ts";

/** Digits kept of a position's quantity. */
const QUANTITY_DIGITS = 8;

/** Digits kept of an exposure. */
const EXPOSURE_DIGITS = 4;

/** A strategy that holds one market from a cycle's start to its end. */
export interface HeldMarket {
  symbol: string;
  /** Money at the cycle's start. */
  capital: string;
  /** Digits of the currency's smallest unit. */
  scale: number;
  /** What is bought at the start, as a multiple of the capital. */
  leverage: string;
  /** Price at the start. */
  entryPrice: string;
}

/**
 * What the strategy's pool is worth at a price: capital × (1 + leverage × (mark ÷ entry − 1)), rounded down to the
 * smallest unit, and never below zero, because a broker closes what its owner cannot pay for. The market's quote counts
 * as the pool's currency: what exchange rates do is not part of the simulation.
 * @param markPrice the market's price now.
 */
export function valueHeldMarket(
  { symbol, capital, scale, leverage, entryPrice }: HeldMarket,
  markPrice: string,
): Omit<PoolMetrics, "asOf_ms"> {
  const notional = new Big(capital).times(leverage);
  if (notional.eq(0)) return { equity: canonicalDecimal(capital), pnl: "0", exposure: null, positions: [] };
  // Multiplied first, divided once: big.js rounds divisions.
  const moved = notional.times(new Big(markPrice).minus(entryPrice));
  const pnl = floorDivision(moved, new Big(entryPrice), scale);
  const equity = new Big(capital).plus(pnl);
  if (equity.lte(0)) {
    return { equity: "0", pnl: canonicalDecimal(new Big(capital).times(-1).toFixed()), exposure: null, positions: [] };
  }
  const position: PoolPosition = {
    symbol,
    side: "long",
    quantity: canonicalDecimal(floorDivision(notional, new Big(entryPrice), QUANTITY_DIGITS).toFixed()),
    entry_price: canonicalDecimal(entryPrice),
    mark_price: canonicalDecimal(markPrice),
    pnl: canonicalDecimal(pnl.toFixed()),
  };
  const value = notional.times(markPrice);
  return {
    equity: canonicalDecimal(equity.toFixed()),
    pnl: position.pnl,
    exposure: canonicalDecimal(floorDivision(value, equity.times(entryPrice), EXPOSURE_DIGITS).toFixed()),
    positions: [position],
  };
}

/** `a ÷ b` rounded towards minus infinity at `digits`, exactly; `b` is positive. */
function floorDivision(a: Big, b: Big, digits: number): Big {
  const unit = new Big(10).pow(-digits);
  // The quotient is only near, so it is corrected by what it leaves.
  let units = a.div(b).div(unit).round(0, Big.roundDown);
  while (units.times(unit).times(b).gt(a)) units = units.minus(1);
  while (units.plus(1).times(unit).times(b).lte(a)) units = units.plus(1);
  return units.times(unit);
}
