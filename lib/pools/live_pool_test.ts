import assert from "node:assert/strict";
import {
  addPoints,
  applyDetail,
  applyNav,
  latestPoint,
  parseNav,
  phaseOf,
  type PoolState,
  STALE_AFTER_ms,
} from "./live_pool.ts";
import { createDetail, createLot } from "./testing.ts";
import { thin } from "./value_history.ts";

const AT = Date.parse("2026-10-14T14:32:00Z");

function createState(overrides: Partial<PoolState> = {}): PoolState {
  return {
    detail: createDetail({ lots: [createLot()] }),
    points: [{ t: AT - 60_000, v: 118 }, { t: AT, v: 118.4627 }],
    settlements: [],
    range: "all",
    phase: "snapshot",
    nowMs: AT,
    ...overrides,
  };
}

const NAV = { at: "2026-10-14T14:32:10Z", equity: "14300000", unit_price: "120", pnl: "5", exposure: null };

Deno.test("parseNav() takes a broadcast and nothing that only looks like one", () => {
  assert.deepEqual(parseNav(NAV), { ...NAV, drawdown: null, sharpe: null });
  for (
    const bad of [null, 1, "x", {}, { ...NAV, at: "yesterday" }, { ...NAV, unit_price: 120 }, { ...NAV, equity: "1e9" }]
  ) {
    assert.equal(parseNav(bad), null, JSON.stringify(bad));
  }
});

Deno.test("a broadcast moves the pool, one's own lots and the line", () => {
  const nav = parseNav(NAV) ?? assert.fail();
  const { detail, points } = applyNav(createState(), nav);
  assert.equal(detail.pool.unit_price, "120");
  assert.equal(detail.pool.size, "14300000");
  assert.equal(detail.pool.change_percent, "2.6518");
  assert.equal(detail.mine?.value, "5400");
  assert.equal(detail.mine?.lots[0]?.fee_now, "20.91");
  assert.deepEqual(points.at(-1), { t: Date.parse(NAV.at), v: 120 });
});

Deno.test("a broadcast that comes late or twice changes nothing", () => {
  const state = createState();
  const nav = parseNav({ ...NAV, at: "2026-10-14T14:31:59Z" }) ?? assert.fail();
  assert.equal(applyNav(state, nav), state);
  const next = applyNav(state, parseNav(NAV) ?? assert.fail());
  assert.equal(applyNav(next, parseNav(NAV) ?? assert.fail()), next);
});

Deno.test("a reading from before the last broadcast does not set the value back, one of a new cycle does", () => {
  const live = applyNav(createState(), parseNav(NAV) ?? assert.fail());
  assert.equal(applyDetail(live, createDetail({ lots: [createLot()] })).detail.pool.unit_price, "120");
  const { cycle } = createDetail();
  const settled = createDetail({ cycle: cycle && { ...cycle, no: 36 } });
  assert.equal(applyDetail(live, settled).detail.pool.unit_price, "118.4627");
});

Deno.test("a pool is called live only while its value is young and its link stands", () => {
  const state = createState();
  assert.equal(phaseOf(state, "live"), "live");
  assert.equal(phaseOf({ ...state, nowMs: AT + STALE_AFTER_ms }, "live"), "stale");
  assert.equal(phaseOf(state, "reconnecting"), "reconnecting");
  const { live } = state.detail;
  const silent = { ...state, detail: { ...state.detail, live: { ...live, at: null } } };
  assert.equal(phaseOf(silent, "live"), "stale");
});

Deno.test("what was missed is laid behind what is shown, and long lines keep their ends", () => {
  const { points } = createState();
  const more = addPoints(points, [{ t: AT - 1, v: 1 }, { t: AT + 1, v: 119 }, { t: AT + 2, v: 120 }]);
  assert.deepEqual(more.map(({ v }) => v), [118, 118.4627, 119, 120]);
  const state = createState();
  assert.deepEqual(addPoints([{ t: 1, v: 1 }], latestPoint(state)).at(-1), { t: AT, v: 118.4627 });
  const long = Array.from({ length: 5_000 }, (_, t) => ({ t, v: t }));
  const short = thin(long, 100);
  assert.deepEqual([short.length, short[0]?.t, short.at(-1)?.t], [100, 0, 4_999]);
});
