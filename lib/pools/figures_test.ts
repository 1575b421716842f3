import assert from "node:assert/strict";
import { feeOutlook, missingPercent, percentOf, revalue, revalueMine, sumOf } from "./figures.ts";
import { createDetail, createLot } from "./testing.ts";

Deno.test("revalue() charges a lot for what its units are worth above its own mark, and never rounds a fee up", () => {
  const lot = revalue(createLot(), "118.4627", "15");
  // 45 × 118.4627 = 5330.8215; 45 × 1.5607 = 70.2315; 15 % of that 10.534725.
  assert.deepEqual([lot.value, lot.new_profit, lot.fee_now], ["5330.82", "70.23", "10.53"]);
  assert.equal(lot.gain, "70.23");
  const almost = revalue(createLot({ units: "1", mark: "100" }), "100.0666", "15");
  assert.equal(almost.fee_now, "0");
});

Deno.test("revalue() charges nothing below the mark, however much the lot has gained", () => {
  const lot = revalue(createLot({ price_bought: "104.118", amount: "4685.31", mark: "121.305" }), "118.4627", "15");
  assert.deepEqual([lot.new_profit, lot.fee_now], ["0", "0"]);
  assert.equal(lot.gain, "645.51");
  assert.equal(missingPercent("118.4627", "121.305"), "2.3993");
});

Deno.test("revalue() counts what was redeemed as gained, and leaves what waits alone", () => {
  const lot = revalue(createLot({ units: "20", amount_redeemed: "3000" }), "120", "15");
  assert.equal(lot.value, "2400");
  assert.equal(lot.gain, "139.41");
  const queued = createLot({ status: "queued", units: null, mark: null });
  assert.equal(revalue(queued, "120", "15"), queued);
});

Deno.test("revalue() works in the currency's own scale", () => {
  const lot = revalue(
    createLot({ currency: "BTC", scale: 8, units: "0.00000001", mark: "100" }),
    "100.123456789012",
    "50",
  );
  assert.deepEqual([lot.value, lot.new_profit, lot.fee_now], ["0.000001", "0", "0"]);
});

Deno.test("sums of lots are those of their rounded figures", () => {
  const lots = [createLot(), createLot({ mark: "121.305" })];
  const { mine } = createDetail({ lots });
  assert.ok(mine);
  const after = revalueMine(mine, "118.4627", "15");
  assert.deepEqual([after.value, after.fee_now, after.new_profit], ["10661.64", "10.53", "70.23"]);
  const outlook = feeOutlook(after.lots);
  assert.deepEqual(outlook, { above: 1, lots: 2, units: "45", profit: "70.23", fee: "10.53", perUnit: "1.560667" });
});

Deno.test("percentOf() and sumOf() are exact, and know no share of nothing", () => {
  assert.equal(sumOf(["0.1", "0.2", null]), "0.3");
  assert.equal(percentOf("-1", "3"), "-33.3333");
  assert.equal(percentOf("1", "0"), null);
});
