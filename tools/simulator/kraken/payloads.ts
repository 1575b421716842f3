import type { Book, Level } from "../book.ts";
import { type Fold, formatQuote, formatUnits } from "../fold.ts";
import { dayFold } from "../payloads.ts";
import { type Market, MINUTE_MS } from "../price.ts";
import type { SymbolSpec } from "../symbols.ts";
import type { Trade } from "../trades.ts";
import { crc32 } from "./crc32.ts";
import type { KrakenPair } from "./pairs.ts";

/** Decimals of a quantity on Kraken's wire, whatever the pair. */
export const QUANTITY_DIGITS = 8;

/** Levels a side that a book's checksum covers. */
const CHECKSUM_LEVELS = 10;

/** A number as Kraken's sockets write it: bare, with all its decimals. */
type RawNumber = unknown;

/** An item of `AssetPairs`. */
export function assetPair({ spec, altname, wsname, base, quote }: KrakenPair): unknown {
  return {
    altname,
    wsname,
    aclass_base: "currency",
    base,
    aclass_quote: "currency",
    quote,
    lot: "unit",
    cost_decimals: 5,
    pair_decimals: spec.tick_digits,
    lot_decimals: QUANTITY_DIGITS,
    lot_multiplier: 1,
    leverage_buy: [],
    leverage_sell: [],
    fees: [[0, 0.4]],
    fees_maker: [[0, 0.25]],
    fee_volume_currency: "ZUSD",
    margin_call: 80,
    margin_stop: 40,
    ordermin: quantityText(spec, 1),
    costmin: spec.min_notional,
    tick_size: priceText(spec, 1),
    status: "online",
  };
}

/** A row of `OHLC`: time in seconds, prices, volume-weighted mean, volume and number of trades. */
export function ohlcRow(spec: SymbolSpec, fold: Readonly<Fold>, openMinute: number): unknown[] {
  return [
    openMinute * MINUTE_MS / 1_000,
    priceText(spec, fold.open),
    priceText(spec, fold.high),
    priceText(spec, fold.low),
    priceText(spec, fold.close),
    vwapText(spec, fold),
    quantityText(spec, fold.volume),
    fold.trades,
  ];
}

/** An entry of the channel `ohlc`. */
export function ohlcEntry(pair: KrakenPair, fold: Readonly<Fold>, openMinute: number, width: number): unknown {
  const { spec } = pair;
  return {
    symbol: pair.symbol,
    open: raw(priceText(spec, fold.open)),
    high: raw(priceText(spec, fold.high)),
    low: raw(priceText(spec, fold.low)),
    close: raw(priceText(spec, fold.close)),
    trades: fold.trades,
    volume: raw(quantityText(spec, fold.volume)),
    vwap: raw(vwapText(spec, fold)),
    interval_begin: stamp(openMinute * MINUTE_MS, "000000"),
    interval: width,
    timestamp: stamp((openMinute + width) * MINUTE_MS, "000"),
  };
}

/** A row of `Trades`: price, volume, time in seconds, taker's side, order type, nothing, id. */
export function tradeRow(spec: SymbolSpec, trade: Trade): unknown[] {
  const seconds = raw((trade.time_ms / 1_000).toFixed(7));
  const side = trade.takerBuy ? "b" : "s";
  return [priceText(spec, trade.price), quantityText(spec, trade.quantity), seconds, side, "m", "", trade.id];
}

/** An entry of the channel `trade`. */
export function tradeEntry({ spec, symbol }: KrakenPair, trade: Trade): unknown {
  return {
    symbol,
    side: trade.takerBuy ? "buy" : "sell",
    price: raw(priceText(spec, trade.price)),
    qty: raw(quantityText(spec, trade.quantity)),
    ord_type: "market",
    trade_id: trade.id,
    timestamp: stamp(trade.time_ms, "000"),
  };
}

/** An entry of the channel `book`; the checksum is that of `whole`, the book after the change. */
export function bookEntry(
  { spec, symbol }: KrakenPair,
  { bids, asks }: { bids: readonly Level[]; asks: readonly Level[] },
  whole: Book,
  at_ms: number,
): Record<string, unknown> {
  const write = (levels: readonly Level[]) =>
    levels.map(([price, quantity]) => ({
      price: raw(priceText(spec, price)),
      qty: raw(quantityText(spec, quantity)),
    }));
  return {
    symbol,
    bids: write(bids),
    asks: write(asks),
    checksum: bookChecksum(spec, whole),
    timestamp: stamp(at_ms, "000"),
  };
}

