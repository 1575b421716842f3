import assert from "node:assert/strict";
import { createLogger } from "../../kernel/log.ts";
import type { ActiveAlert, FiredAlert } from "../alerts.ts";
import { IndicatorBook } from "../indicators/book.ts";
import { AlertRunner } from "./alert_runner.ts";

const BTC = { exchange: "sim", symbol: "BTC-USDT", timeframe: "1m" } as const;
const MINUTE = 60_000;

function open(alerts: Partial<ActiveAlert>[]) {
  const list = alerts.map((alert, i): ActiveAlert => ({
    ...{ id: `a${i}`, symbol: "BTC-USDT", timeframe: "1m", indicator: null, condition: "above", value: "100" },
    ...{ restingUntilMs: null, ...alert },
  }));
  const told: FiredAlert[] = [];
  const state = { list, up: true, lines: [] as string[] };
  const book = new IndicatorBook();
  const runner = new AlertRunner({
    exchange: "sim",
    store: {
      activeAlerts: () => Promise.resolve(state.list),
      fireAlerts(_token, fired) {
        if (!state.up) {
          return Promise.resolve({ ok: false, next: "retry", code: "upstream_unavailable", detail: "" } as const);
        }
        told.push(...fired);
        return Promise.resolve({ ok: true, data: fired.length } as const);
      },
    },
    book,
    logger: createLogger({ service: "test", write: (line) => state.lines.push(line), nowMs: () => 0 }),
    wallMs: () => 0,
  });
  let minute = 0;
  /** A minute closes at `price`. */
  const close = (price: number) => {
    const t = minute++ * MINUTE;
    book.close(BTC, { t, open: price, high: price, low: price, close: price, volume: 1 });
    runner.onClosed(BTC.symbol, BTC.timeframe, String(price), t + MINUTE);
  };
  return { runner, book, told, state, close };
}

Deno.test("AlertRunner fires an indicator's crossing at the close that makes it, with the indicator's value", async () => {
  const { runner, told, close } = open([{ indicator: "sma(2)", condition: "crosses_above", value: "100" }]);
  await runner.read();
  for (const price of [90, 90, 104, 110]) close(price);
  await runner.flush(1);
  assert.deepEqual(told.map(({ id, value, atMs }) => [id, value, atMs]), [["a0", "107", 4 * MINUTE]]);
});

Deno.test("AlertRunner does not take an indicator without enough candles for a value", async () => {
  const { runner, told, close } = open([{ indicator: "sma(3)", condition: "above", value: "0" }]);
  await runner.read();
  close(1);
  close(1);
  await runner.flush(1);
  assert.deepEqual(told, []);
  close(1);
  await runner.flush(1);
  assert.equal(told.length, 1);
});

Deno.test("AlertRunner computes an indicator once for all alerts on it, and lets go of it with the last", async () => {
  const { runner, book, state } = open([{ indicator: "rsi(14)" }, { indicator: "RSI( 14 )" }, {
    indicator: "rsi(14)",
  }]);
  await runner.read();
  assert.equal(book.vector(BTC)?.size, 1);
  state.list = [];
  await runner.read();
  assert.equal(book.size, 0);
});

Deno.test("AlertRunner tells a fired alert again until the database has heard it, and fires it once", async () => {
  const { runner, told, state } = open([{ timeframe: null, value: "100" }]);
  await runner.read();
  state.up = false;
  runner.onPrice("BTC-USDT", "101", 5);
  await runner.flush(1);
  await runner.read();
  runner.onPrice("BTC-USDT", "102", 6);
  state.up = true;
  await runner.flush(1);
  assert.deepEqual(told.map(({ value }) => value), ["101"]);
});

Deno.test("AlertRunner leaves out an indicator it cannot read, says so, and goes on with the others", async () => {
  const { runner, told, state, close } = open([{ indicator: "wizardry(3)" }, { condition: "above", value: "5" }]);
  await runner.read();
  close(6);
  await runner.flush(1);
  assert.deepEqual(told.map(({ id }) => id), ["a1"]);
  assert.match(state.lines.join(), /wizardry/);
});

Deno.test("AlertRunner wants the symbols of all its alerts streamed", async () => {
  const { runner } = open([{ symbol: "ETH-USDT", timeframe: null }, { symbol: "BTC-USDT" }]);
  await runner.read();
  assert.deepEqual([...runner.symbols].sort(), ["BTC-USDT", "ETH-USDT"]);
});
