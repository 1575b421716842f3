import assert from "node:assert/strict";
import type { Ohlcv } from "./fold.ts";
import { Series, type SeriesChange } from "./series.ts";
import { FROM, historyOf, MINUTE, minuteAt } from "./testing.ts";
import { openTimeOf, type Timeframe, TIMEFRAMES } from "./timeframe.ts";

/** Keeps what a series closes and fails on anything closed twice, out of order, or with a hole. */
class Ledger {
  readonly rows = new Map<Timeframe, Ohlcv[]>();

  take(change: SeriesChange): void {
    for (const { timeframe, candle } of change.closed) {
      const rows = this.rows.get(timeframe) ?? [];
      const last = rows.at(-1);
      assert.ok(last === undefined || candle.t > last.t, `${timeframe} closed ${candle.t} after ${last?.t}`);
      rows.push(candle);
      this.rows.set(timeframe, rows);
    }
  }

  equals(from: number, until: number, has?: (i: number) => boolean): void {
    for (const timeframe of TIMEFRAMES) {
      const got = this.rows.get(timeframe) ?? [];
      const first = got[0]?.t ?? Infinity;
      const want = historyOf(timeframe, from, until, has).filter(({ t }) => t >= first);
      assert.deepEqual(got, want, timeframe);
    }
  }
}

function coldStart(until: number): { series: Series; ledger: Ledger } {
  const series = new Series(2);
  const ledger = new Ledger();
  for (const timeframe of TIMEFRAMES) {
    ledger.take(series.history(timeframe, historyOf(timeframe, 0, until).slice(-500)));
  }
  ledger.take(series.link());
  assert.deepEqual(series.unreached(), []);
  return { series, ledger };
}

function closeLive(series: Series, ledger: Ledger, from: number, until: number): void {
  for (let i = from; i < until; i++) {
    const result = series.close(minuteAt(i));
    assert.ok(result.ok, `minute ${i}`);
    assert.deepEqual(result.change.incomplete, [], `minute ${i}`);
    ledger.take(result.change);
  }
}

Deno.test("Series follows on a cold start's history without a hole or a double on any width", () => {
  for (const start of [3_000, 3_001, 3_239, 4_319, 4_320]) {
    const { series, ledger } = coldStart(start);
    closeLive(series, ledger, start, start + 3_000);
    ledger.equals(0, start + 3_000);
  }
});

Deno.test("Series joins histories that were read while minutes went on", () => {
  for (const start of [2_995, 2_999, 3_000, 4_318]) {
    const series = new Series(2);
    const ledger = new Ledger();
    // Each longer width was read one minute later than the one before.
    TIMEFRAMES.forEach((timeframe, i) => {
      ledger.take(series.history(timeframe, historyOf(timeframe, 0, start + i).slice(-500)));
    });
    ledger.take(series.link());
    assert.deepEqual(series.unreached(), []);
    ledger.take(series.history("1m", historyOf("1m", 2_000, start + 7)));
    closeLive(series, ledger, start + 7, start + 3_000);
    ledger.equals(0, start + 3_000);
  }
});

Deno.test("Series resumes from stored candles wherever storing was cut off", () => {
  const until = 4_320;
  for (const cut of [1, 37, 241, 1_000]) {
    const series = new Series(2);
    const ledger = new Ledger();
    for (const timeframe of TIMEFRAMES) {
      // The longer widths' last rows had not been stored when the process was killed.
      const stored = historyOf(timeframe, 0, timeframe === "1m" ? until - cut : until - cut - 3);
      series.restore(timeframe, stored.slice(-500));
      ledger.rows.set(timeframe, stored);
    }
    assert.deepEqual(series.unreached(), []);
    ledger.take(series.link());
    ledger.take(series.history("1m", historyOf("1m", until - cut - 5, until)));
    closeLive(series, ledger, until, until + 2_000);
    ledger.equals(0, until + 2_000);
  }
});

