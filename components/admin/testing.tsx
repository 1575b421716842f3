import type { VNode } from "preact";
import type { Dashboard } from "../../lib/admin/dashboard.ts";
import type { Overview } from "../../lib/admin/overview.ts";
import { type Payment, PAYMENT_STATES } from "../../lib/admin/payments.ts";
import type { AdminPool, AdminPoolDetail } from "../../lib/admin/pools.ts";
import type { AdminWithdrawal } from "../../lib/admin/withdrawals.ts";
import { WITHDRAWAL_STATES } from "../../lib/ledger/withdrawal_shapes.ts";
import { POOL_STATUSES } from "../../lib/pools/pool_shapes.ts";
import { DashboardPage } from "./dashboard_page.tsx";
import { PaymentsPage } from "./payments_page.tsx";
import { NEW_POOL, NewPoolPage } from "./pool_form.tsx";
import { PoolPage } from "./pool_page.tsx";
import { PoolsPage } from "./pools_page.tsx";
import { TipRulesPage } from "./tip_rules_page.tsx";
import { WithdrawalsPage } from "./withdrawals_page.tsx";

const ID = "01a1f8c1-fd9a-734b-9e3b-c075cbb3b928";
const OTHER = "01a1f8c1-fd9a-734b-9e3b-c075cbb3b929";
const AT = "2026-10-14T14:32:08+00:00";
const NOW_ms = Date.parse("2026-10-16T14:32:08Z");

const EMPTY: Omit<Dashboard, "audit"> = {
  at: AT,
  aum_eur: "0",
  pnl_today_eur: "0",
  pnl_cycle_eur: "0",
  rates_missing: [],
  pools: 0,
  pools_paused: 0,
  investors: 0,
  active_investments: 0,
  withdrawals: { waiting: 0, eur: "0", oldest_at: null },
  credits: { waiting: 0, eur: "0", oldest_at: null },
  kyc_pending: 0,
  settlement: { next: null, overdue: [], failing: [], last: [] },
  ledger: null,
  series: [{ day: "2026-10-14", aum_eur: "0", subscribed_eur: "0", redeemed_eur: "0" }],
};

const POOL_REF = { pool_id: ID, name: "Alpha" };

/** Everything that can be wrong at once. */
const TROUBLED: Omit<Dashboard, "audit"> = {
  ...EMPTY,
  aum_eur: null,
  pnl_today_eur: null,
  pnl_cycle_eur: "-12.5",
  rates_missing: ["BTC"],
  pools: 2,
  pools_paused: 1,
  withdrawals: { waiting: 2, eur: "1200", oldest_at: AT },
  settlement: {
    next: { ...POOL_REF, no: 3, cutoff_at: AT, ends_at: AT },
    overdue: [{ ...POOL_REF, no: 2, ends_at: AT, attempts: 3, last_error: "timeout" }],
    failing: [{ ...POOL_REF, error: "timeout", checked_at: null }],
    last: [{
      ...{ ...POOL_REF, currency: "EUR", no: 1, settled_at: AT, took_s: "1.2", forced: true, attempts: 2 },
      ...{ last_error: "timeout", pnl: "-5", fee: "0" },
    }],
  },
  ledger: {
    ...{ checked_at: AT, took_ms: 12, violations: 1, broken_since: AT },
    samples: [{ violation: "wrong_balance", subject: ID }],
  },
  series: [
    { day: "2026-10-13", aum_eur: "900", subscribed_eur: "900", redeemed_eur: "0" },
    { day: "2026-10-14", aum_eur: null, subscribed_eur: "0", redeemed_eur: "50" },
  ],
};

/** A pool as administrators see it. */
export const ADMIN_POOL: AdminPool = {
  id: ID,
  name: "Alpha",
  description: "",
  currency: "EUR",
  scale: 2,
  status: "running",
  visibility: "private",
  cycle: "daily",
  cutoff_lead_s: 3600,
  minimum: "100",
  cap: null,
  manager_fee_percent: "15",
  platform_share_percent: "0",
  manager: { user_id: ID, username: null },
  adapter: "simulated",
  symbol: "BTC-USDT",
  unit_price: "101.5",
  settled_price: "100",
  change_percent: "1.5",
  size: "1015",
  investors: 1,
  units: "10",
  since: AT,
  settles_at: AT,
  accepts_until: AT,
  verified: true,
  closing: false,
  paused_reason: null,
  resumes_as: null,
  lots: 1,
  capital: "1000",
  equity_move_percent_max: "50",
  metadata: { trading: { adapter: "simulated", symbol: "BTC-USDT" } },
  created_at: AT,
  opened_at: AT,
  closed_at: null,
  updated_at: AT,
  adapter_status: "ok",
  adapter_error: null,
  valued_at: AT,
  cycle_now: {
    no: 2,
    status: "open",
    cutoff_at: AT,
    ends_at: AT,
    attempts: 0,
    last_error: null,
    manager: { user_id: ID, username: null },
  },
  waiting: { subscriptions: 1, amount: "50", redemptions: 0, units: "0" },
};

const DETAIL: AdminPoolDetail = {
  pool: ADMIN_POOL,
  members: [{ user_id: ID, username: "ada", added_at: AT }],
  fee_changes: [{ cycle_no: 4, manager_fee_percent: "20", announced_at: AT }],
  settlements: [{ no: 1, settled_at: AT, unit_price: "100", pnl: "0", fee: "0", subscribed: "1000", redeemed: "0" }],
};

