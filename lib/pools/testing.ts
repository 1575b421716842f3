import type { Investment } from "./investment_shapes.ts";
import type { ListedPool, PoolDetail } from "./pool_shapes.ts";

const POOL_ID = "01a1f8c1-fd9a-734b-9e3b-c075cbb3b901";
const MANAGER_ID = "01a1f8c1-fd9a-734b-9e3b-c075cbb3b902";

/** An active lot of 45 units, bought at 116.902 and worth 118.4627 each. */
export function createLot(overrides: Partial<Investment> = {}): Investment {
  return {
    id: "01a1f8c1-fd9a-734b-9e3b-c075cbb3b911",
    pool_id: POOL_ID,
    pool_name: "Harbour Basis",
    currency: "EUR",
    scale: 2,
    status: "active",
    no: 131,
    amount: "5260.59",
    requested_at: "2026-09-24T10:00:00+00:00",
    bought_at: "2026-09-25T16:00:00+00:00",
    units_bought: "45",
    price_bought: "116.902",
    units: "45",
    mark: "116.902",
    unit_price: "118.4627",
    value: "5330.82",
    gain: "70.23",
    gain_percent: "1.335",
    new_profit: "70.23",
    fee_now: "10.53",
    fees_paid: "0",
    amount_redeemed: "0",
    cycle_no: 32,
    redeeming_units: "0",
    reason: null,
    ...overrides,
  };
}

/** A pool as a list shows it. */
export function createPool(overrides: Partial<ListedPool> = {}): ListedPool {
  return {
    id: POOL_ID,
    name: "Harbour Basis",
    description: "",
    currency: "EUR",
    scale: 2,
    status: "running",
    closing: false,
    visibility: "public",
    cycle: "weekly",
    cutoff_lead_s: 14_400,
    minimum: "100",
    cap: null,
    manager_fee_percent: "15",
    platform_share_percent: "0",
    manager: { user_id: MANAGER_ID, username: "nordlicht" },
    adapter: "simulated",
    symbol: "BTC-USDT",
    unit_price: "118.4627",
    settled_price: "116.9",
    change_percent: "1.3368",
    size: "14208311",
    investors: 214,
    units: "119939.1",
    since: "2026-02-13T00:00:00+00:00",
    settles_at: "2026-10-16T16:00:00+00:00",
    accepts_until: "2026-10-16T12:00:00+00:00",
    paused_reason: null,
    verified: true,
    spark: ["108.2", "110", "118.4"],
    my_value: null,
    ...overrides,
  };
}

/** A pool's page for an investor with these lots; none for a stranger. */
export function createDetail(
  { lots = [], pool = {}, ...overrides }: Partial<Omit<PoolDetail, "pool">> & {
    lots?: readonly Investment[];
    pool?: Partial<ListedPool>;
  } = {},
): PoolDetail {
  const { spark: _, my_value: __, ...rest } = createPool(pool);
  return {
    pool: rest,
    live: {
      at: "2026-10-14T14:32:00+00:00",
      equity: "14208311",
      unit_price: "118.4627",
      pnl: "187430",
      exposure: "0.8412",
      drawdown: "0.0234",
      sharpe: "1.4231",
      adapter_status: "ok",
      adapter_error: null,
      stale: false,
    },
    cycle: {
      no: 35,
      cutoff_at: "2026-10-16T12:00:00+00:00",
      ends_at: "2026-10-16T16:00:00+00:00",
      status: "open",
      manager_fee_percent: "15",
      platform_share_percent: "0",
      manager: { user_id: MANAGER_ID, username: "nordlicht" },
    },
    fee_changes: [],
    mine: lots.length === 0 ? null : {
      units: "45",
      value: "5330.82",
      gain: "70.23",
      fees_paid: "0",
      fee_now: "10.53",
      new_profit: "70.23",
      waiting: [],
      lots: [...lots],
    },
    settlements: [{
      no: 34,
      settled_at: "2026-10-09T16:00:00+00:00",
      unit_price: "116.9",
      pnl: "-1200.5",
      fee: "0",
      subscribed: "1500",
      redeemed: "0",
    }],
    ...overrides,
  };
}
