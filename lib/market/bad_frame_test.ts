import assert from "node:assert/strict";
import { BAD_FRAMES_MAX, badFrame, Quarantine, RAW_LENGTH_MAX } from "./bad_frame.ts";

Deno.test("a bad frame is kept up to a length, with its whole size in bytes", () => {
  const frame = badFrame("too_long", "é".repeat(RAW_LENGTH_MAX + 5));
  assert.deepEqual([frame.reason, frame.raw.length, frame.bytes], [
    "too_long",
    RAW_LENGTH_MAX,
    2 * RAW_LENGTH_MAX + 10,
  ]);
});

Deno.test("a quarantine counts all frames and keeps the newest", () => {
  const quarantine = new Quarantine();
  for (let i = 0; i < BAD_FRAMES_MAX + 3; i++) quarantine.add(badFrame(i < 2 ? "not_json" : "bad_price", `${i}`), i);
  assert.deepEqual([...quarantine.counts], [["not_json", 2], ["bad_price", BAD_FRAMES_MAX + 1]]);
  assert.deepEqual([quarantine.frames.length, quarantine.frames[0]?.raw], [BAD_FRAMES_MAX, "3"]);
});
