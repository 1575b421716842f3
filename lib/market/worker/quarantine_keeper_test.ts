import assert from "node:assert/strict";
import { badFrame } from "../bad_frame.ts";
import type { QuarantineRow } from "./feed_store.ts";
import { FRAMES_PER_REASON_MAX, FRAMES_QUEUED_MAX, QuarantineKeeper } from "./quarantine_keeper.ts";

function open() {
  const stored: QuarantineRow[] = [];
  const clock = { now: 0, up: true };
  const keeper = new QuarantineKeeper({
    store: {
      recordQuarantine(_token, rows) {
        if (!clock.up) {
          return Promise.resolve({ ok: false, next: "retry", code: "upstream_unavailable", detail: "" } as const);
        }
        stored.push(...rows);
        return Promise.resolve({ ok: true, data: rows.length } as const);
      },
    },
    nowMs: () => clock.now,
    wallMs: () => 1_000 + clock.now,
  });
  return { keeper, stored, clock };
}

Deno.test("QuarantineKeeper counts every bad frame and keeps some of each reason a minute", async () => {
  const { keeper, stored, clock } = open();
  for (let i = 0; i < 1_000; i++) keeper.add(badFrame("not_json", `{${i}`));
  keeper.add(badFrame("bad_price", "{}"));
  await keeper.flush(1);
  assert.equal(stored.length, FRAMES_PER_REASON_MAX + 1);
  assert.deepEqual([keeper.total, keeper.recent, keeper.counts.get("not_json")], [1_001, 1_001, 1_000]);
  clock.now = 60_000;
  assert.equal(keeper.recent, 0);
  keeper.add(badFrame("not_json", "{"));
  await keeper.flush(1);
  assert.equal(stored.at(-1)?.received_ms, 61_000);
});

Deno.test("QuarantineKeeper keeps frames while the database is away", async () => {
  const { keeper, stored, clock } = open();
  clock.up = false;
  keeper.add(badFrame("not_json", "{"));
  await keeper.flush(1);
  assert.equal(stored.length, 0);
  clock.up = true;
  await keeper.flush(1);
  await keeper.flush(1);
  assert.equal(stored.length, 1);
});

Deno.test("QuarantineKeeper keeps no more than the database does, however long that is away", async () => {
  const { keeper, stored, clock } = open();
  const minutes = 2 * FRAMES_QUEUED_MAX / FRAMES_PER_REASON_MAX;
  for (let minute = 0; minute < minutes; minute++) {
    clock.now = minute * 60_000;
    for (let i = 0; i < FRAMES_PER_REASON_MAX; i++) keeper.add(badFrame("not_json", "{"));
  }
  for (let call = 0; call < minutes; call++) await keeper.flush(1);
  assert.deepEqual([stored.length, keeper.total], [FRAMES_QUEUED_MAX, 2 * FRAMES_QUEUED_MAX]);
});

Deno.test("QuarantineKeeper writes what no database takes as text: NUL and half a surrogate pair", async () => {
  const { keeper, stored } = open();
  keeper.add(badFrame("not_json", "a\u0000b\ud800c"));
  await keeper.flush(1);
  assert.equal(stored[0]?.raw, "a\\u0000b\ufffdc");
});