/**
 * Checksum of a book's ten best levels: asks, then bids, each price and quantity without point and leading zeros.
 * Source: Kraken API docs, "Spot WebSocket v2: book checksum".
 */
export function bookChecksum(spec: SymbolSpec, { bids, asks }: Book): number {
  const digits = (text: string) => text.replace(".", "").replace(/^0+/, "");
  let text = "";
  for (const side of [asks, bids]) {
    for (const [price, quantity] of side.slice(0, CHECKSUM_LEVELS)) {
      text += digits(priceText(spec, price)) + digits(quantityText(spec, quantity));
    }
  }
  return crc32(text);
}

/** Rows of one side of `Depth`: price, volume, time in seconds. */
export function depthRows(spec: SymbolSpec, levels: readonly Level[], at_ms: number): unknown[] {
  const seconds = Math.floor(at_ms / 1_000);
  return levels.map(([price, quantity]) => [priceText(spec, price), quantityText(spec, quantity), seconds]);
}

/** An item of `Ticker`. Of pairs of values the first is today's at Kraken; here both are the last 24 hours'. */
export function tickerItem(market: Market, at_ms: number, book: Book): unknown {
  const { spec } = market;
  const { fold } = dayFold(market, at_ms);
  const last = market.lastTrade(at_ms);
  const best = ([level]: readonly Level[]) => {
    const [price, quantity] = level ?? [0, 0];
    return [priceText(spec, price), "1", quantityText(spec, quantity)];
  };
  const twice = <T>(value: T): [T, T] => [value, value];
  return {
    a: best(book.asks),
    b: best(book.bids),
    c: [priceText(spec, last.price), quantityText(spec, last.quantity)],
    v: twice(quantityText(spec, fold.volume)),
    p: twice(vwapText(spec, fold)),
    t: twice(fold.trades),
    l: twice(priceText(spec, fold.low)),
    h: twice(priceText(spec, fold.high)),
    o: priceText(spec, fold.open),
  };
}

/** An entry of the channel `ticker`. */
export function tickerEntry(pair: KrakenPair, market: Market, at_ms: number, book: Book): unknown {
  const { spec, symbol } = pair;
  const { fold } = dayFold(market, at_ms);
  const [bid, bidSize] = book.bids[0] ?? [0, 0];
  const [ask, askSize] = book.asks[0] ?? [0, 0];
  return {
    symbol,
    bid: raw(priceText(spec, bid)),
    bid_qty: raw(quantityText(spec, bidSize)),
    ask: raw(priceText(spec, ask)),
    ask_qty: raw(quantityText(spec, askSize)),
    last: raw(priceText(spec, fold.close)),
    volume: raw(quantityText(spec, fold.volume)),
    vwap: raw(vwapText(spec, fold)),
    low: raw(priceText(spec, fold.low)),
    high: raw(priceText(spec, fold.high)),
    change: raw(priceText(spec, fold.close - fold.open)),
    change_pct: raw(((fold.close / fold.open - 1) * 100).toFixed(2)),
  };
}

/** RFC 3339 with microseconds or more: `digits` follow the milliseconds. */
export function stamp(at_ms: number, digits: string): string {
  return new Date(at_ms).toISOString().replace("Z", `${digits}Z`);
}

function priceText(spec: SymbolSpec, ticks: number): string {
  return cut(formatUnits(ticks, spec.tick_digits), spec.tick_digits);
}

function quantityText(spec: SymbolSpec, lots: number): string {
  return cut(formatUnits(lots, spec.lot_digits), QUANTITY_DIGITS);
}

function vwapText(spec: SymbolSpec, fold: Readonly<Fold>): string {
  const volume = Number(formatUnits(fold.volume, spec.lot_digits));
  const quote = Number(formatQuote(fold.quoteHigh, fold.quoteLow, spec.tick_digits + spec.lot_digits));
  return volume === 0 ? cut(formatUnits(0, 0), spec.tick_digits) : (quote / volume).toFixed(spec.tick_digits);
}

/** Keeps `digits` of a number's eight decimals. */
function cut(text: string, digits: number): string {
  const point = text.indexOf(".");
  return digits === 0 ? text.slice(0, point) : text.slice(0, point + 1 + digits);
}

// The platform has it, the compiler's library does not know it yet.
const { rawJSON } = JSON as unknown as { rawJSON(text: string): RawNumber };

function raw(text: string): RawNumber {
  return rawJSON(text);
}
