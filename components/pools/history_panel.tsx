import type { JSX } from "preact";
import { formatMoney } from "../../lib/pools/format.ts";
import { formatDay } from "../../lib/pools/pool_dates.ts";
import { frameOf, type ValuePoint } from "../../lib/pools/value_chart.ts";
import { useTexts } from "../layout/texts.ts";
import { type ChartLot, ValueChart } from "./value_chart.tsx";

/** What something of one's own was worth over time. */
export function HistoryPanel({ title, lead, points, lots = [], currency, nowMs }: {
  title: string;
  lead: string;
  points: readonly ValuePoint[];
  lots?: readonly ChartLot[];
  currency: string;
  nowMs: number;
}): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const first = points[0];
  const last = points[points.length - 1];
  const money = (point: ValuePoint | undefined) => formatMoney(point?.v.toFixed(2), currency) ?? "";
  const day = (point: ValuePoint | undefined) => point === undefined ? "" : formatDay(point.t, locale, timeZone);
  return (
    <section class="panel value-panel" aria-labelledby="history-title">
      <div class="panel-head">
        <h2 id="history-title">{title}</h2>
        <span class="panel-lead">{lead}</span>
      </div>
      <ValueChart
        frame={frameOf(points, { fromMs: null, nowMs })}
        points={points}
        label={t("pools.history_summary", { from: money(first), start: day(first), to: money(last), end: day(last) })}
        tag={money(last)}
        lots={lots}
      />
    </section>
  );
}
