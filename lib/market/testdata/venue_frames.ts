/*
 * Frames of real venues, as the public sources of ccxt 4.5.84 show them in the comments of its handlers (js/src/pro/
 * binance.js, kraken.js, coinbase.js), which in turn quote the venues' API documentation. Numbers and names are theirs.
 */

/** Binance, `<symbol>@kline_1m`. */
export const BINANCE_KLINE = {
  e: "kline",
  E: 1579482921215,
  s: "ETHBTC",
  k: {
    t: 1579482900000,
    T: 1579482959999,
    s: "ETHBTC",
    i: "1m",
    f: 158411535,
    L: 158411550,
    o: "0.01913200",
    c: "0.01913500",
    h: "0.01913700",
    l: "0.01913200",
    v: "5.08400000",
    n: 16,
    x: false,
    q: "0.09728060",
    V: "3.30200000",
    Q: "0.06318500",
    B: "0",
  },
};

/** Binance, `<symbol>@trade`; it once told the orders' ids `b` and `a` too. */
export const BINANCE_TRADE = {
  e: "trade",
  E: 1579481530911,
  s: "ETHBTC",
  t: 158410082,
  p: "0.01914100",
  q: "0.00700000",
  T: 1579481530910,
  m: false,
  M: true,
};

/** Binance, `<symbol>@depth20@100ms`; two levels of twenty. */
export const BINANCE_DEPTH = {
  stream: "ethbtc@depth20@100ms",
  data: {
    lastUpdateId: 160,
    bids: [["0.00240000", "10.00000000"], ["0.00230000", "4.00000000"]],
    asks: [["0.00260000", "100.00000000"], ["0.00270000", "3.00000000"]],
  },
};

/** Kraken, channel `ohlc`; the source shows a candle of five minutes, this is one of a minute. */
export const KRAKEN_OHLC = {
  channel: "ohlc",
  type: "update",
  timestamp: "2023-10-04T16:26:30.524394914Z",
  data: [{
    symbol: "MATIC/USD",
    open: 0.5624,
    high: 0.5628,
    low: 0.5622,
    close: 0.5627,
    trades: 12,
    volume: 30927.68066226,
    vwap: 0.5626,
    interval_begin: "2023-10-04T16:25:00.000000000Z",
    interval: 1,
    timestamp: "2023-10-04T16:26:00.000000Z",
  }],
};

/** Kraken, channel `trade`. */
export const KRAKEN_TRADE = {
  channel: "trade",
  type: "update",
  data: [{
    symbol: "MATIC/USD",
    side: "sell",
    price: 0.5117,
    qty: 40.0,
    ord_type: "market",
    trade_id: 4665906,
    timestamp: "2023-09-25T07:49:37.708706Z",
  }],
};

/** Kraken, channel `book`: a snapshot and an update of it. */
export const KRAKEN_BOOK = [
  {
    channel: "book",
    type: "snapshot",
    data: [{
      symbol: "MATIC/USD",
      bids: [{ price: 0.5666, qty: 4831.75496356 }, { price: 0.5665, qty: 6658.22734739 }],
      asks: [{ price: 0.5668, qty: 4410.79769741 }, { price: 0.5669, qty: 4655.40412487 }],
      checksum: 2439117997,
    }],
  },
  {
    channel: "book",
    type: "update",
    data: [{
      symbol: "MATIC/USD",
      bids: [{ price: 0.5657, qty: 1098.3947558 }],
      asks: [],
      checksum: 2114181697,
      timestamp: "2023-10-06T17:35:55.440295Z",
    }],
  },
];

/** Coinbase Advanced Trade, channel `market_trades`. */
export const COINBASE_TRADE = {
  channel: "market_trades",
  client_id: "",
  timestamp: "2023-02-09T20:19:35.39625135Z",
  sequence_num: 0,
  events: [{
    type: "snapshot",
    trades: [{
      trade_id: "000000000",
      product_id: "ETH-USD",
      price: "1260.01",
      size: "0.3",
      side: "BUY",
      time: "2019-08-14T20:42:27.265Z",
    }],
  }],
};

/** Coinbase Advanced Trade, channel `l2_data`; asks are added, the source shows bids alone. */
export const COINBASE_BOOK = {
  channel: "l2_data",
  client_id: "",
  timestamp: "2023-02-09T20:32:50.714964855Z",
  sequence_num: 0,
  events: [{
    type: "snapshot",
    product_id: "ETH-USD",
    updates: [
      { side: "bid", event_time: "1970-01-01T00:00:00Z", price_level: "21921.74", new_quantity: "0.06317902" },
      { side: "bid", event_time: "1970-01-01T00:00:00Z", price_level: "21921.3", new_quantity: "0.02" },
      { side: "offer", event_time: "1970-01-01T00:00:00Z", price_level: "21922.1", new_quantity: "0.5" },
    ],
  }],
};
