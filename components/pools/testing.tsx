import type { VNode } from "preact";
import { createDetail, createLot, createPool } from "../../lib/pools/testing.ts";
import { InvestmentPage } from "./investment_page.tsx";
import { InvestmentsPage } from "./investments_page.tsx";
import { RedeemPage, SubscribePage } from "./order_page.tsx";
import { PoolsPage } from "./pools_page.tsx";

const ID = "01a1f8c1-fd9a-734b-9e3b-c075cbb3b928";
const AT = "2026-10-14T14:32:08+00:00";

const LOT = createLot({ pool_name: "X" });
const REQUEST = {
  id: ID,
  pool_id: ID,
  pool_name: "X",
  currency: "EUR",
  kind: "redeem",
  status: "queued",
  cycle_no: 2,
  amount: null,
  units: "1",
  everything: false,
  investment_id: ID,
  withdrawal_id: null,
  requested_at: AT,
  settled_at: null,
  price: null,
  units_settled: null,
  amount_settled: "100",
  reason: null,
  cancellable: true,
  settles_at: null,
} as const;
const POOL_DETAIL = createDetail({ pool: { name: "X", status: "paused", visibility: "private" }, lots: [LOT] });
const POOL_STATE = {
  detail: POOL_DETAIL.mine === null ? POOL_DETAIL : {
    ...POOL_DETAIL,
    mine: { ...POOL_DETAIL.mine, waiting: [REQUEST, { ...REQUEST, everything: true }] },
    fee_changes: [{ cycle_no: 40, manager_fee_percent: "20", announced_at: AT }],
    cycle: POOL_DETAIL.cycle && { ...POOL_DETAIL.cycle, manager: { user_id: ID, username: null } },
  },
  points: [{ t: Date.parse(AT) - 1_000, v: 1 }, { t: Date.parse(AT), v: 2 }],
  settlements: [],
  range: "all",
  phase: "stale",
  nowMs: Date.parse(AT) + 600_000,
} as const;

/** Each page of pools and investments in its states, with nothing English in the data. */
export const poolPages: Readonly<Record<string, VNode>> = {
  pools: (
    <PoolsPage
      list={{
        items: [createPool({ name: "X", my_value: "1" }), createPool({ name: "Y", status: "closed", symbol: null })],
        nextCursor: ID,
        scope: "mine",
        chosen: ID,
        isSignedIn: true,
        nowMs: Date.parse(AT),
      }}
      state={POOL_STATE}
      positions={{
        at: AT,
        items: ["long", "short"].map((side) => ({
          symbol: "BTC-USDT",
          side,
          quantity: "1",
          entry_price: null,
          mark_price: null,
          pnl: "1",
        })),
      }}
      orders={{ available: "1", subscribeId: ID, redeemId: ID }}
      isPaper={false}
      shows="list"
    />
  ),
  "pool without anything": (
    <PoolsPage
      list={{ items: [], nextCursor: null, scope: "open", chosen: null, isSignedIn: false, nowMs: Date.parse(AT) }}
      state={{ ...POOL_STATE, points: [], detail: createDetail({ pool: { name: "X" }, cycle: null, settlements: [] }) }}
      positions={{ at: null, items: [] }}
      orders={null}
      isPaper
      shows="pool"
    />
  ),
  "no pools": (
    <PoolsPage
      list={{ items: [], nextCursor: null, scope: "all", chosen: null, isSignedIn: true, nowMs: Date.parse(AT) }}
      state={null}
      positions={{ at: null, items: [] }}
      orders={null}
      isPaper
      shows="list"
    />
  ),
  subscribe: <SubscribePage detail={POOL_DETAIL} isPaper clientId={ID} available={null} help={null} />,
  redeem: <RedeemPage detail={POOL_DETAIL} isPaper={false} clientId={ID} help={null} />,
  "redeem nothing": <RedeemPage detail={createDetail()} isPaper clientId={ID} help={null} />,
  investments: (
    <InvestmentsPage
      investments={(["queued", "active", "redeemed", "cancelled", "refused"] as const).map((status) => ({
        ...LOT,
        status,
        no: status === "active" ? 1 : null,
      }))}
      nextCursor={null}
      isFirst
      waiting={[REQUEST, { ...REQUEST, cancellable: false }]}
      history={{
        currency: "EUR",
        totals: [{
          ...{ currency: "EUR", investments: 5, value: "34413.41", paid_in: "30000", gain: "4413.41" },
          ...{ gain_percent: "14.7114", fees_paid: "40", waiting: "1500" },
        }],
        items: POOL_STATE.points.map(({ t, v }) => ({ at: new Date(t).toISOString(), value: String(v) })),
      }}
      isPaper
      nowMs={Date.parse(AT)}
    />
  ),
  "no investments": (
    <InvestmentsPage
      investments={[]}
      nextCursor={null}
      isFirst={false}
      waiting={[]}
      history={{ currency: null, totals: [], items: [] }}
      isPaper={false}
      nowMs={Date.parse(AT)}
    />
  ),
  investment: (
    <InvestmentPage
      investment={LOT}
      requests={(["queued", "settled", "cancelled", "refused"] as const).map((status) => ({ ...REQUEST, status }))}
      history={{
        items: ["bought", "charged", "redeemed", "else"].map((kind) => ({
          at: AT,
          units: "1",
          unit_price: "1",
          value: "1",
          kind,
        })),
      }}
      isPaper
      nowMs={Date.parse(AT)}
    />
  ),
  "investment that waits": (
    <InvestmentPage
      investment={{ ...LOT, status: "queued", no: null }}
      requests={[]}
      history={{ items: [] }}
      isPaper
      nowMs={Date.parse(AT)}
    />
  ),
};
