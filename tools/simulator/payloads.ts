import { type Book, formatLevels } from "./book.ts";
import { appendFold, type Fold, formatQuote, formatUnits } from "./fold.ts";
import { foldTrades, type Market, MINUTE_MS } from "./price.ts";
import { SYMBOLS, type SymbolSpec } from "./symbols.ts";
import type { Trade } from "./trades.ts";

const MINUTES_A_DAY = 1440;

/** A candle's numbers as Binance writes them: eight decimals, in base or quote units. */
export interface FoldText {
  open: string;
  high: string;
  low: string;
  close: string;
  volume: string;
  quote: string;
  takerVolume: string;
  takerQuote: string;
}

/** Writes a fold's numbers; see {@link FoldText}. */
export function foldText(spec: SymbolSpec, fold: Readonly<Fold>): FoldText {
  const { tick_digits, lot_digits } = spec;
  const quoteDigits = tick_digits + lot_digits;
  return {
    open: formatUnits(fold.open, tick_digits),
    high: formatUnits(fold.high, tick_digits),
    low: formatUnits(fold.low, tick_digits),
    close: formatUnits(fold.close, tick_digits),
    volume: formatUnits(fold.volume, lot_digits),
    quote: formatQuote(fold.quoteHigh, fold.quoteLow, quoteDigits),
    takerVolume: formatUnits(fold.takerVolume, lot_digits),
    takerQuote: formatQuote(fold.takerQuoteHigh, fold.takerQuoteLow, quoteDigits),
  };
}

/** One row of `GET /api/v3/klines`. */
export function klineRow(spec: SymbolSpec, fold: Readonly<Fold>, openMinute: number, width: number): unknown[] {
  const text = foldText(spec, fold);
  return [
    openMinute * MINUTE_MS,
    text.open,
    text.high,
    text.low,
    text.close,
    text.volume,
    (openMinute + width) * MINUTE_MS - 1,
    text.quote,
    fold.trades,
    text.takerVolume,
    text.takerQuote,
    "0",
  ];
}

/** A `kline` event. */
export function klineEvent(
  spec: SymbolSpec,
  fold: Readonly<Fold>,
  at: { openMinute: number; width: number; interval: string; closed: boolean; event_ms: number },
): unknown {
  const text = foldText(spec, fold);
  return {
    e: "kline",
    E: at.event_ms,
    s: spec.id,
    k: {
      t: at.openMinute * MINUTE_MS,
      T: (at.openMinute + at.width) * MINUTE_MS - 1,
      s: spec.id,
      i: at.interval,
      f: fold.firstId,
      L: fold.firstId + fold.trades - 1,
      o: text.open,
      c: text.close,
      h: text.high,
      l: text.low,
      v: text.volume,
      n: fold.trades,
      x: at.closed,
      q: text.quote,
      V: text.takerVolume,
      Q: text.takerQuote,
      B: "0",
    },
  };
}

/** An `aggTrade` event. Each aggregate holds one trade here, so its three ids are one. */
export function aggTradeEvent(spec: SymbolSpec, trade: Trade): unknown {
  return { e: "aggTrade", E: trade.time_ms, s: spec.id, ...aggTradeRow(spec, trade) };
}

/** One item of `GET /api/v3/aggTrades`. */
export function aggTradeRow(spec: SymbolSpec, trade: Trade): Record<string, unknown> {
  return {
    a: trade.id,
    p: formatUnits(trade.price, spec.tick_digits),
    q: formatUnits(trade.quantity, spec.lot_digits),
    f: trade.id,
    l: trade.id,
    T: trade.time_ms,
    m: !trade.takerBuy,
    M: true,
  };
}

/** A `trade` event. */
export function tradeEvent(spec: SymbolSpec, trade: Trade): unknown {
  return {
    e: "trade",
    E: trade.time_ms,
    s: spec.id,
    t: trade.id,
    p: formatUnits(trade.price, spec.tick_digits),
    q: formatUnits(trade.quantity, spec.lot_digits),
    T: trade.time_ms,
    m: !trade.takerBuy,
    M: true,
  };
}

/** One item of `GET /api/v3/trades`. */
export function tradeRow(spec: SymbolSpec, trade: Trade): unknown {
  return {
    id: trade.id,
    price: formatUnits(trade.price, spec.tick_digits),
    qty: formatUnits(trade.quantity, spec.lot_digits),
    quoteQty: formatUnits(trade.price * trade.quantity, spec.tick_digits + spec.lot_digits),
    time: trade.time_ms,
    isBuyerMaker: !trade.takerBuy,
    isBestMatch: true,
  };
}

/** The rolling day up to an instant: 1,439 closed minutes and the forming one. */
export function dayFold(market: Market, at_ms: number): { fold: Fold; openMinute: number } {
  const now = Math.floor(at_ms / MINUTE_MS);
  const openMinute = now - MINUTES_A_DAY + 1;
  const fold = market.fold(openMinute, now);
  appendFold(fold, foldTrades(market.trades(now), at_ms));
  return { fold, openMinute };
}

