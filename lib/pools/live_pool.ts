import { toUnits } from "../kernel/format_decimal.ts";
import { differenceOf, percentOf, revalueMine } from "./figures.ts";
import type { Performance, PoolDetail } from "./pool_shapes.ts";
import type { ChartRange, ValuePoint } from "./value_chart.ts";
import { thin } from "./value_history.ts";

/** How fresh a pool's figures are: as rendered, live, too old to be called that, or the link is being made (again). */
export type PoolPhase = "snapshot" | "live" | "stale" | "connecting" | "reconnecting";

/** What a pool's page shows, as the server knows it or as it lives on. Times are Unix ms. */
export interface PoolState {
  detail: PoolDetail;
  points: readonly ValuePoint[];
  /** When the pool settled. */
  settlements: readonly number[];
  range: ChartRange;
  phase: PoolPhase;
  nowMs: number;
}

/** Age from which a value is not called live: adapters are asked several times a minute. */
export const STALE_AFTER_ms = 60_000;

/** Points a page keeps: a day of ten-second values would be more than its pixels. */
const POINTS_MAX = 1_200;

/** Points a chart is asked to be drawn from. */
export const CHART_POINTS = 400;

/** What is broadcast of a pool between settlements. */
export interface NavEvent {
  at: string;
  equity: string;
  unit_price: string;
  pnl: string | null;
  exposure: string | null;
  drawdown: string | null;
  sharpe: string | null;
}

/** Reads a broadcast; null for what has another shape. */
export function parseNav(payload: unknown): NavEvent | null {
  const { at, equity, unit_price, ...rest } = (payload ?? {}) as Record<string, unknown>;
  if (typeof at !== "string" || !Number.isFinite(Date.parse(at)) || !isFigure(equity) || !isFigure(unit_price)) {
    return null;
  }
  const figure = (name: string) => isFigure(rest[name]) ? rest[name] : null;
  return {
    at,
    equity,
    unit_price,
    pnl: figure("pnl"),
    exposure: figure("exposure"),
    drawdown: figure("drawdown"),
    sharpe: figure("sharpe"),
  };
}

// Not isDecimal(): it comes with a library of three kilobytes.
function isFigure(value: unknown): value is string {
  return typeof value === "string" && toUnits(value, 0) !== null;
}

/** The page after a broadcast; one from before what is shown changes nothing. */
export function applyNav(state: PoolState, nav: NavEvent): PoolState {
  const { detail } = state;
  const t = Date.parse(nav.at);
  if (detail.live.at !== null && t <= Date.parse(detail.live.at)) return state;
  const { unit_price } = nav;
  const { settled_price, manager_fee_percent } = detail.pool;
  return {
    ...state,
    points: addPoint(state.points, { t, v: Number(unit_price) }),
    detail: {
      ...detail,
      live: { ...detail.live, ...nav, adapter_status: "ok", adapter_error: null, stale: false },
      pool: {
        ...detail.pool,
        unit_price,
        size: nav.equity,
        change_percent: percentOf(differenceOf(unit_price, settled_price), settled_price),
      },
      mine: detail.mine &&
        revalueMine(detail.mine, unit_price, detail.cycle?.manager_fee_percent ?? manager_fee_percent),
    },
  };
}

/** The page after its pool was read anew; a broadcast that was newer than that reading keeps its figures. */
export function applyDetail(state: PoolState, detail: PoolDetail): PoolState {
  const { live } = state.detail;
  const next = { ...state, detail };
  const isOlder = live.at !== null && (detail.live.at === null || Date.parse(detail.live.at) < Date.parse(live.at));
  // Not across a settlement: its price is another one.
  if (!isOlder || live.equity === null || live.unit_price === null || live.at === null) return next;
  if (detail.cycle?.no !== state.detail.cycle?.no) return next;
  return {
    ...applyNav(next, { ...live, at: live.at, equity: live.equity, unit_price: live.unit_price }),
    points: state.points,
  };
}

/** Points as a chart wants them. */
export function toPoints({ items }: Pick<Performance, "items">): ValuePoint[] {
  return items.map(({ at, unit_price }) => ({ t: Date.parse(at), v: Number(unit_price) }));
}

/** What a unit is worth by the last word of the adapter, as points of a chart; none where it said nothing. */
export function latestPoint({ detail: { live, pool } }: Pick<PoolState, "detail">): ValuePoint[] {
  return live.at === null ? [] : [{ t: Date.parse(live.at), v: Number(pool.unit_price) }];
}

/** The points with what was missed behind them. */
export function addPoints(points: readonly ValuePoint[], missed: readonly ValuePoint[]): readonly ValuePoint[] {
  return missed.reduce<readonly ValuePoint[]>(addPoint, points);
}

/** How fresh the page is, with its link in this phase. */
export function phaseOf({ detail, nowMs }: PoolState, link: "connecting" | "live" | "reconnecting"): PoolPhase {
  if (link !== "live") return link;
  const { at } = detail.live;
  return at !== null && nowMs - Date.parse(at) < STALE_AFTER_ms ? "live" : "stale";
}

function addPoint(points: readonly ValuePoint[], point: ValuePoint): readonly ValuePoint[] {
  const last = points[points.length - 1];
  if (last !== undefined && point.t <= last.t) return points;
  return thin([...points, point], POINTS_MAX);
}
