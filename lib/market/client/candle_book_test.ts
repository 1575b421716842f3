import assert from "node:assert/strict";
import type { Candle, CandleEvent } from "../candle.ts";
import { applyEvent, CANDLES_MAX, createBook, mergeHistory, resumeFrom } from "./candle_book.ts";
import { isCandle, isCandleEvent } from "./candle_check.ts";

const MINUTE = 60_000;

function candle(minute: number, close = "100", closed = true): Candle {
  return { t: minute * MINUTE, o: "100", h: "110", l: "90", c: close, v: "1", closed };
}

function event(minute: number, { close = "101", closed = false, token = 1 } = {}): CandleEvent {
  return { ...candle(minute, close, closed), et: minute * MINUTE + 500, token };
}

Deno.test("applyEvent() replaces the forming candle and appends the next", () => {
  let { book, accepted } = applyEvent(createBook(MINUTE, [candle(1)]), event(2));
  assert.equal(accepted, true);
  ({ book } = applyEvent(book, event(2, { close: "102" })));
  assert.deepEqual(book.candles.map(({ t, c }) => [t / MINUTE, c]), [[1, "100"], [2, "102"]]);
  ({ book } = applyEvent(book, event(2, { close: "103", closed: true })));
  const { book: after, gapFrom } = applyEvent(book, event(3));
  assert.deepEqual(after.candles.map(({ t }) => t / MINUTE), [1, 2, 3]);
  assert.equal(gapFrom, null);
});

Deno.test("applyEvent() drops a payload whose token is lower than one it has seen", () => {
  const { book } = applyEvent(createBook(MINUTE, []), event(5, { token: 7 }));
  const late = applyEvent(book, event(6, { token: 6, close: "999" }));
  assert.equal(late.accepted, false);
  assert.equal(late.book, book);
});

Deno.test("applyEvent() remembers a higher token even when it drops the candle as old", () => {
  const { book } = applyEvent(createBook(MINUTE, []), event(5, { token: 7 }));
  const old = applyEvent(book, event(4, { token: 9 }));
  assert.equal(old.accepted, false);
  assert.equal(applyEvent(old.book, event(6, { token: 8 })).accepted, false);
});

Deno.test("applyEvent() never reopens a closed candle", () => {
  const { accepted, book } = applyEvent(createBook(MINUTE, [candle(1, "100")]), event(1, { close: "555" }));
  assert.equal(accepted, false);
  assert.equal(book.candles[0]?.c, "100");
});

Deno.test("applyEvent() tells the gap that a missed candle or a missed close leaves", () => {
  assert.equal(applyEvent(createBook(MINUTE, [candle(1)]), event(4)).gapFrom, 2 * MINUTE);
  const { book } = applyEvent(createBook(MINUTE, [candle(1)]), event(2));
  assert.equal(applyEvent(book, event(3)).gapFrom, 2 * MINUTE);
});

Deno.test("mergeHistory() sorts, fills gaps, and lets stored candles replace forming ones", () => {
  const { book } = applyEvent(createBook(MINUTE, [candle(4)]), event(5));
  const merged = mergeHistory(book, [candle(2), candle(5, "105"), candle(3), candle(2, "102")]);
  assert.deepEqual(merged.candles.map(({ t, c, closed }) => [t / MINUTE, c, closed]), [
    [2, "102", true],
    [3, "100", true],
    [4, "100", true],
    [5, "105", true],
  ]);
});

Deno.test("a book keeps the newest candles of too many", () => {
  const book = createBook(MINUTE, Array.from({ length: CANDLES_MAX + 10 }, (_, i) => candle(i)));
  assert.equal(book.candles.length, CANDLES_MAX);
  assert.equal(book.candles.at(-1)?.t, (CANDLES_MAX + 9) * MINUTE);
});

Deno.test("resumeFrom() asks for what follows the last closed candle", () => {
  const { book } = applyEvent(createBook(MINUTE, [candle(1), candle(2)]), event(3));
  assert.equal(resumeFrom(book), 3 * MINUTE);
  assert.equal(resumeFrom(createBook(MINUTE, [])), 0);
});

Deno.test("isCandleEvent() refuses what is no candle event", () => {
  const good = event(1);
  assert.equal(isCandleEvent({ ...good, ind: { ema20: 1.5 } }), true);
  const bad = [
    null,
    "candle",
    {},
    { ...good, t: "1" },
    { ...good, t: -1 },
    { ...good, c: 100 },
    { ...good, c: "1e9" },
    { ...good, c: "-5" },
    { ...good, closed: "yes" },
    { ...good, token: 1.5 },
    { ...good, et: undefined },
    { ...good, ind: { ema20: "1" } },
    { ...good, ind: { ema20: Number.NaN } },
    { ...good, ind: null },
  ];
  for (const value of bad) assert.equal(isCandleEvent(value), false, JSON.stringify(value));
  assert.equal(isCandle(candle(1)), true);
});