/** A `24hrMiniTicker` event. */
export function miniTickerEvent(market: Market, at_ms: number): unknown {
  const { fold } = dayFold(market, at_ms);
  const text = foldText(market.spec, fold);
  return {
    e: "24hrMiniTicker",
    E: at_ms,
    s: market.spec.id,
    c: text.close,
    o: text.open,
    h: text.high,
    l: text.low,
    v: text.volume,
    q: text.quote,
  };
}

/** One item of `GET /api/v3/ticker/24hr`; `mini` leaves out what needs the order book. */
export function ticker24h(market: Market, at_ms: number, book: Book, mini: boolean): Record<string, unknown> {
  const { spec } = market;
  const { fold, openMinute } = dayFold(market, at_ms);
  const text = foldText(spec, fold);
  const tail = {
    openTime: openMinute * MINUTE_MS,
    closeTime: at_ms,
    firstId: fold.firstId,
    lastId: fold.firstId + fold.trades - 1,
    count: fold.trades,
  };
  const shared = {
    openPrice: text.open,
    highPrice: text.high,
    lowPrice: text.low,
    volume: text.volume,
    quoteVolume: text.quote,
  };
  if (mini) return { symbol: spec.id, lastPrice: text.close, ...shared, ...tail };
  const last = market.lastTrade(at_ms);
  const [bid] = formatLevels(market, book.bids.slice(0, 1));
  const [ask] = formatLevels(market, book.asks.slice(0, 1));
  return {
    symbol: spec.id,
    priceChange: formatUnits(fold.close - fold.open, spec.tick_digits),
    priceChangePercent: ((fold.close / fold.open - 1) * 100).toFixed(3),
    weightedAvgPrice: (Number(text.quote) / Number(text.volume)).toFixed(8),
    prevClosePrice: formatUnits(market.fold(openMinute - 1, openMinute).close, spec.tick_digits),
    lastPrice: text.close,
    lastQty: formatUnits(last.quantity, spec.lot_digits),
    bidPrice: bid?.[0],
    bidQty: bid?.[1],
    askPrice: ask?.[0],
    askQty: ask?.[1],
    ...shared,
    ...tail,
  };
}

/** `GET /api/v3/exchangeInfo` for the given symbols. */
export function exchangeInfo(at_ms: number, specs: readonly SymbolSpec[], weightMax: number): unknown {
  return {
    timezone: "UTC",
    serverTime: at_ms,
    rateLimits: [
      { rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, limit: weightMax },
    ],
    exchangeFilters: [],
    symbols: specs.map(symbolInfo),
  };
}

/** Specs by id, or all of them. Undefined when one is not listed. */
export function findSpecs(ids: readonly string[] | undefined): readonly SymbolSpec[] | undefined {
  if (!ids) return SYMBOLS;
  const specs = ids.map((id) => SYMBOLS.find((spec) => spec.id === id));
  return specs.every((spec) => spec !== undefined) ? specs : undefined;
}

function symbolInfo(spec: SymbolSpec): unknown {
  const tick = formatUnits(1, spec.tick_digits);
  const lot = formatUnits(1, spec.lot_digits);
  return {
    symbol: spec.id,
    status: "TRADING",
    baseAsset: spec.base,
    baseAssetPrecision: 8,
    quoteAsset: spec.quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    baseCommissionPrecision: 8,
    quoteCommissionPrecision: 8,
    orderTypes: ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"],
    icebergAllowed: true,
    ocoAllowed: true,
    otoAllowed: true,
    quoteOrderQtyMarketAllowed: true,
    allowTrailingStop: true,
    cancelReplaceAllowed: true,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: [
      { filterType: "PRICE_FILTER", minPrice: tick, maxPrice: "1000000.00000000", tickSize: tick },
      { filterType: "LOT_SIZE", minQty: lot, maxQty: "90000000.00000000", stepSize: lot },
      { filterType: "ICEBERG_PARTS", limit: 10 },
      { filterType: "MARKET_LOT_SIZE", minQty: "0.00000000", maxQty: "9000000.00000000", stepSize: "0.00000000" },
      {
        filterType: "NOTIONAL",
        minNotional: Number(spec.min_notional).toFixed(8),
        applyMinToMarket: true,
        maxNotional: "9000000.00000000",
        applyMaxToMarket: false,
        avgPriceMins: 5,
      },
      { filterType: "MAX_NUM_ORDERS", maxNumOrders: 200 },
      { filterType: "MAX_NUM_ALGO_ORDERS", maxNumAlgoOrders: 5 },
    ],
    permissions: [],
    permissionSets: [["SPOT"]],
    defaultSelfTradePreventionMode: "EXPIRE_MAKER",
    allowedSelfTradePreventionModes: ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"],
  };
}
