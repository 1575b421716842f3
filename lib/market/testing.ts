import { canonicalCandle, type Ohlcv } from "./fold.ts";
import { openTimeOf, type Timeframe, TIMEFRAME_MS } from "./timeframe.ts";

/** Ms of a minute. */
export const MINUTE = 60_000;
/** Open time of minute 0 of the test market, Unix ms. */
export const FROM = Date.UTC(2026, 10, 10);

/** Minute `i` of a market that is the same in every test; prices and volumes have superfluous zeros. */
export function minuteAt(i: number): Ohlcv {
  const price = 100 + Math.round(30 * Math.sin(i / 17)) + (i % 5);
  return {
    t: FROM + i * MINUTE,
    o: `${price}.50`,
    h: `${price + 2}.00`,
    l: `${price - 1}.25`,
    c: `${price + (i % 2)}.10`,
    v: `0.${String((i * 7_919) % 1_000).padStart(3, "0")}`,
  };
}

/** What the exchange's history would show of a width at the end of minute `until`. */
export function historyOf(
  timeframe: Timeframe,
  from: number,
  until: number,
  has: (i: number) => boolean = () => true,
): Ohlcv[] {
  const out: Ohlcv[] = [];
  for (let i = from; i < until; i++) {
    if (!has(i)) continue;
    const minute = canonicalCandle(minuteAt(i));
    const t = openTimeOf(minute.t, timeframe);
    const last = out.at(-1);
    if (last === undefined || last.t !== t) {
      out.push({ ...minute, t });
      continue;
    }
    if (Number(minute.h) > Number(last.h)) last.h = minute.h;
    if (Number(minute.l) < Number(last.l)) last.l = minute.l;
    last.c = minute.c;
    last.v = String((Math.round(Number(last.v) * 1_000) + Math.round(Number(minute.v) * 1_000)) / 1_000);
  }
  return out.filter(({ t }) => t + TIMEFRAME_MS[timeframe] <= FROM + until * MINUTE);
}
