import assert from "node:assert/strict";
import { digitsOf, formatDecimal, formatSigned } from "./format_decimal.ts";

Deno.test("formatDecimal() rounds half away from zero without a float's surprises", () => {
  assert.equal(formatDecimal("1.005", 2), "1.01");
  assert.equal(formatDecimal("-1.005", 2), "−1.01");
  assert.equal(formatDecimal("0.0049", 2), "0.00");
  assert.equal(formatDecimal("999999.995", 2), "1,000,000.00");
  assert.equal(formatDecimal("90071992547409931234.56", 1), "90,071,992,547,409,931,234.6");
});

Deno.test("formatSigned() signs gains and losses with a true minus, and zero not at all", () => {
  assert.equal(formatSigned("1959.61", 2), "+1,959.61");
  assert.equal(formatSigned("-49.05", 2), "−49.05");
  assert.equal(formatSigned("0.001", 2), "0.00");
  assert.equal(formatSigned("-0.001", 2), "0.00");
});

Deno.test("digitsOf() ignores a step's trailing zeros", () => {
  assert.deepEqual(["1", "0.1", "0.0100", "5.0"].map(digitsOf), [0, 1, 2, 0]);
});
