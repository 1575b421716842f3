import assert from "node:assert/strict";
import { canonicalCandle, Fold, FOLDED_TIMEFRAMES, isGreater, type Ohlcv } from "./fold.ts";
import { openTimeOf, type Timeframe, TIMEFRAME_MS } from "./timeframe.ts";
import { seeded } from "../kernel/seeded.ts";

const MINUTE = 60_000;
const DAY = Date.UTC(2026, 10, 20);
const SEED = 20_261_120;

function randomMinutes(count: number, from: number, random: () => number): Ohlcv[] {
  const minutes: Ohlcv[] = [];
  let cents = 10_000;
  for (let i = 0; i < count; i++) {
    const path = [cents, cents + step(random), cents + step(random), cents + step(random)].map((c) => Math.max(1, c));
    const price = (value: number) => (value / 100).toFixed(2);
    minutes.push({
      t: from + i * MINUTE,
      o: price(path[0] as number),
      h: price(Math.max(...path)),
      l: price(Math.min(...path)),
      c: price(path[3] as number),
      v: (Math.floor(random() * 1e9) / 1e8).toFixed(8),
    });
    cents = path[3] as number;
  }
  return minutes;
}

function step(random: () => number): number {
  return Math.floor((random() - 0.5) * 200);
}

/** The plain way: group minutes by bucket; volumes are added as whole numbers of 1e-8. */
function naiveFold(minutes: readonly Ohlcv[], timeframe: Timeframe): Ohlcv[] {
  const buckets = new Map<number, Ohlcv[]>();
  for (const minute of minutes) {
    const t = openTimeOf(minute.t, timeframe);
    buckets.set(t, [...(buckets.get(t) ?? []), minute]);
  }
  return [...buckets].map(([t, parts]) => {
    const units = parts.reduce((sum, part) => sum + BigInt(part.v.replace(".", "")), 0n).toString().padStart(9, "0");
    const by = (a: Ohlcv, b: Ohlcv, key: "h" | "l") => Number(a[key]) - Number(b[key]);
    return canonicalCandle({
      t,
      o: (parts[0] as Ohlcv).o,
      h: (parts.toSorted((a, b) => by(b, a, "h"))[0] as Ohlcv).h,
      l: (parts.toSorted((a, b) => by(a, b, "l"))[0] as Ohlcv).l,
      c: (parts.at(-1) as Ohlcv).c,
      v: `${units.slice(0, -8)}.${units.slice(-8)}`,
    });
  });
}

function flat(t: number): Ohlcv {
  return { t, o: "1", h: "1", l: "1", c: "1", v: "1" };
}

Deno.test("Fold closes on every width exactly what a plain fold of the same minutes gives", () => {
  for (let round = 0; round < 5; round++) {
    const seed = SEED + round;
    const minutes = randomMinutes(2 * 1_440, DAY, seeded(seed));
    const fold = new Fold();
    const got = new Map<Timeframe, Ohlcv[]>();
    for (const minute of minutes) {
      const result = fold.close(minute);
      assert.ok(result.ok, `seed ${seed}`);
      assert.deepEqual(result.incomplete, [], `seed ${seed}`);
      for (const { timeframe, candle } of result.closed) {
        got.set(timeframe, [...(got.get(timeframe) ?? []), candle]);
      }
    }
    for (const timeframe of FOLDED_TIMEFRAMES) {
      assert.deepEqual(got.get(timeframe), naiveFold(minutes, timeframe), `seed ${seed} ${timeframe}`);
    }
  }
});

Deno.test("Fold previews on every width what a plain fold with the forming minute gives", () => {
  const minutes = randomMinutes(1_500, DAY, seeded(SEED));
  const fold = new Fold();
  minutes.forEach((minute, i) => {
    assert.ok(fold.tick(minute));
    if (i % 13 === 4) {
      for (const timeframe of FOLDED_TIMEFRAMES) {
        const plain = naiveFold(minutes.slice(0, i + 1), timeframe).at(-1);
        assert.deepEqual(fold.forming(timeframe), plain, `seed ${SEED} minute ${i} ${timeframe}`);
      }
    }
    assert.ok(fold.close(minute).ok);
  });
});

