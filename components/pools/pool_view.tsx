import type { JSX } from "preact";
import type { ChartRange } from "../../lib/pools/value_chart.ts";
import { ChartPanel } from "./chart_panel.tsx";
import { FeePanel } from "./fee_panel.tsx";
import { LotsPanel } from "./lots_panel.tsx";
import { PoolMetrics } from "./pool_metrics.tsx";
import type { PoolState } from "../../lib/pools/live_pool.ts";

export interface PoolViewProps extends PoolState {
  /** Absent without a script: ranges are links then. */
  onRange?: (range: ChartRange) => void;
}

/** What lives on a pool's page: its figures, its chart, the fee that would be due, and one's own lots. */
export function PoolView({ onRange, ...state }: PoolViewProps): JSX.Element {
  const { detail } = state;
  return (
    <>
      <PoolMetrics detail={detail} phase={state.phase} />
      <ChartPanel state={state} onRange={onRange} />
      <FeePanel detail={detail} />
      <LotsPanel detail={detail} />
    </>
  );
}
