import assert from "node:assert/strict";
import { addDecimals, canonicalDecimal, DECIMAL_LENGTH_MAX, isDecimal, quantise, stepDigits } from "./decimal.ts";

Deno.test("canonicalDecimal() gives equal numbers equal text", () => {
  const cases: [string, string][] = [
    ["46319.00000000", "46319"],
    ["0.10", "0.1"],
    ["-0.0", "0"],
    ["-0", "0"],
    ["100", "100"],
    ["0.000", "0"],
    ["-1.50", "-1.5"],
  ];
  for (const [text, canonical] of cases) assert.equal(canonicalDecimal(text), canonical);
});

Deno.test("isDecimal() refuses exponents, blanks, signs of plus, lone points and text without end", () => {
  for (const text of ["0", "-1", "12.5", "0.00000001"]) assert.ok(isDecimal(text), text);
  for (const text of ["", " 1", "1e5", "+1", ".5", "5.", "01", "NaN", "1,0", "0x10", null, 5]) {
    assert.ok(!isDecimal(text), String(text));
  }
  assert.ok(!isDecimal("1".repeat(DECIMAL_LENGTH_MAX + 1)));
});

Deno.test("addDecimals() adds what floats cannot", () => {
  assert.equal(addDecimals("0.1", "0.2"), "0.3");
  assert.equal(addDecimals("9007199254740993", "0.00000001"), "9007199254740993.00000001");
});

Deno.test("quantise() rounds half up to the step", () => {
  assert.equal(quantise("46319.005", "0.01"), "46319.01");
  assert.equal(quantise("46319.0049", "0.01"), "46319");
  assert.equal(quantise("7", "5"), "5");
  assert.equal(quantise("7.5", "5"), "10");
});

Deno.test("stepDigits() counts the digits that matter", () => {
  assert.equal(stepDigits("0.0100"), 2);
  assert.equal(stepDigits("1"), 0);
  assert.equal(stepDigits("5.0"), 0);
});
