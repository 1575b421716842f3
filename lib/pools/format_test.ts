import assert from "node:assert/strict";
import {
  directionOf,
  formatFraction,
  formatMoney,
  formatRate,
  formatSignedMoney,
  formatSignedPercent,
  formatUnitPrice,
} from "./format.ts";

Deno.test("money has its euro before and its unit after, a true minus, and no figure where there is none", () => {
  assert.equal(formatMoney("34413.4067", "EUR"), "€34,413.41");
  assert.equal(formatMoney("0.123456789", "BTC"), "0.12345679 BTC");
  assert.equal(formatMoney(null, "EUR"), null);
  assert.equal(formatSignedMoney("-113.69", "EUR"), "−€113.69");
  assert.equal(formatSignedMoney("2191.53", "EUR"), "+€2,191.53");
  assert.equal(formatSignedMoney(null, "EUR"), null);
  assert.equal(formatUnitPrice("118.4627", "EUR"), "€118.4627");
});

Deno.test("percentages and fractions keep their sign and never pass through a float", () => {
  assert.equal(formatSignedPercent("1.3368"), "+1.34%");
  assert.equal(formatSignedPercent("-0.001"), "0.00%");
  assert.equal(formatFraction("0.0234"), "2.34%");
  assert.equal(formatFraction("-1.5"), "−150.00%");
  assert.equal(formatFraction("0"), "0.00%");
  assert.equal(formatFraction(null), null);
  assert.equal(formatRate("12.50"), "12.5%");
  assert.deepEqual(["1", "-0.5", "0.000", "-0", null].map(directionOf), ["up", "down", "flat", "flat", "flat"]);
});
