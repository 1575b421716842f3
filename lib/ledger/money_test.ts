import assert from "node:assert/strict";
import { amountText, formatAmount, formatEur, formatSignedAmount, formatSignedEur, totalEur } from "./money.ts";

Deno.test("euros have their sign first, cents always, and no figure is no text", () => {
  assert.equal(formatEur("1234.5"), "€1,234.50");
  assert.equal(formatEur("-49.05"), "−€49.05");
  assert.equal(formatEur("0"), "€0.00");
  assert.equal(formatEur(null), null);
  assert.equal(formatEur("NaN"), null);
  assert.deepEqual(["459.65", "-49.05", "0"].map(formatSignedEur), ["+€459.65", "−€49.05", "€0.00"]);
});

Deno.test("amounts are never rounded, and line up at eight digits when they need no more", () => {
  assert.equal(formatAmount("0.15", "BTC", 8), "0.15000000");
  assert.equal(formatAmount("12.5", "USDT", 6), "12.500000");
  assert.equal(formatAmount("2", "ETH", 18), "2.00000000");
  assert.equal(formatAmount("0.000000000000000001", "ETH", 18), "0.000000000000000001");
  assert.equal(formatSignedAmount("-0.15", "BTC", 8), "−0.15000000");
  assert.equal(formatSignedAmount("5", "EUR", 2), "+€5.00");
  assert.equal(amountText("0.25", "BTC"), "0.25 BTC");
  assert.equal(amountText("500", "EUR"), "€500.00");
});

Deno.test("a total is known when every part of it is", () => {
  assert.equal(totalEur([{ eur: "0.1" }, { eur: "0.2" }]), "0.3");
  assert.equal(totalEur([]), "0");
  assert.equal(totalEur([{ eur: "0.1" }, { eur: null }]), null);
});
