import assert from "node:assert/strict";
import { formatDecimal } from "../kernel/format_decimal.ts";
import {
  changeBetween,
  compareDecimals,
  exchangeName,
  formatAge,
  formatCompact,
  formatNumber,
  formatPrice,
  freshnessOf,
} from "./format.ts";
import { formatCountdown } from "./format_bar.ts";

Deno.test("formatPrice() shows exactly the tick's digits, with thousands separators", () => {
  assert.equal(formatPrice("98412.6", "0.01"), "98,412.60");
  assert.equal(formatPrice("98412.6", "0.010"), "98,412.60");
  assert.equal(formatPrice("1234567", "5"), "1,234,567");
  assert.equal(formatPrice("0.00002412", "0.00000001"), "0.00002412");
  assert.equal(formatPrice("999", "0.1"), "999.0");
});

Deno.test("a missing or malformed figure is null for the page to name, never 0", () => {
  for (const value of [undefined, null, "", "abc", "1e5", "NaN", ".5", "1."]) {
    assert.equal(formatDecimal(value, 2), null);
    assert.equal(formatCompact(value), null);
  }
  assert.equal(formatNumber(undefined, 1), null);
  assert.equal(formatNumber(Number.NaN, 1), null);
});

Deno.test("changeBetween() gives amount, percentage and direction of a move", () => {
  assert.deepEqual(changeBetween("96452.99", "98412.6", "0.01"), {
    direction: "up",
    amount: "+1,959.61",
    percent: "+2.03%",
  });
  assert.deepEqual(changeBetween("100", "99.5", "0.01"), { direction: "down", amount: "−0.50", percent: "−0.50%" });
  assert.deepEqual(changeBetween("7", "7.0", "0.01"), { direction: "flat", amount: "0.00", percent: "0.00%" });
});

Deno.test("changeBetween() knows no change without both prices, or from zero", () => {
  assert.equal(changeBetween(undefined, "1", "0.01"), null);
  assert.equal(changeBetween("1", undefined, "0.01"), null);
  assert.equal(changeBetween("0", "1", "0.01"), null);
  assert.equal(changeBetween("x", "1", "0.01"), null);
});

Deno.test("formatCompact() shortens from a million on and keeps two digits", () => {
  assert.equal(formatCompact("18442.7138"), "18,442.71");
  assert.equal(formatCompact("999999.99"), "999,999.99");
  assert.equal(formatCompact("1000000"), "1.00M");
  assert.equal(formatCompact("1802345678.12"), "1.80B");
  assert.equal(formatCompact("2500000000000"), "2.50T");
});

Deno.test("compareDecimals() orders by value, not by text", () => {
  assert.equal(compareDecimals("9", "10"), -1);
  assert.equal(compareDecimals("1.10", "1.1"), 0);
  assert.equal(compareDecimals("0.00000002", "0.00000001"), 1);
  assert.equal(compareDecimals(undefined, "1"), -1);
  assert.equal(compareDecimals("-2", "1"), -1);
});

Deno.test("formatCountdown() counts whole seconds down and never below zero", () => {
  assert.equal(formatCountdown(772_000, "d"), "12:52");
  assert.equal(formatCountdown(771_001, "d"), "12:52");
  assert.equal(formatCountdown(11_572_000, "d"), "3:12:52");
  assert.equal(formatCountdown(90_061_000, "d"), "1d 01:01:01");
  assert.equal(formatCountdown(-5, "d"), "00:00");
});

Deno.test("a price is fresh below one second, late to five, then stale", () => {
  assert.deepEqual([0, 999, 1_000, 5_000, 5_001].map(freshnessOf), ["fresh", "fresh", "late", "late", "stale"]);
  assert.deepEqual([84, 2_480, 11_000, 180_000, 7_200_000].map(formatAge), ["84 ms", "2.4 s", "11 s", "3 min", "2 h"]);
});

Deno.test("exchangeName() names known venues and capitalises the others", () => {
  assert.deepEqual(["binance", "okx"].map(exchangeName), ["Binance", "OKX"]);
});
