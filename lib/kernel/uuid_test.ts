import assert from "node:assert/strict";
import { UUID_PATTERN, uuidv7 } from "./uuid.ts";

const zeros = new Uint8Array(10);
const ones = new Uint8Array(10).fill(0xff);

Deno.test("uuidv7() puts the time first, then version and variant", () => {
  // The example of RFC 9562, appendix A.6, has this time.
  assert.equal(uuidv7(0x017f22e279b0, zeros), "017f22e2-79b0-7000-8000-000000000000");
  assert.equal(uuidv7(0x017f22e279b0, ones), "017f22e2-79b0-7fff-bfff-ffffffffffff");
  assert.match(uuidv7(0, zeros), UUID_PATTERN);
});

Deno.test("uuidv7() sorts by time", () => {
  assert.ok(uuidv7(1_000, ones) < uuidv7(1_001, zeros));
});

Deno.test("uuidv7() refuses too little randomness and impossible times", () => {
  assert.throws(() => uuidv7(0, new Uint8Array(9)), RangeError);
  for (const time of [-1, 1.5, 2 ** 48, Number.NaN]) assert.throws(() => uuidv7(time, zeros), RangeError);
});
