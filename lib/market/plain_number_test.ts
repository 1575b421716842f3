import assert from "node:assert/strict";
import { plainDecimal, stepOfPlaces } from "./plain_number.ts";

Deno.test("plainDecimal() and stepOfPlaces() write numbers without an exponent", () => {
  assert.deepEqual([1e-8, 0.1, 87_345.95, 1e21, 0].map(plainDecimal), [
    "0.00000001",
    "0.1",
    "87345.95",
    "1000000000000000000000",
    "0",
  ]);
  assert.deepEqual([2, 0, -1].map(stepOfPlaces), ["0.01", "1", "10"]);
  assert.throws(() => plainDecimal(NaN));
});
