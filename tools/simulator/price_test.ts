import assert from "node:assert/strict";
import { appendFold, emptyFold, type Fold, formatQuote, formatUnits } from "./fold.ts";
import { foldTrades, LISTED_MINUTE, type Market, MINUTE_MS, PriceModel } from "./price.ts";
import { tilePosition } from "./minutes.ts";
import { loadCandles } from "./server.ts";
import { SYMBOLS, TILES } from "./symbols.ts";
import { parseCandles, type Tile } from "./tiles.ts";

const SEED = 1;
const candles = await loadCandles();
const model = new PriceModel(SEED, candles);
/** 2026-11-20T00:00Z. */
const TODAY = Date.UTC(2026, 10, 20) / MINUTE_MS;

function marketOf(from: PriceModel, id: string): Market {
  const market = from.market(id);
  assert(market, `${id} is listed`);
  return market;
}

/** Instants spread over decades, the listing, and the tiles' turning points. */
function sampleMinutes(market: Market): number[] {
  const minutes = [LISTED_MINUTE, TODAY - 500 * 1440, TODAY - 1, TODAY, TODAY + 1, TODAY + 40 * 365 * 1440];
  for (const tile of market.tiles) {
    const turn = nextTurn(tile, TODAY);
    minutes.push(turn - 1, turn, turn + 1);
  }
  return minutes;
}

function nextTurn(tile: Tile, minute: number): number {
  const { index, reverse } = tilePosition(tile, minute);
  return minute + (reverse ? index + 1 : tile.minutes - index);
}

Deno.test("candles are a pure function of (seed, symbol, open time), in whatever order they are asked for", () => {
  const other = new PriceModel(SEED, candles);
  for (const { id } of [...SYMBOLS].reverse()) {
    const one = marketOf(model, id);
    const two = marketOf(other, id);
    const minutes = sampleMinutes(one);
    const expected = minutes.map((minute) => one.fold(minute, minute + 7));
    const found = [...minutes].reverse().map((minute) => two.fold(minute, minute + 7)).reverse();
    assert.deepEqual(found, expected, `${id} with seed ${SEED}`);
    assert.deepEqual(two.trades(TODAY), one.trades(TODAY));
  }
});

Deno.test("another seed tells another market, BTC-USDT included, whose shape is then met at another time", () => {
  const other = new PriceModel(2, candles);
  for (const { id } of SYMBOLS) {
    assert.notDeepEqual(marketOf(other, id).fold(TODAY, TODAY + 60), marketOf(model, id).fold(TODAY, TODAY + 60), id);
  }
});

Deno.test("a minute's trades fold exactly into its candle, turnover and taker side included", () => {
  for (const { id } of SYMBOLS) {
    const market = marketOf(model, id);
    for (let minute = TODAY; minute < TODAY + 200; minute++) checkMinute(market, minute);
    for (const minute of sampleMinutes(market)) checkMinute(market, minute);
  }
});

function checkMinute(market: Market, minute: number): void {
  const where = `${market.spec.id} minute ${minute} seed ${SEED}`;
  const trades = market.trades(minute);
  const fold = market.fold(minute, minute + 1);
  assert.deepEqual(foldTrades(trades, Infinity), fold, where);
  assert(fold.low >= 1 && fold.low <= Math.min(fold.open, fold.close), where);
  assert(fold.high >= Math.max(fold.open, fold.close), where);
  assert(fold.takerVolume > 0 && fold.takerVolume < fold.volume, where);
  let before_ms = minute * MINUTE_MS;
  for (const [index, trade] of trades.entries()) {
    assert.equal(trade.id, fold.firstId + index, where);
    assert(trade.time_ms >= before_ms && trade.time_ms < (minute + 1) * MINUTE_MS, where);
    assert(Number.isInteger(trade.quantity) && trade.quantity >= 1, where);
    before_ms = trade.time_ms;
  }
  assert.equal(trades[0]?.time_ms, minute * MINUTE_MS, "every minute opens with a trade");
  assert.equal(market.firstId(minute + 1), fold.firstId + trades.length, where);
  assert.equal(market.minuteOfTrade(fold.firstId), minute, where);
  assert.equal(market.minuteOfTrade(fold.firstId + trades.length - 1), minute, where);
}

Deno.test("wider candles are exact folds of minutes, across days and turning points", () => {
  for (const id of ["BTCUSDT", "ETHUSDT", "ETHEUR", "DOGEUSDT"]) {
    const market = marketOf(model, id);
    const turn = nextTurn(market.tiles[0] as Tile, TODAY);
    for (const width of [5, 15, 30, 60, 240, 1440]) {
      for (const start of [TODAY - 2 * 1440, turn]) {
        const open = Math.floor(start / width) * width;
        const sum = emptyFold();
        for (let minute = open; minute < open + width; minute++) appendFold(sum, market.fold(minute, minute + 1));
        assert.deepEqual(market.fold(open, open + width), sum, `${id} ${width} at ${open}`);
      }
    }
    const from = TODAY - 2 * 1440 - 77;
    const sum = emptyFold();
    for (let minute = from; minute < TODAY + 99; minute++) appendFold(sum, market.fold(minute, minute + 1));
    assert.deepEqual(market.fold(from, TODAY + 99), sum, `${id} over whole days and parts of days`);
  }
});

Deno.test("a forming candle is the fold of closed minutes and the trades so far, and knows nothing of the future", () => {
  const market = marketOf(model, "BTCUSDT");
  const at_ms = (TODAY + 3) * MINUTE_MS + 20_000;
  const sum: Fold = market.fold(TODAY, TODAY + 3);
  const trades = market.trades(TODAY + 3).filter((trade) => trade.time_ms <= at_ms);
  appendFold(sum, foldTrades(trades, Infinity));
  assert.deepEqual(market.candle(TODAY, 5, at_ms), sum);
  assert.equal(sum.close, trades.at(-1)?.price);
  assert.equal(market.candle(TODAY + 5, 5, at_ms), undefined);
});

