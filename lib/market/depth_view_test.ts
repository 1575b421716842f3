import assert from "node:assert/strict";
import type { BookLevel } from "./depth.ts";
import { depthRows, multiplyDecimals, spreadOf } from "./depth_view.ts";
import { eurRate, formatEurPrice } from "./eur_price.ts";

const BIDS: BookLevel[] = [["100.5", "0.1"], ["100.4", "0.2"], ["100.25", "1"]];
const ASKS: BookLevel[] = [["100.75", "0.30"], ["101", "2"]];

Deno.test("depthRows() sums from the best level on, exactly, and scales both sides' bars by the deeper one", () => {
  const { bids, asks } = depthRows(BIDS, ASKS, 20);
  assert.deepEqual(bids.map(({ sum }) => sum), ["0.10", "0.30", "1.30"]);
  assert.deepEqual(asks.map(({ sum, percent }) => [sum, percent]), [["0.30", 13], ["2.30", 100]]);
  assert.deepEqual(depthRows(BIDS, ASKS, 1).bids.map(({ percent }) => percent), [33.3]);
});

Deno.test("a book without levels, or with quantities of zero, divides by nothing", () => {
  assert.deepEqual(depthRows([], [], 20), { bids: [], asks: [] });
  assert.equal(depthRows([["1", "0"]], [], 20).bids[0]?.percent, 0);
});

Deno.test("spreadOf() is exact, negative for a crossed book, and unknown while a side is empty", () => {
  assert.equal(spreadOf(BIDS, ASKS), "0.25");
  assert.equal(spreadOf([["0.00000002", "1"]], [["0.00000003", "1"]]), "0.00000001");
  assert.equal(spreadOf([["2", "1"]], [["1.5", "1"]]), "-0.5");
  assert.equal(spreadOf([], ASKS), null);
});

Deno.test("a price in EUR keeps the digits of its step, and reads as nothing where the rate is missing or old", () => {
  const rate = { eur: "0.857632123456789012", at: "2026-10-14T14:32:08Z", stale: false };
  assert.equal(multiplyDecimals("98412.6", "0.5"), "49206.30");
  assert.equal(formatEurPrice("98412.6", rate.eur, "0.01"), "€84,401.81");
  assert.equal(formatEurPrice("0.15206", rate.eur, "0.00001"), "€0.13041");
  assert.equal(eurRate("USDT", { USDT: rate }), rate.eur);
  assert.equal(eurRate("USDT", { USDT: { ...rate, stale: true } }), null);
  assert.equal(eurRate("USDT", {}), null);
  assert.equal(eurRate("EUR", {}), "1");
  assert.equal(formatEurPrice("1", null, "0.01"), null);
});
