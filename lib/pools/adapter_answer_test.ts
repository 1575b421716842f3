import assert from "node:assert/strict";
import type { PoolAssignment } from "./adapter.ts";
import { checkPnl, parseAnswer } from "./adapter_answer.ts";
import { metricsAnswerSchema, pnlAnswerSchema } from "./adapter_shapes.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");
const ASSIGNMENT: PoolAssignment = {
  pool_id: "01900000-0000-7000-8000-000000000001",
  cycle_no: 3,
  capital: "1000.50",
  currency: "EUR",
  scale: 2,
  openedAt_ms: NOW - 3_600_000,
  trading: true,
};
const ANSWER = {
  pool_id: ASSIGNMENT.pool_id,
  cycle_no: 3,
  capital: "1000.5",
  equity: "1100.25",
  pnl: "99.75",
  currency: "EUR",
  as_of: "2026-11-20T11:59:58Z",
};

/** What becomes of an answer with some members changed. */
function judge(changes: Record<string, unknown>, asOf_ms_min: number | null = null): string {
  const parsed = parseAnswer(pnlAnswerSchema, { ...ANSWER, ...changes });
  const checked = parsed.ok ? checkPnl(parsed.value, ASSIGNMENT, { now_ms: NOW, asOf_ms_min }) : parsed;
  return checked.ok ? "ok" : checked.code;
}

Deno.test("an adapter's numbers are taken as they are when they are of this pool, this cycle and now", () => {
  const parsed = parseAnswer(pnlAnswerSchema, { ...ANSWER, more: "ignored" });
  assert.ok(parsed.ok);
  assert.deepEqual(checkPnl(parsed.value, ASSIGNMENT, { now_ms: NOW, asOf_ms_min: null }), {
    ok: true,
    value: { equity: "1100.25", pnl: "99.75", asOf_ms: NOW - 2_000 },
  });
  assert.equal(judge({ equity: "0.00", pnl: "-1000.50" }), "ok");
  assert.equal(judge({ equity: "1000.500", pnl: "-0" }), "ok");
});

Deno.test("garbage from an adapter gets a code of its own, and never a number", () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ pool_id: "01900000-0000-7000-8000-000000000002" }, "wrong_pool"],
    [{ pool_id: 7 }, "wrong_pool"],
    [{ cycle_no: 2 }, "wrong_cycle"],
    [{ cycle_no: "3" }, "wrong_cycle"],
    [{ currency: "USD" }, "wrong_currency"],
    [{ capital: "1000.51", pnl: "99.74" }, "wrong_capital"],
    [{ capital: "NaN" }, "wrong_capital"],
    [{ equity: "NaN" }, "invalid_equity"],
    [{ equity: 1100.25 }, "invalid_equity"],
    [{ equity: 1e309 }, "invalid_equity"],
    [{ equity: null }, "invalid_equity"],
    [{ equity: "Infinity" }, "invalid_equity"],
    [{ equity: "1e3" }, "invalid_equity"],
    [{ equity: "-1", pnl: "-1001.5" }, "invalid_equity"],
    [{ equity: "-0" }, "invalid_equity"],
    [{ equity: "01100.25" }, "invalid_equity"],
    [{ equity: " 1100.25" }, "invalid_equity"],
    [{ equity: "1100.251", pnl: "99.751" }, "invalid_equity"],
    [{ equity: "1".repeat(16) }, "invalid_equity"],
    [{ equity: `1.${"1".repeat(19)}` }, "invalid_equity"],
    [{ equity: "9".repeat(1_000_000) }, "invalid_equity"],
    [{ pnl: "99.76" }, "equity_mismatch"],
    [{ pnl: "NaN" }, "equity_mismatch"],
    [{ pnl: "+99.75" }, "equity_mismatch"],
    [{ as_of: "2026-11-19T12:00:00Z" }, "stale_answer"],
    [{ as_of: "2026-11-20T11:59:29Z" }, "stale_answer"],
    [{ as_of: "yesterday" }, "stale_answer"],
    [{ as_of: "2026-11-20T12:00:00+02:00" }, "stale_answer"],
    [{ as_of: "2026-11-20T12:00:06Z" }, "future_answer"],
    [{ equity: undefined }, "invalid_equity"],
  ];
  for (const [changes, code] of cases) {
    assert.equal(judge(changes), code, JSON.stringify(changes).slice(0, 80));
  }
  for (const json of [null, [], "1100.25", 1100.25, {}, { equity: "1" }]) {
    const parsed = parseAnswer(pnlAnswerSchema, json);
    assert.deepEqual(parsed, { ok: false, code: "answer_malformed" }, JSON.stringify(json));
  }
});

Deno.test("a settlement takes no number from before its cycle's end, and one from right then", () => {
  const end = Date.parse(ANSWER.as_of);
  assert.equal(judge({}, end), "ok");
  assert.equal(judge({}, end + 1), "stale_answer");
  // However long ago the end was.
  assert.equal(judge({ as_of: "2026-11-20T11:00:00Z" }, NOW - 3_600_000), "ok");
});

Deno.test("positions that nobody could show are refused", () => {
  const position = { symbol: "BTC-USDT", side: "long", quantity: "1", entry_price: "2", mark_price: "3", pnl: "1" };
  const judgePositions = (positions: unknown) => {
    const parsed = parseAnswer(metricsAnswerSchema, { ...ANSWER, exposure: "0.5", positions });
    return parsed.ok ? "ok" : parsed.code;
  };
  assert.equal(judgePositions([position]), "ok");
  assert.equal(judgePositions(Array(201).fill(position)), "answer_malformed");
  for (const bad of [{ symbol: "<script>" }, { side: "both" }, { quantity: "-1" }, { mark_price: "NaN" }, { pnl: 1 }]) {
    assert.equal(judgePositions([{ ...position, ...bad }]), "answer_malformed", JSON.stringify(bad));
  }
});