Deno.test("Series asks for the history of widths whose stored candles end too early to fold on from", () => {
  const until = 4_320;
  const series = new Series(2);
  const ledger = new Ledger();
  for (const timeframe of TIMEFRAMES) {
    const stored = historyOf(timeframe, 0, timeframe === "5m" ? until - 600 : until);
    series.restore(timeframe, stored.slice(-500));
    ledger.rows.set(timeframe, stored);
  }
  assert.deepEqual(series.unreached(), ["5m"]);
  ledger.take(series.history("5m", historyOf("5m", 3_000, until)));
  assert.deepEqual(series.unreached(), []);
  ledger.take(series.link());
  closeLive(series, ledger, until, until + 1_500);
  ledger.equals(0, until + 1_500);
});

Deno.test("Series refuses a minute after a gap, and history fills the gap on every width", () => {
  const { series, ledger } = coldStart(3_000);
  closeLive(series, ledger, 3_000, 3_007);
  const late = series.close(minuteAt(3_130));
  assert.deepEqual(late, { ok: false, reason: "gap", expected: FROM + 3_007 * MINUTE });
  assert.equal(series.close(minuteAt(3_006)).ok, false);
  ledger.take(series.history("1m", historyOf("1m", 3_000, 3_130)));
  closeLive(series, ledger, 3_130, 5_000);
  ledger.equals(0, 5_000);
});

Deno.test("Series counts minutes the exchange itself lacks as absent and folds on without them", () => {
  const traded = (i: number) => i < 3_010 || i >= 3_100 || i % 10 === 0;
  const { series, ledger } = coldStart(3_000);
  const change = series.history("1m", historyOf("1m", 3_000, 3_200, traded));
  ledger.take(change);
  assert.equal(change.absent, 81);
  assert.deepEqual(change.incomplete, []);
  closeLive(series, ledger, 3_200, 4_000);
  ledger.equals(0, 4_000, traded);
});

Deno.test("Series closes nothing of a width after an incomplete candle before history has filled it in", () => {
  const series = new Series(2);
  const ledger = new Ledger();
  series.restore("1m", historyOf("1m", 2_990, 3_002));
  series.restore("5m", historyOf("5m", 2_000, 2_990));
  ledger.rows.set("1m", historyOf("1m", 2_990, 3_002));
  ledger.rows.set("5m", historyOf("5m", 2_000, 2_990));
  series.restore("15m", historyOf("15m", 2_000, 3_002));
  ledger.rows.set("15m", historyOf("15m", 2_000, 3_002));
  // Linked although 5m does not reach: what is folded must not hide the hole.
  series.restore("1m", historyOf("1m", 3_002, 3_012));
  ledger.rows.set("1m", historyOf("1m", 2_990, 3_012));
  assert.ok(series.unreached().includes("5m"));
  ledger.take(series.link());
  let lost = false;
  for (let i = 3_012; i < 3_030; i++) {
    const result = series.close(minuteAt(i));
    assert.ok(result.ok);
    ledger.take(result.change);
    lost ||= result.change.incomplete.some(({ timeframe }) => timeframe === "5m");
  }
  assert.ok(lost, "the incomplete candle is reported");
  assert.deepEqual(ledger.rows.get("5m"), historyOf("5m", 2_000, 2_990));
  ledger.take(series.history("5m", historyOf("5m", 2_000, 3_030)));
  ledger.take(series.link());
  for (let i = 3_030; i < 3_100; i++) {
    const result = series.close(minuteAt(i));
    assert.ok(result.ok);
    ledger.take(result.change);
  }
  assert.deepEqual(ledger.rows.get("5m"), historyOf("5m", 2_000, 3_100));
});

Deno.test("Series shows a forming candle on every width, and previews leave closed indicators alone", () => {
  const { series } = coldStart(3_002);
  const { series: quiet } = coldStart(3_002);
  assert.ok(series.tick({ ...minuteAt(3_002), h: "900.0", c: "900.0" }));
  assert.ok(!series.tick(minuteAt(3_004)));
  for (const timeframe of TIMEFRAMES) {
    const forming = series.forming(timeframe);
    assert.deepEqual([forming?.h, forming?.c, forming?.closed], ["900", "900", false], timeframe);
    assert.equal(forming?.t, openTimeOf(FROM + 3_002 * MINUTE, timeframe));
    assert.ok(["4h", "1d"].includes(timeframe) || forming?.ind?.rsi14 !== undefined, timeframe);
  }
  assert.deepEqual(series.close(minuteAt(3_002)), quiet.close(minuteAt(3_002)));
  assert.equal(series.forming("1m"), null);
});
