import assert from "node:assert/strict";
import { createRow } from "../testing.ts";
import { nextSort, sortViews } from "./markets_sort.ts";
import { initialView, type RowView } from "./row_view.ts";

function view(symbol: string, last?: string, open = "100"): RowView {
  const { ticker, ...row } = createRow({ symbol });
  return initialView(last && ticker ? { ...row, ticker: { ...ticker, last, open_24h: open } } : row);
}

function symbolsOf(views: readonly RowView[]): string[] {
  return views.map(({ row }) => row.symbol);
}

Deno.test("prices sort as numbers, and rows without one come last either way", () => {
  const views = [view("A", "9"), view("B"), view("C", "10"), view("D", "0.5")];
  assert.deepEqual(symbolsOf(sortViews(views, { key: "last", descending: true })), ["C", "A", "D", "B"]);
  assert.deepEqual(symbolsOf(sortViews(views, { key: "last", descending: false })), ["D", "A", "C", "B"]);
});

Deno.test("changes sort by percentage, not by amount", () => {
  const views = [view("A", "1100", "1000"), view("B", "1.5", "1"), view("C", "90", "100")];
  assert.deepEqual(symbolsOf(sortViews(views, { key: "change", descending: true })), ["B", "A", "C"]);
});

Deno.test("no order keeps the server's, and sorting leaves its input alone", () => {
  const views = [view("B", "1"), view("A", "2")];
  assert.deepEqual(symbolsOf(sortViews(views, null)), ["B", "A"]);
  assert.deepEqual(symbolsOf(sortViews(views, { key: "symbol", descending: false })), ["A", "B"]);
  assert.deepEqual(symbolsOf(views), ["B", "A"]);
});

Deno.test("a header starts names upwards and figures downwards, and turns when pressed again", () => {
  assert.deepEqual(nextSort(null, "symbol"), { key: "symbol", descending: false });
  assert.deepEqual(nextSort(null, "last"), { key: "last", descending: true });
  assert.deepEqual(nextSort({ key: "last", descending: true }, "last"), { key: "last", descending: false });
  assert.deepEqual(nextSort({ key: "last", descending: false }, "volume"), { key: "volume", descending: true });
});