Deno.test("Fold refuses a duplicate, a minute out of order and a minute after a missing one", () => {
  const fold = new Fold();
  for (let i = 0; i < 3; i++) assert.ok(fold.close(flat(DAY + i * MINUTE)).ok);
  const refusal = (t: number) => {
    const result = fold.close(flat(t));
    return result.ok ? "taken" : result.reason;
  };
  assert.equal(refusal(DAY + 2 * MINUTE), "duplicate");
  assert.equal(refusal(DAY), "out_of_order");
  assert.equal(refusal(DAY + 3 * MINUTE + 1), "out_of_order");
  assert.equal(refusal(DAY + 5 * MINUTE), "gap");
  assert.equal(refusal(DAY + 3 * MINUTE), "taken");
});

Deno.test("Fold reports candles whose beginning it did not see as incomplete, and closes the next ones", () => {
  const fold = new Fold();
  const closed: string[] = [];
  const incomplete: string[] = [];
  for (let i = 2; i < 60; i++) {
    const result = fold.close(flat(DAY + i * MINUTE));
    assert.ok(result.ok);
    for (const { timeframe, candle } of result.closed) {
      if (timeframe !== "1m") closed.push(`${timeframe}@${(candle.t - DAY) / MINUTE}`);
    }
    for (const { timeframe, t } of result.incomplete) incomplete.push(`${timeframe}@${(t - DAY) / MINUTE}`);
    assert.equal(fold.forming("1h"), null, "a candle that began unseen is never shown");
  }
  assert.deepEqual(incomplete, ["5m@0", "15m@0", "1h@0"]);
  assert.deepEqual(closed.slice(0, 4), ["5m@5", "5m@10", "5m@15", "5m@20"]);
  assert.ok(closed.includes("15m@15"));
});

Deno.test("Fold resumes in the middle of every bucket from the parts that had closed", () => {
  const minutes = randomMinutes(1_440, DAY, seeded(SEED));
  for (const cut of [1, 4, 5, 14, 15, 59, 61, 239, 243, 700, 1_439]) {
    const before = minutes.slice(0, cut);
    const next = DAY + cut * MINUTE;
    const seeds = FOLDED_TIMEFRAMES.map((timeframe, i) => {
      const t = openTimeOf(next, timeframe);
      const shorter = i === 0 ? before.map(canonicalCandle) : naiveFold(before, FOLDED_TIMEFRAMES[i - 1] as Timeframe);
      const width = TIMEFRAME_MS[i === 0 ? "1m" : FOLDED_TIMEFRAMES[i - 1] as Timeframe];
      return { timeframe, t, parts: shorter.filter((part) => part.t >= t && part.t + width <= next) };
    });
    const fold = new Fold();
    fold.seed(next, seeds);
    const days: Ohlcv[] = [];
    for (const minute of minutes.slice(cut)) {
      const result = fold.close(minute);
      assert.ok(result.ok);
      assert.deepEqual(result.incomplete, [], `cut ${cut}`);
      for (const { timeframe, candle } of result.closed) if (timeframe === "1d") days.push(candle);
    }
    assert.deepEqual(days, naiveFold(minutes, "1d"), `cut ${cut}`);
  }
});

Deno.test("Fold closes a candle without the minutes that the exchange itself does not have", () => {
  const minutes = randomMinutes(300, DAY, seeded(SEED));
  const traded = minutes.filter((_, i) => i % 11 !== 3 && !(i >= 60 && i < 140));
  const fold = new Fold();
  const hours: Ohlcv[] = [];
  for (const minute of [...traded, flat(DAY + 300 * MINUTE)]) {
    const skipped = fold.absent(minute.t);
    const result = fold.close(minute);
    assert.ok(result.ok);
    for (const { timeframe, candle } of [...skipped.closed, ...result.closed]) {
      if (timeframe === "1h") hours.push(candle);
    }
    assert.deepEqual([...skipped.incomplete, ...result.incomplete], []);
  }
  assert.deepEqual(hours, naiveFold(traded, "1h"));
});

Deno.test("isGreater() compares decimals as numbers, also past what a float can tell apart", () => {
  assert.ok(isGreater("10", "9.5"));
  assert.ok(!isGreater("9.5", "10"));
  assert.ok(!isGreater("1.10", "1.1"));
  assert.ok(isGreater("12345678901234567.8", "12345678901234567.7"));
  assert.ok(!isGreater("12345678901234567.7", "12345678901234567.8"));
});
