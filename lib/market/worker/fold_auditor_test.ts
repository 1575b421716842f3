import assert from "node:assert/strict";
import { createLogger } from "../../kernel/log.ts";
import type { RpcResult } from "../../kernel/worker/supabase.ts";
import { knownVenue, type VenueCapabilities } from "../venue_capabilities.ts";
import type { Ohlcv } from "../fold.ts";
import type { CandleRow } from "./feed_store.ts";
import { CHECKS_PER_MINUTE_MAX, FoldAuditor, type FoldCounts } from "./fold_auditor.ts";
import type { HistoryRequest } from "./venue.ts";

const MINUTE = 60_000;
const T = Date.UTC(2026, 10, 20);

function candle(t: number, close: string): Ohlcv {
  return { t, o: "100", h: "110", l: "90", c: close, v: "5" };
}

/** An exchange whose 5m candle closed at 105, made of minutes that all closed so. */
function open(venueNowMs: number, settled = (_symbol: string) => Promise.resolve()) {
  const clock = { now: 0 };
  const asked: HistoryRequest[] = [];
  const repaired: CandleRow[] = [];
  const refusals: RpcResult[] = [];
  const counts: FoldCounts = { checked: 0, differing: 0, repairs: 0 };
  const restarted: string[] = [];
  const stop = new AbortController();
  const auditor = new FoldAuditor({
    venue: {
      capabilities: knownVenue("sim") as VenueCapabilities,
      history(request) {
        asked.push(request);
        const width = request.timeframe === "1m" ? MINUTE : 5 * MINUTE;
        const from = request.fromMs ?? 0;
        return Promise.resolve(Array.from({ length: request.limit }, (_, i) => candle(from + i * width, "105.0")));
      },
    },
    store: {
      repairCandles(_token: number, rows: readonly CandleRow[]) {
        const refusal = refusals.shift();
        if (refusal !== undefined) return Promise.resolve(refusal);
        repaired.push(...rows);
        return Promise.resolve({ ok: true, data: 2 } as const);
      },
    },
    token: () => 1,
    logger: createLogger({ service: "test", write: () => {}, nowMs: () => 0 }),
    venueNowMs: () => venueNowMs,
    nowMs: () => clock.now,
    onChecked(found) {
      counts.checked += found.checked;
      counts.differing += found.differing;
      counts.repairs += found.repairs;
    },
    settled: (symbol) => settled(symbol),
    onRepaired: (symbol) => void restarted.push(symbol),
  });
  /** Runs until `done`, bounded by the test runner's patience. */
  const runUntil = async (done: () => boolean) => {
    const running = auditor.run(stop.signal);
    while (!done()) await new Promise((resolve) => setTimeout(resolve, 1));
    stop.abort();
    await running;
  };
  return { auditor, asked, repaired, refusals, counts, restarted, runUntil };
}

Deno.test("FoldAuditor accepts a fold that says the same in other digits, and never asks about minutes", async () => {
  const { auditor, asked, counts, repaired, runUntil } = open(T + 10 * MINUTE);
  auditor.closed("BTC-USDT", "1m", candle(T, "1"));
  auditor.closed("BTC-USDT", "5m", candle(T, "105"));
  await runUntil(() => counts.checked === 1);
  assert.deepEqual([counts.differing, repaired.length, auditor.differing.size], [0, 0, 0]);
  assert.deepEqual(asked.map(({ timeframe }) => timeframe), ["5m"]);
});

Deno.test("FoldAuditor repairs a fold that differs and the minutes beneath it, and has the symbol start over", async () => {
  const { auditor, counts, repaired, restarted, runUntil } = open(T + 10 * MINUTE);
  auditor.closed("BTC-USDT", "5m", candle(T, "104"));
  await runUntil(() => counts.checked === 1);
  assert.deepEqual(counts, { checked: 1, differing: 1, repairs: 2 });
  assert.deepEqual(repaired.map(({ timeframe, t, c }) => [timeframe, (t - T) / MINUTE, c]), [
    ["5m", 0, "105"],
    ...[0, 1, 2, 3, 4].map((minute) => ["1m", minute, "105"]),
  ]);
  assert.deepEqual([restarted, [...auditor.differing]], [["BTC-USDT"], ["BTC-USDT:5m"]]);
  auditor.forget("BTC-USDT");
  assert.equal(auditor.differing.size, 0);
});

Deno.test("FoldAuditor waits until the exchange's own history is sure to be whole", async () => {
  const { auditor, asked, runUntil } = open(T + 5 * MINUTE + 4_999);
  auditor.closed("BTC-USDT", "5m", candle(T, "104"));
  let turns = 0;
  await runUntil(() => ++turns > 20);
  assert.deepEqual(asked, []);
});

Deno.test("FoldAuditor asks no more a minute than its share", async () => {
  const { auditor, asked, runUntil } = open(T + 10 * MINUTE);
  for (let i = 0; i < CHECKS_PER_MINUTE_MAX + 50; i++) auditor.closed(`S${i}-USDT`, "5m", candle(T, "105"));
  let turns = 0;
  await runUntil(() => asked.length >= CHECKS_PER_MINUTE_MAX && ++turns > 20);
  assert.equal(asked.length, CHECKS_PER_MINUTE_MAX);
});

Deno.test("FoldAuditor repairs a candle only once it is stored, and tries until that lands", async () => {
  const order: string[] = [];
  const { auditor, counts, repaired, refusals, runUntil } = open(T + 10 * MINUTE, (symbol) => {
    order.push(`${symbol} settled, ${repaired.length} repaired`);
    return Promise.resolve();
  });
  refusals.push({ ok: false, next: "retry", code: "upstream_unavailable", detail: "" });
  auditor.closed("BTC-USDT", "5m", candle(T, "104"));
  await runUntil(() => counts.checked === 1);
  assert.deepEqual(order, ["BTC-USDT settled, 0 repaired"]);
  assert.deepEqual([counts.repairs, repaired.length, refusals.length], [2, 6, 0]);
});