Deno.test("BTC-USDT chains the real candles' returns on a forward tile, within a tick", () => {
  const market = marketOf(model, "BTCUSDT");
  const [tile] = market.tiles;
  assert(tile);
  let start = nextTurn(tile, TODAY);
  if (tilePosition(tile, start).reverse) start = nextTurn(tile, start);
  assert.deepEqual(tilePosition(tile, start), { index: 0, reverse: false });
  const count = candles.open.length;
  assert.equal(count, 45_031);
  for (let i = 1; i < count; i++) {
    const before = market.fold(start + i - 1, start + i).close;
    const fold = market.fold(start + i, start + i + 1);
    const realBefore = candles.close[i - 1] as number;
    for (const part of ["open", "high", "low", "close"] as const) {
      const expected = (candles[part][i] as number) / realBefore;
      const error = Math.abs(fold[part] / before - expected);
      assert(error <= 1.1 / before, `${part} of minute ${i}: ${fold[part]} after ${before}, expected × ${expected}`);
    }
  }
});

Deno.test("tiles join without a jump, and in reverse tell the same candles backwards", () => {
  for (const { id } of SYMBOLS) {
    const market = marketOf(model, id);
    for (const tile of market.tiles) {
      const turn = nextTurn(tile, TODAY);
      const before = market.fold(turn - 1, turn);
      const after = market.fold(turn, turn + 1);
      assert(Math.abs(after.open / before.close - 1) < 0.002, `${id}: ${before.close} then ${after.open}`);
    }
  }
  const market = marketOf(model, "BTCUSDT");
  const turn = nextTurn(market.tiles[0] as Tile, TODAY);
  for (let i = 0; i < 100; i++) {
    const forth = market.fold(turn - 1 - i, turn - i);
    const back = market.fold(turn + i, turn + i + 1);
    assert.deepEqual([back.open, back.close, back.high, back.low], [forth.close, forth.open, forth.high, forth.low]);
  }
});

Deno.test("prices stay in their band for decades, and generated coins follow BTC without being it", () => {
  const hours = (market: Market) => {
    const closes: number[] = [];
    for (let i = 0; i < 1000; i++) closes.push(market.fold(TODAY - 60 * i - 1, TODAY - 60 * i).close);
    return closes.slice(1).map((close, i) => Math.log(close / (closes[i] as number)));
  };
  const btc = hours(marketOf(model, "BTCUSDT"));
  for (const { id, level, tick_digits } of SYMBOLS) {
    const market = marketOf(model, id);
    for (const year of [-6, -1, 0, 10, 40]) {
      const fold = market.fold(TODAY + year * 365 * 1440, TODAY + year * 365 * 1440 + 1440);
      const price = fold.close / 10 ** tick_digits;
      assert(price > level * 0.35 && price < level * 2, `${id} is ${price} in ${2026 + year}, of ${level}`);
    }
    if (id === "BTCUSDT") continue;
    const r = correlation(btc, hours(market));
    if (id.startsWith("ETHBTC") || id.startsWith("EURUSDT")) assert(Math.abs(r) < 0.3, `${id} correlates ${r}`);
    else assert(r > 0.4 && r < 0.999, `${id} correlates ${r}`);
  }
  assert.equal(new Set([candles.open.length, ...TILES.map((tile) => tile.minutes)]).size, TILES.length + 1);
});

Deno.test("cross rates agree: ETH-USDT is BTC-USDT times ETH-BTC, and BTC-EUR times EUR-USDT is BTC-USDT", () => {
  const close = (id: string) => {
    const market = marketOf(model, id);
    return market.fold(TODAY, TODAY + 1).close / 10 ** market.spec.tick_digits;
  };
  assert(Math.abs(close("BTCUSDT") * close("ETHBTC") / close("ETHUSDT") - 1) < 3e-4);
  assert(Math.abs(close("BTCEUR") * close("EURUSDT") / close("BTCUSDT") - 1) < 1e-4);
});

Deno.test("parseCandles() refuses a file with a missing minute, a wick inside the body, or another header", () => {
  const header = "open_time_ms,open,high,low,close,quote_volume\n";
  const good = "0,5,7,4,6,100\n60000,6,7,5,6,100\n";
  assert.equal(parseCandles(header + good).open.length, 2);
  assert.throws(() => parseCandles(header + good.replace("60000", "120000")), /line 3/);
  assert.throws(() => parseCandles(header + good.replace("5,7,4", "5,4,4")), /line 2/);
  assert.throws(() => parseCandles("time,open\n" + good), /header/);
});

Deno.test("numbers are written exactly, with Binance's eight decimals", () => {
  assert.equal(formatUnits(8734212, 2), "87342.12000000");
  assert.equal(formatUnits(7, 5), "0.00007000");
  assert.equal(formatUnits(-12, 2), "-0.12000000");
  assert.equal(formatUnits(42, 0), "42.00000000");
  assert.equal(formatQuote(0, 123456789, 8), "1.23456789");
  assert.equal(formatQuote(3, 1, 7), "1351079888.21114890");
});

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (list: readonly number[]) => list.reduce((sum, x) => sum + x, 0) / list.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (const [i, x] of a.entries()) {
    const y = b[i] as number;
    ab += (x - ma) * (y - mb);
    aa += (x - ma) ** 2;
    bb += (y - mb) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}
