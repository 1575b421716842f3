import { sumOf } from "../../lib/pools/figures.ts";
import { formatBarePrice, formatUnitPrice, lotName } from "../../lib/pools/format.ts";
import type { Investment } from "../../lib/pools/investment_shapes.ts";
import { DAY_ms, formatDay } from "../../lib/pools/pool_dates.ts";
import type { PoolState } from "../../lib/pools/live_pool.ts";
import type { Pool, PoolDetail } from "../../lib/pools/pool_shapes.ts";
import { type ChartFrame, frameOf, rangeStart } from "../../lib/pools/value_chart.ts";
import type { Texts } from "../layout/texts.ts";
import type { ChartLot, ChartMark } from "./value_chart.tsx";

/** Marks drawn at most: more lines across would hide the one that counts. */
const MARKS_MAX = 3;

/** Names of lots told beside a mark; more are counted. */
const NAMES_MAX = 3;

/** Active lots, oldest first. */
export function activeLots({ mine }: PoolDetail): Investment[] {
  return (mine?.lots ?? []).filter(({ status }) => status === "active").toSorted((a, b) => (a.no ?? 0) - (b.no ?? 0));
}

/** One's purchases on the chart. */
export function chartLots(lots: readonly Investment[]): ChartLot[] {
  return lots.flatMap(({ id, no, bought_at, price_bought }) =>
    bought_at === null || price_bought === null
      ? []
      : [{ key: id, t: Date.parse(bought_at), v: Number(price_bought), label: String(no ?? 0).padStart(4, "0") }]
  );
}

/** One's high-water marks, those of most units first, each from when a unit was last worth as much. */
export function chartMarks(texts: Pick<Texts, "t">, lots: readonly Investment[], detail: PoolDetail): ChartMark[] {
  const byMark = new Map<string, Investment[]>();
  for (const lot of lots) {
    if (lot.mark !== null) byMark.set(lot.mark, [...byMark.get(lot.mark) ?? [], lot]);
  }
  const weight = (group: readonly Investment[]) => Number(sumOf(group.map(({ units }) => units)));
  return [...byMark].toSorted(([, a], [, b]) => weight(b) - weight(a)).slice(0, MARKS_MAX).map(([mark, group]) => {
    const settled = detail.settlements.find(({ unit_price }) => unit_price === mark);
    const bought = group.find(({ price_bought }) => price_bought === mark) ?? group[group.length - 1];
    const names = group.slice(0, NAMES_MAX).map(({ no }) => String(no ?? 0).padStart(4, "0")).join(", ");
    const more = group.length > NAMES_MAX ? ` +${group.length - NAMES_MAX}` : "";
    return {
      v: Number(mark),
      from: Date.parse(settled?.settled_at ?? bought?.bought_at ?? ""),
      label: texts.t("pool.mark_for", { lots: `${names}${more}` }),
      tag: formatBarePrice(mark) ?? mark,
    };
  });
}

/** The frame of a pool's chart. */
export function poolFrame({ detail, points, range, nowMs }: PoolState): ChartFrame | null {
  const others = activeLots(detail).flatMap(({ mark }) => mark === null ? [] : [Number(mark)]);
  const start = rangeStart(range, nowMs);
  const first = points[0];
  // A range longer than the pool's life begins where the pool does.
  const fromMs = start === null || first === undefined ? null : Math.max(start, first.t - DAY_ms / 24);
  return frameOf(points, { fromMs, nowMs: Math.max(nowMs, points[points.length - 1]?.t ?? nowMs), others });
}

/** The chart told in a sentence. */
export function chartSummary(texts: Texts, { detail: { pool }, points }: PoolState): string {
  const { t, locale, timeZone } = texts;
  const first = points[0];
  const last = points[points.length - 1];
  if (!first || !last) return t("pool.no_chart");
  return t("pool.chart_summary", {
    from: formatUnitPrice(String(first.v), pool.currency) ?? "",
    start: formatDay(first.t, locale, timeZone),
    to: formatUnitPrice(String(last.v), pool.currency) ?? "",
    end: formatDay(last.t, locale, timeZone),
  });
}

/** A lot's name; what waits has none yet. */
export function nameOf({ no }: Pick<Investment, "no">): string | null {
  return no === null ? null : lotName(no);
}

/** Why no new money is taken; null where it is. */
export function closedBecause(
  { status, cap, size, closing }: Pick<Pool, "status" | "cap" | "size" | "closing">,
): "paused" | "closed" | "draft" | "full" | null {
  if (status === "paused" || status === "closed" || status === "draft") return status;
  if (closing) return "closed";
  return cap !== null && size !== null && Number(size) >= Number(cap) ? "full" : null;
}
