import assert from "node:assert/strict";
import { badFrame, RAW_LENGTH_MAX } from "./bad_frame.ts";

Deno.test("a bad frame is kept up to a length, with its whole size in bytes", () => {
  const frame = badFrame("too_long", "é".repeat(RAW_LENGTH_MAX + 5));
  assert.deepEqual([frame.reason, frame.raw.length, frame.bytes], [
    "too_long",
    RAW_LENGTH_MAX,
    2 * RAW_LENGTH_MAX + 10,
  ]);
});
