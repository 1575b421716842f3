import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createVoucher, VOUCHED_MAX } from "./voucher.ts";

const KEY = "an-edge-key-of-more-than-thirty-two-characters";

function hmac(text: string): string {
  return createHmac("sha256", KEY).update(text).digest("hex");
}

Deno.test("a voucher names an address by its keyed hash and proves it for the minute", async () => {
  const minute = 29_000_000;
  const state = { nowMs: minute * 60_000 + 59_999 };
  const vouch = createVoucher({ hmacKey: KEY, nowMs: () => state.nowMs });
  const address = hmac("192.0.2.1").slice(0, 16);
  assert.deepEqual(await vouch("192.0.2.1"), { address, proof: hmac(`${address}|${minute}`) });
  state.nowMs += 1;
  assert.deepEqual(await vouch("192.0.2.1"), { address, proof: hmac(`${address}|${minute + 1}`) });
  assert.notEqual((await vouch("192.0.2.2")).address, address);
});

Deno.test("a voucher is made once a minute and address, and of a flood of addresses the longest unused are forgotten", async () => {
  const vouch = createVoucher({ hmacKey: KEY, nowMs: () => 0 });
  const [first, kept] = [vouch("first"), vouch("kept")];
  assert.equal(vouch("first"), first);
  const flood = Array.from({ length: VOUCHED_MAX - 1 }, (_, n) => vouch(`address ${n}`));
  assert.equal(vouch("kept"), kept);
  const again = vouch("first");
  assert.notEqual(again, first);
  // What is under way when a test ends counts as a leak.
  await Promise.all([...flood, kept, again]);
});