const BROKEN: AdminPool = {
  ...ADMIN_POOL,
  ...{ status: "paused", resumes_as: "running", paused_reason: "x", adapter: "http", adapter_status: "failing" },
  ...{ adapter_error: "timeout", valued_at: null, size: null, closing: true },
  metadata: { trading: { adapter: "http", url: "https://example.com" } },
  cycle_now: {
    ...{ no: 2, status: "open", cutoff_at: null, ends_at: null, attempts: 3, last_error: "timeout" },
    manager: { user_id: OTHER, username: "ada" },
  },
};

/** A withdrawal that waits for an administrator. */
export const ADMIN_WITHDRAWAL: AdminWithdrawal = {
  id: ID,
  asset: "BTC",
  amount: "0.15",
  eur: "7500",
  destination: "bc1q",
  status: "awaiting_approval",
  revision: 2,
  requested_at: AT,
  changed_at: AT,
  approved_at: null,
  paid_at: null,
  rejected_at: null,
  cancelled_at: null,
  reason: null,
  investment_id: null,
  user_id: ID,
  username: null,
  kyc_status: "verified",
  frozen_until: null,
  eur_day: "7500",
  approved_by: null,
  approved_by_name: null,
  rejected_by: null,
  rejected_by_name: null,
  payout: null,
  attempts: 0,
  last_error: null,
  approvable: true,
  rejectable: true,
};

/** A payment that nobody has decided about. */
const PAYMENT: Payment = {
  ...{ id: ID, provider: "test", event_id: "evt_1", outcome: "mismatched", asset: "BTC", amount: "0.1" },
  received_at: AT,
  meant: { deposit_id: ID, user_id: OTHER, username: null, asset: "EUR", amount: "25", paid: false },
  ...{ status: "waiting", revision: 0, decision: null, user_id: null, username: null, eur: null, note: null },
  ...{ decided_by: null, decided_by_name: null, decided_at: null },
  ...{ approved_by: null, approved_by_name: null, closed_at: null, approvable: false },
};

/** Payments in every state that words depend on. */
function payments(): Payment[] {
  const decided = { revision: 1, decided_by: OTHER, decided_at: AT, eur: "5000", note: "x" } as const;
  return [
    PAYMENT,
    { ...PAYMENT, outcome: "unclaimed", meant: null },
    {
      ...PAYMENT,
      meant: { ...{ deposit_id: ID, user_id: ID, username: "ada" }, asset: "EUR", amount: "25", paid: true },
    },
    ...PAYMENT_STATES.slice(1).flatMap((status): Payment[] => [
      {
        ...PAYMENT,
        ...decided,
        status,
        decision: "assign",
        user_id: OTHER,
        approvable: status === "awaiting_approval",
      },
      { ...PAYMENT, ...decided, status, decision: "return", approved_by: status === "returned" ? ID : null },
    ]),
  ];
}

/** Administrators' pages about money in every state that words depend on. */
export function adminMoneyPages(overview: Overview): Record<string, VNode> {
  const newId = () => ID;
  const dashboard = (of: Omit<Dashboard, "audit">) => ({ ...of, audit: overview.audit });
  const everyState: AdminWithdrawal[] = [
    ADMIN_WITHDRAWAL,
    { ...ADMIN_WITHDRAWAL, kyc_status: "pending", frozen_until: AT, requested_at: "2026-10-16T14:00:00Z" },
    { ...ADMIN_WITHDRAWAL, approvable: false, requested_at: "2026-10-16T09:00:00Z" },
    ...WITHDRAWAL_STATES.map((status): AdminWithdrawal => ({
      ...{ ...ADMIN_WITHDRAWAL, status, approvable: false, rejectable: false, last_error: "refused" },
      approved_by: status === "approved" ? ID : null,
    })),
  ];
  const draft: AdminPool = { ...ADMIN_POOL, status: "draft", cycle_now: null, valued_at: null };
  const pool = (of: AdminPool) => <PoolPage detail={{ ...DETAIL, pool: of, members: [] }} newId={newId} />;
  return {
    "dashboard": <DashboardPage dashboard={dashboard(EMPTY)} overview={overview} />,
    "dashboard in trouble": (
      <DashboardPage
        dashboard={{ ...TROUBLED, audit: { ...overview.audit, bad_seq: "3", reason: "row_changed" } }}
        overview={{ ...overview, feeds: [] }}
      />
    ),
    "admin pools": (
      <PoolsPage
        page={{ items: [...POOL_STATUSES.map((status) => ({ ...ADMIN_POOL, status })), BROKEN], next_cursor: ID }}
        status={null}
        isFirst={false}
      />
    ),
    "no admin pools": <PoolsPage page={{ items: [], next_cursor: null }} status="draft" isFirst />,
    "new pool": <NewPoolPage fields={NEW_POOL} newId={newId} />,
    "admin pool": <PoolPage detail={DETAIL} newId={newId} />,
    "admin pool paused": pool(BROKEN),
    "admin pool draft": pool(draft),
    "admin withdrawals": (
      <WithdrawalsPage
        page={{ items: everyState, next_cursor: ID }}
        view="all"
        isFirst={false}
        newId={newId}
        nowMs={NOW_ms}
      />
    ),
    "admin payments": (
      <PaymentsPage page={{ items: payments(), next_cursor: ID }} view="all" own={ID} isFirst={false} newId={newId} />
    ),
    "no admin payments": (
      <PaymentsPage page={{ items: [], next_cursor: null }} view="open" own={ID} isFirst newId={newId} />
    ),
    "admin tips": (
      <TipRulesPage
        rules={{ fee_percent: "5", minimum_eur: "0.5", maximum_eur: "5000", updated_at: AT }}
        newId={newId}
      />
    ),
    "no admin withdrawals": (
      <WithdrawalsPage page={{ items: [], next_cursor: null }} view="waiting" isFirst newId={newId} nowMs={NOW_ms} />
    ),
  };
}
