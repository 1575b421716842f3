import assert from "node:assert/strict";
import { seeded } from "../../kernel/seeded.ts";
import { anchorOf, rowAt, rowsIn, rowTops, scrollFor } from "./virtual_list.ts";

const KEYS = Array.from({ length: 10_000 }, (_, i) => `m${i}`);

Deno.test("of ten thousand rows those in the window are drawn, wherever one scrolls", () => {
  const seed = Date.now() % 100_000;
  const random = seeded(seed);
  const heights = new Map(KEYS.filter(() => random() < 0.5).map((key) => [key, 20 + Math.round(random() * 180)]));
  const tops = rowTops(KEYS, heights, 44);
  const total = tops[KEYS.length] ?? 0;
  for (let i = 0; i < 200; i++) {
    const scrollTop = random() * (total - 600);
    const { start, end } = rowsIn(tops, scrollTop, 600, 200);
    assert.ok((tops[start] ?? 0) <= Math.max(0, scrollTop - 200), `seed ${seed}`);
    assert.ok((tops[end] ?? 0) >= Math.min(total, scrollTop + 600), `seed ${seed}`);
    assert.ok(end - start < 1_000 / 20 + 3, `seed ${seed}: ${end - start} rows`);
  }
});

Deno.test("a list without rows, and one shorter than its window, are drawn whole", () => {
  assert.deepEqual(rowsIn(rowTops([], new Map(), 44), 0, 600, 200), { start: 0, end: 0 });
  const tops = rowTops(["a", "b"], new Map([["a", 10]]), 44);
  assert.deepEqual([...tops], [0, 10, 54]);
  assert.deepEqual(rowsIn(tops, 0, 600, 200), { start: 0, end: 2 });
  assert.equal(rowAt(tops, 9.5), 0);
  assert.equal(rowAt(tops, 10), 1);
  assert.equal(rowAt(tops, 1_000), 1);
});

Deno.test("who reads the end stays at the end, who reads further up stays at the row in sight", () => {
  const keys = KEYS.slice(0, 100);
  const tops = rowTops(keys, new Map(), 40);
  assert.equal(anchorOf(keys, tops, 4_000 - 600, 600), null);
  assert.equal(anchorOf(keys, tops, 4_000 - 600 - 40, 600), null);
  const anchor = anchorOf(keys, tops, 1_010, 600);
  assert.deepEqual(anchor, { key: "m25", offset: 10 });

  // Ten older rows come, and one above is measured.
  const more = [...Array.from({ length: 10 }, (_, i) => `old${i}`), ...keys];
  const measured = rowTops(more, new Map([["m3", 90]]), 40);
  assert.equal(scrollFor(anchor, more, measured, 600), 1_010 + 400 + 50);
  assert.equal(scrollFor(null, more, measured, 600), 4_450 - 600);
  assert.equal(scrollFor(null, [], rowTops([], new Map(), 40), 600), 0);
  assert.equal(scrollFor({ key: "gone", offset: 3 }, more, measured, 600), null);
});
