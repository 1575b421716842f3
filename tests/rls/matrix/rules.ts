import type { CallerName } from "./callers.ts";
import { CHAT_FUNCTIONS } from "./chat_rules.ts";
import { CANDLE, FEED_STATUS, MARKET_TOPIC, SYMBOL, TICKER, type World } from "./world.ts";

/** "ok", "denied" (no grant), or the code of the refusal. */
export type Outcome = "ok" | "denied" | string;

/**
 * What each table of schema public holds, and to whom its rows are shown. Nobody writes to tables, the worker included:
 * functions do. A new table is added here on purpose, and its rows to the world, if they are tenants'.
 */
export const TABLES: Record<string, "tenants' rows, closed" | "tenants' rows, shown to their owners" | "no tenant's"> =
  {
    admins: "no tenant's",
    alerts: "tenants' rows, closed",
    assets: "no tenant's",
    attempt_rules: "no tenant's",
    audit_chain: "no tenant's",
    audit_checks: "no tenant's",
    audit_log: "tenants' rows, closed",
    auth_jobs: "tenants' rows, closed",
    candle_repairs: "no tenant's",
    candle_retention: "no tenant's",
    candles: "no tenant's",
    credits: "tenants' rows, closed",
    deployment: "no tenant's",
    deposits: "tenants' rows, closed",
    device_sessions: "tenants' rows, closed",
    devices: "tenants' rows, shown to their owners",
    feed_alerts: "no tenant's",
    feed_status: "no tenant's",
    leases: "no tenant's",
    ledger_accounts: "tenants' rows, closed",
    ledger_checks: "no tenant's",
    ledger_entries: "tenants' rows, closed",
    ledger_holds: "tenants' rows, closed",
    ledger_transfers: "tenants' rows, closed",
    limit_rules: "no tenant's",
    market_depth: "no tenant's",
    notice_batches: "tenants' rows, closed",
    notifications: "tenants' rows, shown to their owners",
    payment_events: "tenants' rows, closed",
    pool_cycles: "tenants' rows, closed",
    pool_fee_changes: "tenants' rows, closed",
    pool_live: "tenants' rows, closed",
    pool_lot_changes: "tenants' rows, closed",
    pool_lots: "tenants' rows, closed",
    pool_members: "tenants' rows, closed",
    pool_nav: "tenants' rows, closed",
    pool_requests: "tenants' rows, closed",
    pools: "tenants' rows, closed",
    profiles: "tenants' rows, shown to their owners",
    quarantined_frames: "no tenant's",
    rate_limit_rules: "no tenant's",
    rate_limits: "tenants' rows, closed",
    rates: "no tenant's",
    recovery_codes: "tenants' rows, closed",
    requests: "tenants' rows, closed",
    stream_acts: "tenants' rows, closed",
    stream_follows: "tenants' rows, closed",
    stream_members: "tenants' rows, closed",
    stream_messages: "tenants' rows, closed",
    stream_minutes: "tenants' rows, closed",
    stream_reports: "tenants' rows, closed",
    stream_tips: "tenants' rows, closed",
    stream_viewers: "tenants' rows, closed",
    streams: "tenants' rows, closed",
    symbols: "no tenant's",
    tickers: "no tenant's",
    tip_rules: "no tenant's",
    unmatched_payments: "tenants' rows, closed",
    user_limits: "tenants' rows, closed",
    watches: "tenants' rows, closed",
    withdrawals: "tenants' rows, closed",
  };

/** Helpers in schema private that callers may execute, because policies do so in their name. */
export const OPEN_HELPERS: Record<string, "anon and authenticated" | "authenticated"> = {
  "can_read_topic(text)": "anon and authenticated",
  "is_admin()": "authenticated",
};

/** For whom a function is, and what becomes of the others. */
export type Audience =
  | "everybody"
  | "everybody but the worker"
  | "signed-in users"
  | "signed-in users with a fresh second factor"
  | "administrators"
  | "administrators with a fresh second factor"
  | "the worker";

const SIGNED_IN: Record<CallerName, Outcome> = {
  anonymous: "denied",
  owner: "ok",
  owner_by_password: "ok",
  owner_long_ago: "ok",
  owner_signed_out: "unauthenticated",
  other: "ok",
  newcomer: "ok",
  newcomer_timed_out: "unauthenticated",
  busy: "ok",
  admin: "ok",
  admin_by_password: "ok",
  admin_an_hour_ago: "ok",
  admin_long_ago: "ok",
  admin_signed_out: "unauthenticated",
  demoted: "ok",
  impostor: "ok",
  worker: "denied",
};
const STEP_UP = "step_up_required";
const ADMINISTRATORS: Record<CallerName, Outcome> = {
  ...each(SIGNED_IN, "not_found"),
  anonymous: "denied",
  admin: "ok",
  admin_by_password: STEP_UP,
  admin_an_hour_ago: "ok",
  admin_long_ago: STEP_UP,
  worker: "denied",
};

export const OUTCOMES: Record<Audience, Record<CallerName, Outcome>> = {
  "everybody": each(SIGNED_IN, "ok"),
  "everybody but the worker": { ...each(SIGNED_IN, "ok"), worker: "denied" },
  "signed-in users": SIGNED_IN,
  "signed-in users with a fresh second factor": {
    ...SIGNED_IN,
    owner_by_password: STEP_UP,
    owner_long_ago: STEP_UP,
    newcomer: STEP_UP,
    busy: STEP_UP,
    admin_by_password: STEP_UP,
    admin_an_hour_ago: STEP_UP,
    admin_long_ago: STEP_UP,
  },
  "administrators": ADMINISTRATORS,
  "administrators with a fresh second factor": { ...ADMINISTRATORS, admin_an_hour_ago: STEP_UP },
  "the worker": { ...each(SIGNED_IN, "denied"), worker: "ok" },
};

/** A call with valid arguments. */
export interface Example {
  /** What is tried, where it is more than the plain call. */
  name?: string;
  with?: (world: World) => Record<string, unknown>;
  /** Callers who fare otherwise than the audience says: by name, or all others for whom the audience says "ok". */
  but?: Partial<Record<CallerName | "everybody else", Outcome>>;
  /** Administrators and the worker may see these tenants in the answer, and change their rows. */
  sees?: readonly ("owner" | "other")[];
  changes?: readonly ("owner" | "other")[];
  /** Callers who are let in may see these tenants in the answer. */
  showsTo?: Partial<Record<CallerName, readonly ("owner" | "other")[]>>;
  /** Whoever is served may see these tenants in the answer. */
  anybodySees?: readonly ("owner" | "other")[];
  /** Rows that anybody changes by calling it, such as "owner private.attempt_counts". */
  anybodyChanges?: readonly string[];
  /** What stands in a caller's answer, where no mark would tell whose it is. */
  says?: Partial<Record<CallerName, string>>;
}

export interface FunctionRule {
  for: Audience;
  /** What counts against the caller's bucket says so. */
  limited?: true;
  examples: readonly Example[];
}

const id = () => crypto.randomUUID();
/** A device's own mark, hashed, which nobody has. */
const DEVICE = "9".repeat(64);
const BOTH = ["owner", "other"] as const;
const NOBODY = "00000000-0000-7000-8000-000000000000";
const FEED = (w: World) => ({ p_exchange: "sim", p_token: w.feedToken });
const CREDIT = () => ({ p_asset: "EUR", p_amount: "10", p_client_id: id() });
const STALE = { p_exchange: "sim", p_token: 999 };
/** Whose identity nobody has verified, in whichever session that lives. */
const UNVERIFIED: Example["but"] = {
  ...{ newcomer: "kyc_required", demoted: "kyc_required", impostor: "kyc_required", admin: "kyc_required" },
  ...{ admin_by_password: "kyc_required", admin_an_hour_ago: "kyc_required", admin_long_ago: "kyc_required" },
};
const WITHDRAWAL = (more: Record<string, unknown> = {}) => ({
  ...{ p_asset: "EUR", p_amount: "10", p_destination: "DE89370400440532013000", p_client_id: id(), ...more },
});
/** The owner however signed in may do it, and nobody else. */
const OWNERS_ALONE: Example["but"] = {
  owner: "ok",
  owner_by_password: "ok",
  owner_long_ago: "ok",
  "everybody else": "not_found",
};

/** The administrators who see a private pool, in whichever session that lives. */
const ADMINISTRATORS_AS_WELL: Example["but"] = {
  ...{ admin: "ok", admin_by_password: "ok", admin_an_hour_ago: "ok", admin_long_ago: "ok" },
};
/** An administrator's call about the owner's pool. */
const OWNERS_POOL = (more: Record<string, unknown> = {}): Example => ({
  with: (w) => ({ p_pool_id: w.owner.poolId, p_client_id: id(), ...more }),
  sees: ["owner"],
  changes: ["owner"],
});
const NO_POOL = (more: Record<string, unknown> = {}): Example => ({
  name: "a pool that does not exist",
  with: () => ({ p_pool_id: NOBODY, p_client_id: id(), ...more }),
  but: { "everybody else": "not_found" },
});
const NO_PAYMENT = (more: Record<string, unknown> = {}): Example => ({
  name: "a payment that does not exist",
  with: () => ({ p_payment_id: NOBODY, p_client_id: id(), ...more }),
  but: { "everybody else": "not_found" },
});
/** What anybody may ask of a pool: strangers of a private one learn that it is not there. */
const POOL_READS: readonly Example[] = [
  { name: "the public pool", with: (w) => ({ p_pool_id: w.publicPoolId }) },
  {
    name: "the owner's private pool",
    with: (w) => ({ p_pool_id: w.owner.poolId }),
    but: { ...OWNERS_ALONE, ...ADMINISTRATORS_AS_WELL },
    sees: ["owner"],
  },
  {
    name: "a draft",
    with: (w) => ({ p_pool_id: w.draftPoolId }),
    but: { ...ADMINISTRATORS_AS_WELL, "everybody else": "not_found" },
  },
];

/** A call about a room: the owner's private one, of which those who are no part learn nothing. */
const OWNERS_ROOM = (more: Record<string, unknown> = {}): Example => ({
  name: "the owner's private room",
  with: (w) => ({ p_stream_id: w.owner.rooms.roomId, ...more }),
  but: { ...OWNERS_ALONE, impostor: "not_owner" },
});
/** Whoever is invited, too. */
const OWNERS_GUESTS = (more: Record<string, unknown> = {}): Example => ({
  ...OWNERS_ROOM(more),
  but: { ...OWNERS_ALONE, impostor: "ok" },
  showsTo: { impostor: ["owner"] },
  anybodyChanges: ["owner public.stream_viewers"],
});
/** The public room is changed by its streamer alone. */
const PUBLIC_ROOM = (more: Record<string, unknown> = {}): Example => ({
  name: "the public room",
  with: (w) => ({ p_stream_id: w.publicRoomId, ...more }),
  but: { demoted: "ok", "everybody else": "not_owner" },
});
/** Whoever is banned from the public room does not watch it. */
const PUBLIC_ROOM_READ = (more: Record<string, unknown> = {}): Example => ({
  name: "the public room",
  with: (w) => ({ p_stream_id: w.publicRoomId, ...more }),
  but: { newcomer: "banned", newcomer_timed_out: "banned" },
});
const NO_ROOM = (more: Record<string, unknown> = {}): Example => ({
  name: "a room that does not exist",
  with: () => ({ p_stream_id: NOBODY, ...more }),
  but: { "everybody else": "not_found" },
});
const TAB = { p_tab_id: NOBODY };
/** A tab that watches, which is the owner's. */
const OWNERS_TAB: Example = {
  ...PUBLIC_ROOM_READ(),
  name: "with the owner's tab",
  with: (w) => ({ p_stream_id: w.publicRoomId, p_tab_id: w.owner.rooms.tabId }),
};
/** Each of them has a room that is live. */
const ALREADY_LIVE: Example["but"] = {
  ...{ owner: "already_live", owner_by_password: "already_live", owner_long_ago: "already_live" },
};

/** Every function of schema public: for whom it is, and calls that try it. A new one is added here on purpose. */
export const FUNCTIONS: Record<string, FunctionRule> = {
  ...CHAT_FUNCTIONS,
  acquire_lease: {
    for: "the worker",
    examples: [{ with: () => ({ p_name: "matrix", p_holder: id(), p_ttl_ms: 5_000 }) }],
  },
  active_alerts: { for: "the worker", examples: [{ with: () => ({ p_exchange: "sim" }), sees: BOTH }] },
  active_watches: { for: "the worker", examples: [{ with: () => ({ p_exchange: "sim" }) }] },
  admin_approve_credit: {
    for: "administrators with a fresh second factor",
    examples: [
      {
        with: (w) => ({ p_credit_id: w.owner.creditId, p_client_id: id() }),
        sees: ["owner"],
        changes: ["owner"],
      },
      {
        name: "what the same administrator asked for",
        with: (w) => ({ p_credit_id: w.other.creditId, p_client_id: id() }),
        but: { "everybody else": "own_request" },
      },
      {
        name: "a credit that does not exist",
        with: () => ({ p_credit_id: NOBODY, p_client_id: id() }),
        but: { "everybody else": "not_found" },
      },
    ],
  },
  admin_approve_withdrawal: {
    for: "administrators with a fresh second factor",
    examples: [
      {
        with: (w) => ({ p_id: w.owner.withdrawalId, p_client_id: id() }),
        sees: ["owner"],
        changes: ["owner"],
      },
      {
        name: "the same administrator's own",
        with: (w) => ({ p_id: w.adminWithdrawalId, p_client_id: id() }),
        but: { "everybody else": "own_request" },
      },
      {
        name: "a withdrawal that does not exist",
        with: () => ({ p_id: NOBODY, p_client_id: id() }),
        but: { "everybody else": "not_found" },
      },
    ],
  },
  admin_audit_state: { for: "administrators", examples: [{}] },
  admin_close_pool: {
    for: "administrators with a fresh second factor",
    examples: [OWNERS_POOL(), NO_POOL()],
  },
  admin_create_pool: {
    for: "administrators with a fresh second factor",
    examples: [{
      with: () => ({
        p_pool: { name: "One more pool", currency: "EUR", cycle: "daily", minimum: "1" },
        p_client_id: id(),
      }),
    }],
  },
  admin_credit_user: {
    for: "administrators with a fresh second factor",
    examples: [
      {
        with: (w) => ({ p_user_id: w.owner.id, ...CREDIT() }),
        changes: ["owner"],
        says: { admin: '"awaiting_approval"' },
      },
      {
        name: "a user whom nobody credited today",
        with: (w) => ({ p_user_id: w.newcomer.id, ...CREDIT() }),
        says: { admin: '"posted"' },
      },
      {
        name: "the own account",
        with: (w) => ({ p_user_id: w.admin.id, ...CREDIT() }),
        but: { "everybody else": "own_account" },
      },
      unknownUser(CREDIT()),
    ],
  },
  admin_credits: { for: "administrators", examples: [{ sees: BOTH }] },
  admin_dashboard: { for: "administrators", examples: [{ sees: BOTH }] },
  admin_end_session: {
    for: "administrators",
    examples: [
      {
        with: (w) => ({ p_user_id: w.owner.id, p_session_id: w.owner.sessionId, p_client_id: id() }),
        sees: ["owner"],
        changes: ["owner"],
      },
      {
        name: "the owner's session as if it were another's",
        with: (w) => ({ p_user_id: w.other.id, p_session_id: w.owner.sessionId, p_client_id: id() }),
        but: { "everybody else": "not_found" },
      },
    ],
  },
  admin_end_sessions: {
    for: "administrators",
    examples: [
      { with: (w) => ({ p_user_id: w.owner.id, p_client_id: id() }), sees: ["owner"], changes: ["owner"] },
      unknownUser({}),
    ],
  },
  admin_force_settlement: {
    for: "administrators with a fresh second factor",
    examples: [OWNERS_POOL(), NO_POOL()],
  },
  admin_open_pool: {
    for: "administrators with a fresh second factor",
    examples: [{ with: (w) => ({ p_pool_id: w.draftPoolId, p_client_id: id() }) }, NO_POOL()],
  },
  admin_overview: { for: "administrators", examples: [{}] },
  admin_approve_payment: {
    for: "administrators with a fresh second factor",
    examples: [
      {
        with: (w) => ({ p_payment_id: w.owner.paymentId, p_revision: 1, p_client_id: id() }),
        sees: ["owner"],
        changes: ["owner"],
      },
      {
        name: "what the same administrator decided",
        with: (w) => ({ p_payment_id: w.other.paymentId, p_revision: 1, p_client_id: id() }),
        but: { "everybody else": "own_request" },
      },
      NO_PAYMENT({ p_revision: 1 }),
    ],
  },
  admin_assign_payment: {
    for: "administrators with a fresh second factor",
    examples: [
      {
        with: (w) => ({ p_payment_id: w.paymentId, p_user_id: w.owner.id, p_client_id: id() }),
        sees: ["owner"],
        changes: ["owner"],
        says: { admin: '"awaiting_approval"' },
      },
      {
        name: "a user whom nobody was given anything today",
        with: (w) => ({ p_payment_id: w.paymentId, p_user_id: w.newcomer.id, p_client_id: id() }),
        says: { admin: '"assigned"' },
      },
      {
        name: "the own account",
        with: (w) => ({ p_payment_id: w.paymentId, p_user_id: w.admin.id, p_client_id: id() }),
        but: { "everybody else": "own_account" },
      },
      {
        name: "a user who does not exist",
        with: (w) => ({ p_payment_id: w.paymentId, p_user_id: NOBODY, p_client_id: id() }),
        but: { "everybody else": "not_found" },
      },
    ],
  },
  admin_payments: { for: "administrators", examples: [{ sees: BOTH }] },
  admin_reopen_payment: {
    for: "administrators with a fresh second factor",
    examples: [
      { with: (w) => ({ p_payment_id: w.owner.paymentId, p_client_id: id() }), sees: ["owner"], changes: ["owner"] },
      NO_PAYMENT(),
    ],
  },
  admin_return_payment: {
    for: "administrators with a fresh second factor",
    examples: [
      {
        with: (w) => ({ p_payment_id: w.paymentId, p_note: "sent back", p_client_id: id() }),
        says: { admin: '"returned"' },
      },
      NO_PAYMENT({ p_note: "sent back" }),
    ],
  },
  admin_pause_pool: {
    for: "administrators",
    examples: [OWNERS_POOL({ p_reason: null }), NO_POOL({ p_reason: null })],
  },
  admin_pool: {
    for: "administrators",
    examples: [
      { with: (w) => ({ p_pool_id: w.owner.poolId }), sees: ["owner"] },
      {
        name: "a pool that does not exist",
        with: () => ({ p_pool_id: NOBODY }),
        but: { "everybody else": "not_found" },
      },
    ],
  },
  admin_pool_member: {
    for: "administrators",
    examples: [
      {
        with: (w) => ({ p_pool_id: w.other.poolId, p_user_id: w.owner.id, p_add: true, p_client_id: id() }),
        sees: BOTH,
        changes: BOTH,
      },
      NO_POOL({ p_user_id: NOBODY, p_add: true }),
    ],
  },
  admin_pools: { for: "administrators", examples: [{ sees: BOTH }] },
  admin_reject_credit: {
    for: "administrators with a fresh second factor",
    examples: [
      {
        with: (w) => ({ p_credit_id: w.owner.creditId, p_client_id: id() }),
        sees: ["owner"],
        changes: ["owner"],
      },
      {
        name: "what the same administrator asked for",
        with: (w) => ({ p_credit_id: w.other.creditId, p_client_id: id() }),
        but: { "everybody else": "own_request" },
      },
    ],
  },
  admin_reject_withdrawal: {
    for: "administrators with a fresh second factor",
    examples: [
      {
        with: (w) => ({ p_id: w.owner.withdrawalId, p_reason: "Call us first", p_client_id: id() }),
        sees: ["owner"],
        changes: ["owner"],
      },
      {
        name: "what the worker has claimed",
        with: (w) => ({ p_id: w.owner.payoutId, p_reason: "Call us first", p_client_id: id() }),
        but: { "everybody else": "payout_started" },
      },
    ],
  },
  admin_resume_pool: { for: "administrators", examples: [OWNERS_POOL(), NO_POOL()] },
  admin_set_ceiling: {
    for: "administrators with a fresh second factor",
    examples: [{
      with: (w) => ({ p_user_id: w.owner.id, p_name: "positions_max", p_ceiling: "300", p_client_id: id() }),
      sees: ["owner"],
      changes: ["owner"],
    }, unknownUser({ p_name: "positions_max", p_ceiling: "300" })],
  },
  admin_set_kyc: {
    for: "administrators with a fresh second factor",
    examples: [
      {
        with: (w) => ({ p_user_id: w.owner.id, p_status: "verified", p_client_id: id() }),
        sees: ["owner"],
        changes: ["owner"],
      },
      {
        name: "the own account",
        with: (w) => ({ p_user_id: w.admin.id, p_status: "verified", p_client_id: id() }),
        but: { "everybody else": "own_account" },
      },
      unknownUser({ p_status: "verified" }),
    ],
  },
  admin_set_role: {
    for: "administrators with a fresh second factor",
    examples: [
      {
        with: (w) => ({ p_user_id: w.owner.id, p_admin: true, p_client_id: id() }),
        sees: ["owner"],
        changes: ["owner"],
      },
      {
        name: "the removal of one of two",
        with: (w) => ({ p_user_id: w.impostor.id, p_admin: false, p_client_id: id() }),
      },
      unknownUser({ p_admin: true }),
    ],
  },
  admin_update_pool: {
    for: "administrators with a fresh second factor",
    examples: [
      OWNERS_POOL({ p_changes: { description: "Calm", manager_fee_percent: "30" } }),
      NO_POOL({ p_changes: { description: "Calm" } }),
    ],
  },
  admin_user: {
    for: "administrators",
    examples: [
      { with: (w) => ({ p_user_id: w.owner.id }), sees: ["owner"] },
      {
        name: "a user who does not exist",
        with: () => ({ p_user_id: NOBODY }),
        but: { "everybody else": "not_found" },
      },
    ],
  },
  admin_users: { for: "administrators", examples: [{ sees: BOTH }] },
  admin_verify_audit: { for: "administrators", examples: [{}] },
  admin_withdraw_credit: {
    for: "administrators with a fresh second factor",
    examples: [
      {
        with: (w) => ({ p_credit_id: w.other.creditId, p_client_id: id() }),
        sees: ["other"],
        changes: ["other"],
      },
      {
        name: "what another administrator asked for",
        with: (w) => ({ p_credit_id: w.owner.creditId, p_client_id: id() }),
        but: { "everybody else": "forbidden" },
      },
    ],
  },
  admin_withdrawals: { for: "administrators", examples: [{ sees: BOTH }] },
  alerts_page: { for: "signed-in users", examples: [{}] },
  assets_page: { for: "signed-in users", limited: true, examples: [{}] },
  attempt_rules_page: { for: "administrators", examples: [{}] },
  audit_export: { for: "administrators", examples: [{ sees: BOTH }] },
  audit_head: { for: "the worker", examples: [{}] },
  audit_page: { for: "administrators", examples: [{ sees: BOTH }] },
  begin_second_factor: { for: "signed-in users", limited: true, examples: [{ with: () => ({ p_device: DEVICE }) }] },
  begin_sign_in: {
    for: "everybody but the worker",
    limited: true,
    examples: [{
      name: "to the owner's account",
      with: (w) => ({ p_kind: "password", p_email: w.owner.email, p_device: DEVICE }),
      anybodyChanges: ["owner private.attempt_counts"],
    }, {
      name: "to the owner's account from the other tenant's device",
      with: (w) => ({ p_kind: "password", p_email: w.owner.email, p_device: w.other.fingerprint }),
      anybodyChanges: ["owner private.attempt_counts"],
    }],
  },
  business_metrics: { for: "the worker", examples: [{}] },
  cancel_stream: {
    for: "signed-in users",
    limited: true,
    examples: [
      {
        name: "the owner's",
        with: (w) => ({ p_stream_id: w.owner.rooms.scheduledId }),
        but: { ...OWNERS_ALONE, impostor: "not_owner" },
      },
      { ...PUBLIC_ROOM(), but: { demoted: "not_scheduled", "everybody else": "not_owner" } },
    ],
  },
  cancel_pool_request: {
    for: "signed-in users",
    limited: true,
    examples: [{
      name: "the owner's",
      with: (w) => ({ p_request_id: w.owner.requestId, p_client_id: id() }),
      but: OWNERS_ALONE,
    }],
  },
  cancel_withdrawal: {
    for: "signed-in users",
    limited: true,
    examples: [{
      name: "the owner's",
      with: (w) => ({ p_id: w.owner.withdrawalId, p_client_id: id() }),
      but: OWNERS_ALONE,
    }],
  },
  candles_csv: {
    for: "everybody",
    limited: true,
    examples: [{
      with: () => ({
        ...{ p_exchange: "sim", p_symbol: "BTC-USDT", p_timeframe: "1m" },
        ...{ p_from: "2001-01-01T00:00:00Z", p_to: "2100-01-01T00:00:00Z" },
      }),
    }],
  },
  candles_page: {
    for: "everybody",
    limited: true,
    examples: [{ with: () => ({ p_exchange: "sim", p_symbol: "BTC-USDT", p_timeframe: "1m" }) }],
  },
  change_withdrawal: {
    for: "signed-in users",
    limited: true,
    examples: [{
      name: "the owner's",
      with: (w) => ({ p_id: w.owner.withdrawalId, p_amount: "11", p_client_id: id() }),
      but: OWNERS_ALONE,
    }],
  },
  check_ledger: {
    for: "the worker",
    examples: [{ with: (w) => ({ p_token: w.booksToken }) }, staleLease({ p_token: 999 })],
  },
  claim_auth_jobs: { for: "the worker", examples: [{ sees: BOTH, changes: BOTH }] },
  claim_deployment_mode: { for: "the worker", examples: [{ with: () => ({ p_mode: "local" }) }] },
  claim_payouts: {
    for: "the worker",
    examples: [
      { with: (w) => ({ p_token: w.payoutsToken }), sees: BOTH, changes: BOTH },
      staleLease({ p_token: 999 }),
    ],
  },
  create_alert: {
    for: "signed-in users",
    limited: true,
    examples: [{
      with: () => ({
        ...{ p_client_id: id(), p_exchange: "sim", p_symbol: "BTC-USDT", p_condition: "above", p_value: "1" },
      }),
    }],
  },
  create_stream: {
    for: "signed-in users",
    limited: true,
    examples: [
      {
        name: "at once",
        with: () => ({ p_stream: { title: "A stream" }, p_client_id: id() }),
        but: { ...ALREADY_LIVE, other: "already_live", demoted: "already_live" },
      },
      {
        name: "tomorrow",
        with: () => ({
          p_stream: { title: "A stream", scheduled_for: new Date(Date.now() + 86_400_000).toISOString() },
          p_client_id: id(),
        }),
      },
    ],
  },
  delete_alert: {
    for: "signed-in users",
    limited: true,
    examples: [{ name: "the owner's", with: (w) => ({ p_id: w.owner.alertId }), but: OWNERS_ALONE }],
  },
  delete_my_account: {
    for: "signed-in users",
    examples: [{
      with: () => ({ p_client_id: id() }),
      but: {
        // Whoever has a second factor shows it first, then takes the money out; administrators give the role up before.
        owner: "balance_left",
        other: "balance_left",
        owner_by_password: STEP_UP,
        owner_long_ago: STEP_UP,
        admin: "conflict",
        admin_by_password: STEP_UP,
        admin_an_hour_ago: STEP_UP,
        admin_long_ago: STEP_UP,
        impostor: "conflict",
      },
      // Nobody watches what has ended.
      anybodyChanges: ["owner public.stream_viewers", "other public.stream_viewers"],
    }],
  },
  deliver_notices: { for: "the worker", examples: [{ changes: BOTH }] },
  deployment_mode: { for: "everybody", examples: [{}] },
  end_stream: {
    for: "signed-in users",
    limited: true,
    examples: [
      OWNERS_ROOM(),
      // Nobody watches what has ended.
      { ...PUBLIC_ROOM(), anybodyChanges: ["owner public.stream_viewers", "other public.stream_viewers"] },
      NO_ROOM(),
    ],
  },
  ensure_audit_partitions: { for: "the worker", examples: [{}] },
  // What an administrator did names the pools it was about.
  export_my_data: {
    for: "signed-in users",
    limited: true,
    // Whom one follows goes along.
    examples: [{ sees: BOTH, showsTo: { impostor: ["owner"] }, says: { newcomer: '"tips_received": []' } }],
  },
  finish_auth_job: {
    for: "the worker",
    examples: [{ with: (w) => ({ p_id: w.jobId }) }],
  },
  finish_payout: {
    for: "the worker",
    examples: [
      {
        with: (w) => ({ p_token: w.payoutsToken, p_id: w.owner.payoutId, p_outcome: "paid" }),
        sees: ["owner"],
        changes: ["owner"],
      },
      staleLease({ p_token: 999, p_id: NOBODY, p_outcome: "paid" }),
    ],
  },
  finish_sign_in: {
    for: "signed-in users",
    limited: true,
    examples: [{ name: "with the owner's device", with: (w) => ({ p_device: w.owner.fingerprint }) }],
  },
  fire_alerts: {
    for: "the worker",
    examples: [
      {
        with: (w) => ({ ...FEED(w), p_rows: [{ id: w.owner.alertId, value: "1", at_ms: w.nowMs }] }),
        changes: ["owner"],
      },
      staleLease({ ...STALE, p_rows: [] }),
    ],
  },
  follow: {
    for: "signed-in users",
    limited: true,
    examples: [
      {
        name: "the owner",
        with: (w) => ({ p_user_id: w.owner.id, p_follow: true }),
        but: { owner: "bad_request", owner_by_password: "bad_request", owner_long_ago: "bad_request" },
        anybodyChanges: ["owner public.stream_follows", "owner public.profiles"],
      },
      {
        name: "no longer whom both tenants follow",
        with: (w) => ({ p_user_id: w.demoted.id, p_follow: false }),
        but: { demoted: "bad_request" },
      },
      {
        name: "whoever has banned one",
        with: (w) => ({ p_user_id: w.demoted.id, p_follow: true }),
        but: { demoted: "bad_request", newcomer: "banned" },
      },
      {
        name: "a user who does not exist",
        with: () => ({ p_user_id: NOBODY, p_follow: true }),
        but: { "everybody else": "not_found" },
      },
    ],
  },
  forget_requests: { for: "the worker", examples: [{}] },
  grant_admin: {
    for: "the worker",
    examples: [{ with: (w) => ({ p_email: w.owner.email }), sees: ["owner"], changes: ["owner"] }],
  },
  invest: {
    for: "signed-in users",
    limited: true,
    examples: [
      {
        name: "in the public pool",
        with: (w) => ({ p_pool_id: w.publicPoolId, p_amount: "5", p_client_id: id() }),
        but: { ...OWNERS_ALONE, other: "ok", "everybody else": "kyc_required" },
      },
      {
        name: "in the owner's private pool",
        with: (w) => ({ p_pool_id: w.owner.poolId, p_amount: "5", p_client_id: id() }),
        but: {
          ...OWNERS_ALONE,
          admin: "kyc_required",
          admin_by_password: "kyc_required",
          admin_an_hour_ago: "kyc_required",
          admin_long_ago: "kyc_required",
        },
      },
    ],
  },
  join_stream: {
    for: "everybody but the worker",
    limited: true,
    examples: [PUBLIC_ROOM_READ(TAB), OWNERS_TAB, OWNERS_GUESTS(TAB), NO_ROOM(TAB)],
  },
  latest_candles: {
    for: "the worker",
    examples: [{ with: () => ({ p_exchange: "sim", p_limit: 1, p_symbols: ["BTC-USDT"] }) }],
  },
  leave_stream: {
    for: "everybody but the worker",
    limited: true,
    examples: [{ ...OWNERS_TAB, but: {} }],
  },
  ledger_check: { for: "the worker", examples: [{}] },
  limit_rules_page: { for: "administrators", examples: [{}] },
  make_recovery_codes: {
    for: "signed-in users with a fresh second factor",
    limited: true,
    examples: [{ with: () => ({ p_client_id: id() }) }],
  },
  manage_pool: {
    for: "signed-in users",
    limited: true,
    examples: [
      {
        name: "the owner's",
        with: (w) => ({ p_pool_id: w.owner.poolId, p_changes: { description: "Calm" }, p_client_id: id() }),
        but: OWNERS_ALONE,
      },
      {
        name: "a fee for the owner's",
        with: (w) => ({ p_pool_id: w.owner.poolId, p_changes: { manager_fee_percent: "30" }, p_client_id: id() }),
        but: { ...OWNERS_ALONE, owner_by_password: STEP_UP, owner_long_ago: STEP_UP },
      },
    ],
  },
  market_depth: {
    for: "everybody",
    limited: true,
    examples: [{ with: () => ({ p_exchange: "sim", p_symbol: "BTC-USDT" }) }],
  },
  market_page: {
    for: "everybody",
    limited: true,
    examples: [{ with: () => ({ p_exchange: "sim", p_symbol: "BTC-USDT", p_timeframe: "1m" }) }],
  },
  monitor_page: { for: "everybody", limited: true, examples: [{}] },
  my_account: {
    for: "signed-in users",
    examples: [{ says: { owner: '"recovery_codes_left": 10', newcomer: '"recovery_codes_left": 0' } }],
  },
  my_deposit: {
    for: "signed-in users",
    limited: true,
    examples: [{ name: "the owner's", with: (w) => ({ p_id: w.owner.depositId }), but: OWNERS_ALONE }],
  },
  my_deposits: { for: "signed-in users", limited: true, examples: [{}] },
  my_devices: { for: "signed-in users", examples: [{}] },
  my_follows: {
    for: "signed-in users",
    limited: true,
    examples: [
      { says: { newcomer: '"items": []' }, showsTo: { impostor: ["owner"] } },
      { name: "after the streamer whom both tenants follow", with: (w) => ({ p_cursor: w.demoted.id }) },
    ],
  },
  my_investment: {
    for: "signed-in users",
    limited: true,
    examples: [{ name: "the owner's", with: (w) => ({ p_id: w.owner.lotId }), but: OWNERS_ALONE }],
  },
  my_investment_history: {
    for: "signed-in users",
    limited: true,
    examples: [{ name: "the owner's", with: (w) => ({ p_id: w.owner.lotId }), but: OWNERS_ALONE }],
  },
  my_investments: {
    for: "signed-in users",
    limited: true,
    examples: [{ says: { newcomer: '"items": []' } }],
  },
  my_limits: { for: "signed-in users", examples: [{}] },
  my_managed_pools: {
    for: "signed-in users",
    limited: true,
    examples: [{ says: { newcomer: '"items": []' } }],
  },
  my_statement: { for: "signed-in users", limited: true, examples: [{}] },
  my_value_history: {
    for: "signed-in users",
    limited: true,
    // Sums carry no marks: 400 EUR are the owner's, 600 the other's.
    examples: [{
      says: {
        owner: '"value": "400"}], "totals": [{',
        other: '"paid_in": "600"',
        newcomer: '{"items": [], "totals": [], "currency": null}',
      },
    }],
  },
  my_wallet: {
    for: "signed-in users",
    limited: true,
    examples: [{ says: { owner: '"available": "6060"', newcomer: '"balances": []' } }],
  },
  my_withdrawal: {
    for: "signed-in users",
    limited: true,
    examples: [{ name: "the owner's", with: (w) => ({ p_id: w.owner.withdrawalId }), but: OWNERS_ALONE }],
  },
  my_withdrawals: { for: "signed-in users", limited: true, examples: [{}] },
  note_audit_check: {
    for: "the worker",
    examples: [
      { with: (w) => ({ p_lease_token: w.auditToken, p_seq: "1", p_exported: true }) },
      staleLease({ p_lease_token: 999, p_seq: "1", p_exported: true }),
    ],
  },
  pool_detail: {
    for: "everybody but the worker",
    limited: true,
    examples: [
      {
        name: "what one has in the public pool",
        with: (w) => ({ p_pool_id: w.publicPoolId }),
        says: {
          newcomer: '"mine": null',
          owner: '"value": "300", "fee_now"',
          other: '"value": "500", "fee_now"',
        },
      },
      ...POOL_READS,
    ],
  },
  pool_performance: { for: "everybody but the worker", limited: true, examples: POOL_READS },
  pool_positions: { for: "everybody but the worker", limited: true, examples: POOL_READS },
  pools_due: { for: "the worker", examples: [{ sees: BOTH }] },
  pools_page: {
    for: "everybody but the worker",
    limited: true,
    examples: [
      { says: { newcomer: '"my_value": null', owner: '"my_value": "300"' }, sees: BOTH },
      { name: "one's own", with: () => ({ p_scope: "mine" }), says: { newcomer: '"items": []' } },
    ],
  },
  profile_page: {
    for: "everybody but the worker",
    limited: true,
    examples: [
      {
        name: "the public room's streamer",
        with: (w) => ({ p_username: w.demoted.username }),
        says: {
          owner: '"me": {"self": false, "following": true}',
          newcomer: '"me": {"self": false, "following": false}',
        },
      },
      { name: "the owner", with: (w) => ({ p_username: w.owner.username }), anybodySees: ["owner"] },
    ],
  },
  prune_candles: { for: "the worker", examples: [{}] },
  purge_audit_log: { for: "the worker", examples: [{ with: () => ({ p_before: "2001-01-01T00:00:00Z" }) }] },
  purge_rate_limits: { for: "the worker", examples: [{ changes: BOTH }] },
  quarantine_page: { for: "administrators", examples: [{}] },
  rate_limits_page: { for: "administrators", examples: [{}] },
  rates_page: { for: "everybody", limited: true, examples: [{}] },
  read_notifications: {
    for: "signed-in users",
    examples: [{ with: () => ({ p_before: "ffffffff-ffff-ffff-ffff-ffffffffffff" }) }],
  },
  receive_payment: {
    for: "everybody but the worker",
    examples: [{
      name: "of the owner's deposit, forged",
      with: (w) => ({
        p_provider: "test",
        p_signature: `t=${Math.floor(w.nowMs / 1_000)},v1=${"0".repeat(64)}`,
        p_body: JSON.stringify({
          ...{ id: "forged", type: "deposit.paid", deposit_id: w.owner.depositId, asset: "EUR", amount: "9" },
        }),
      }),
      // Providers call in nobody's name.
      but: { anonymous: "ok", "everybody else": "denied", owner_signed_out: "denied", newcomer_timed_out: "denied" },
      says: { anonymous: '"invalid_signature"' },
    }],
  },
  record_candles: {
    for: "the worker",
    examples: [{ with: (w) => ({ ...FEED(w), p_rows: [CANDLE] }) }, staleLease({ ...STALE, p_rows: [] })],
  },
  record_depth: {
    for: "the worker",
    examples: [{ with: (w) => ({ ...FEED(w), p_rows: [] }) }, staleLease({ ...STALE, p_rows: [] })],
  },
  record_feed: {
    for: "the worker",
    examples: [
      { with: (w) => ({ ...FEED(w), p_status: FEED_STATUS, p_tickers: [TICKER] }) },
      staleLease({ ...STALE, p_status: FEED_STATUS, p_tickers: [] }),
    ],
  },
  record_pool_nav: {
    for: "the worker",
    examples: [
      { with: (w) => ({ p_token: w.poolsToken, p_rows: [] }) },
      staleLease({ p_token: 999, p_rows: [] }),
    ],
  },
  record_pool_stopped: {
    for: "the worker",
    examples: [
      {
        name: "a pool that is not closed",
        with: (w) => ({ p_token: w.poolsToken, p_pool_id: w.owner.poolId }),
        but: { worker: "not_found" },
      },
      staleLease({ p_token: 999, p_pool_id: NOBODY }),
    ],
  },
  record_quarantine: {
    for: "the worker",
    examples: [{ with: (w) => ({ ...FEED(w), p_rows: [] }) }, staleLease({ ...STALE, p_rows: [] })],
  },
  record_symbols: {
    for: "the worker",
    examples: [{ with: (w) => ({ ...FEED(w), p_rows: [SYMBOL] }) }, staleLease({ ...STALE, p_rows: [] })],
  },
  record_tickers: {
    for: "the worker",
    examples: [{ with: (w) => ({ ...FEED(w), p_rows: [TICKER] }) }, staleLease({ ...STALE, p_rows: [] })],
  },
  redeem_investment: {
    for: "signed-in users",
    limited: true,
    examples: [{
      name: "the owner's",
      with: (w) => ({ p_investment_id: w.owner.lotId, p_units: "0.1", p_client_id: id() }),
      but: OWNERS_ALONE,
    }],
  },
  refresh_rates: { for: "the worker", examples: [{ with: FEED }, staleLease(STALE)] },
  release_lease: {
    for: "the worker",
    examples: [{ with: (w) => ({ p_name: "feed:sim", p_holder: w.leaseHolder }) }],
  },
  repair_candles: {
    for: "the worker",
    examples: [{ with: (w) => ({ ...FEED(w), p_rows: [CANDLE] }) }, staleLease({ ...STALE, p_rows: [] })],
  },
  report_pool_adapter: {
    for: "the worker",
    examples: [
      {
        name: "of a pool that does not exist",
        with: (w) => ({ p_token: w.poolsToken, p_pool_id: NOBODY, p_code: null }),
        but: { worker: "not_found" },
      },
      staleLease({ p_token: 999, p_pool_id: NOBODY, p_code: null }),
    ],
  },
  request_withdrawal: {
    for: "signed-in users",
    limited: true,
    examples: [
      { with: () => WITHDRAWAL(), but: UNVERIFIED },
      {
        name: "more than leaves on a password",
        with: () => WITHDRAWAL({ p_amount: "1000" }),
        but: { ...UNVERIFIED, owner_by_password: "insufficient_aal", owner_long_ago: "insufficient_aal" },
      },
      {
        name: "of the owner's investment",
        with: (w) => WITHDRAWAL({ p_redeem: { investment_id: w.owner.lotId, units: "0.01" } }),
        but: { ...UNVERIFIED, other: "not_found" },
      },
    ],
  },
  retire_symbols: {
    for: "the worker",
    examples: [
      { with: (w) => ({ ...FEED(w), p_listed: ["BTC-USDT"] }) },
      staleLease({ ...STALE, p_listed: ["BTC-USDT"] }),
    ],
  },
  revoke_device: {
    for: "signed-in users",
    examples: [
      { with: (w) => ({ p_device_id: w.owner.deviceId, p_client_id: id() }), but: OWNERS_ALONE },
      {
        name: "the owner's request once more",
        with: (w) => ({ p_device_id: w.owner.revokedDeviceId, p_client_id: w.owner.revokeClientId }),
        but: OWNERS_ALONE,
      },
    ],
  },
  rooms_due: {
    for: "the worker",
    examples: [{ with: (w) => ({ p_token: w.roomsToken }), changes: BOTH }, staleLease({ p_token: 999 })],
  },
  seal_audit_log: {
    for: "the worker",
    examples: [
      { with: (w) => ({ p_lease_token: w.auditToken }), changes: BOTH },
      staleLease({ p_lease_token: 999 }),
    ],
  },
  set_alert_state: {
    for: "signed-in users",
    limited: true,
    examples: [{
      name: "the owner's",
      with: (w) => ({ p_id: w.owner.alertId, p_state: "paused" }),
      but: OWNERS_ALONE,
    }],
  },
  set_attempt_rule: {
    for: "administrators",
    examples: [{
      with: () => ({
        ...{ p_name: "password", p_free_attempts: 5, p_first_delay_s: 1, p_delay_s_max: 900, p_forget_one_s: 900 },
        p_client_id: id(),
      }),
    }],
  },
  set_edge_hmac_key: { for: "the worker", examples: [{ with: () => ({ p_key: "k".repeat(32) }) }] },
  set_feed_alerts: {
    for: "the worker",
    examples: [{ with: (w) => ({ ...FEED(w), p_open: [] }) }, staleLease({ ...STALE, p_open: [] })],
  },
  set_limit_rule: {
    for: "administrators with a fresh second factor",
    examples: [{
      with: () => ({ p_name: "positions_max", p_default_value: "10", p_ceiling: "300", p_client_id: id() }),
    }],
  },
  set_my_limit: {
    for: "signed-in users",
    limited: true,
    examples: [
      { name: "a tighter one", with: () => ({ p_name: "positions_max", p_value: "3", p_client_id: id() }) },
      {
        name: "a looser one",
        with: () => ({ p_name: "positions_max", p_value: "100", p_client_id: id() }),
        // Whoever has a second factor shows it first.
        but: {
          owner_by_password: STEP_UP,
          owner_long_ago: STEP_UP,
          admin_by_password: STEP_UP,
          admin_an_hour_ago: STEP_UP,
          admin_long_ago: STEP_UP,
        },
      },
    ],
  },
  set_payment_provider: {
    for: "the worker",
    examples: [{ with: () => ({ p_name: "another", p_secret: "s".repeat(32) }) }],
  },
  set_rate_limit: {
    for: "administrators",
    examples: [{ with: () => ({ p_name: "watch", p_capacity: 100, p_refill_per_s: 1, p_client_id: id() }) }],
  },
  settle_pool: {
    for: "the worker",
    examples: [
      { name: "of a pool that does not exist", with: (w) => settlement(w.poolsToken), but: { worker: "not_found" } },
      staleLease(settlement(999)),
    ],
  },
  start_deposit: {
    for: "signed-in users",
    limited: true,
    examples: [{ with: () => ({ p_asset: "EUR", p_amount: "10", p_client_id: id() }) }],
  },
  start_stream: {
    for: "signed-in users",
    limited: true,
    examples: [
      {
        name: "the owner's",
        with: (w) => ({ p_stream_id: w.owner.rooms.scheduledId }),
        but: { ...ALREADY_LIVE, impostor: "not_owner", "everybody else": "not_found" },
      },
      PUBLIC_ROOM(),
    ],
  },
  stream_detail: {
    for: "everybody but the worker",
    limited: true,
    examples: [
      {
        ...PUBLIC_ROOM_READ(),
        but: {},
        says: {
          owner: '"me": {"role": "viewer", "banned": false, "followers": 2, "following": true, "muted_until": null}',
          admin:
            '"me": {"role": "moderator", "banned": false, "followers": 2, "following": false, "muted_until": null}',
          newcomer: '"me": {"role": "viewer", "banned": true, "followers": 2, "following": false, "muted_until": null}',
          anonymous:
            '"me": {"role": "anonymous", "banned": false, "followers": 2, "following": false, "muted_until": null}',
        },
      },
      OWNERS_GUESTS(),
      NO_ROOM(),
    ],
  },
  stream_stats: {
    for: "everybody but the worker",
    limited: true,
    examples: [
      { ...PUBLIC_ROOM_READ(), says: { demoted: '"tips": {"fee": "0.1"', owner: '"tips": null' } },
      OWNERS_GUESTS(),
      NO_ROOM(),
    ],
  },
  streams_page: {
    for: "everybody but the worker",
    limited: true,
    examples: [
      { name: "who is live", with: () => ({ p_status: "live" }), showsTo: { impostor: BOTH } },
      {
        name: "who is live, by name",
        with: (w) => ({ p_status: "live", p_search: w.demoted.username }),
        says: { anonymous: '"A public room"' },
      },
      {
        name: "who will be",
        with: () => ({ p_status: "scheduled" }),
        says: { newcomer: '"items": []' },
        showsTo: { impostor: BOTH },
      },
      {
        name: "who was",
        with: () => ({ p_status: "ended" }),
        says: { newcomer: '"items": []' },
        showsTo: { impostor: BOTH },
      },
    ],
  },
  symbols_page: { for: "everybody", limited: true, examples: [{}] },
  take_rate_limit: { for: "everybody but the worker", examples: [{ with: () => ({ p_rule: "watch" }) }] },
  thin_pool_nav: { for: "the worker", examples: [{}] },
  touch_device: {
    for: "signed-in users",
    limited: true,
    examples: [
      { with: () => ({ p_fingerprint: "f".repeat(64), p_name: "A browser" }) },
      { name: "the owner's fingerprint", with: (w) => ({ p_fingerprint: w.owner.fingerprint, p_name: "A browser" }) },
    ],
  },
  touch_streamer: { for: "signed-in users", limited: true, examples: [OWNERS_ROOM(), PUBLIC_ROOM(), NO_ROOM()] },
  touch_viewer: {
    for: "everybody but the worker",
    limited: true,
    examples: [PUBLIC_ROOM_READ(TAB), OWNERS_TAB, OWNERS_GUESTS(TAB), NO_ROOM(TAB)],
  },
  unwatch: {
    for: "everybody but the worker",
    limited: true,
    examples: [{ name: "what the owner watches", with: (w) => ({ p_client_id: w.owner.holder }) }],
  },
  update_profile: {
    for: "signed-in users",
    examples: [
      { with: () => ({ p_changes: { theme: "light" } }) },
      {
        name: "what administrators alone may set",
        with: () => ({ p_changes: { kyc_status: "verified" } }),
        but: { "everybody else": "bad_request" },
      },
    ],
  },
  update_stream: {
    for: "signed-in users",
    limited: true,
    examples: [
      { ...OWNERS_ROOM(), with: (w) => ({ p_stream_id: w.owner.rooms.roomId, ...CALM(), p_client_id: id() }) },
      { ...PUBLIC_ROOM(), with: (w) => ({ p_stream_id: w.publicRoomId, ...CALM(), p_client_id: id() }) },
    ],
  },
  use_faucet: {
    for: "signed-in users",
    limited: true,
    examples: [{ with: () => ({ p_asset: "EUR", p_amount: "10", p_client_id: id() }) }],
  },
  use_recovery_code: {
    for: "signed-in users",
    limited: true,
    examples: [{ name: "the owner's code", with: (w) => ({ p_code: w.owner.recoveryCode }) }],
  },
  user_streams: {
    for: "everybody but the worker",
    limited: true,
    examples: [
      { name: "whoever has none", with: (w) => ({ p_user_id: w.newcomer.id }), says: { anonymous: '"items": []' } },
      {
        name: "the owner's",
        with: (w) => ({ p_user_id: w.owner.id }),
        showsTo: { impostor: ["owner"] },
        says: { other: '"items": []' },
      },
    ],
  },
  verify_audit_chain: { for: "the worker", examples: [{}] },
  watch: {
    for: "everybody but the worker",
    limited: true,
    examples: [
      { with: () => ({ p_topics: [MARKET_TOPIC], p_client_id: id() }) },
      { name: "with the owner's client id", with: (w) => ({ p_topics: [MARKET_TOPIC], p_client_id: w.owner.holder }) },
    ],
  },
  watch_for_pools: {
    for: "the worker",
    examples: [
      { with: (w) => ({ p_token: w.poolsToken, p_holder: w.leaseHolder, p_topics: [MARKET_TOPIC] }) },
      staleLease({ p_token: 999, p_holder: NOBODY, p_topics: [MARKET_TOPIC] }),
    ],
  },

  ws_stats: { for: "everybody", limited: true, examples: [{}] },
};

const CALM = () => ({ p_changes: { title: "A calm room" } });

function unknownUser(args: Record<string, unknown>): Example {
  return {
    name: "a user who does not exist",
    with: () => ({ p_user_id: NOBODY, p_client_id: id(), ...args }),
    but: { "everybody else": "not_found" },
  };
}

function settlement(token: number): Record<string, unknown> {
  return { p_pool_id: NOBODY, p_cycle_no: 1, p_equity: "0", p_equity_at: "2001-01-01T00:00:00Z", p_token: token };
}

function staleLease(args: Record<string, unknown>): Example {
  return { name: "under a lease somebody else holds", with: () => args, but: { "everybody else": "stale_lease" } };
}

function each(of: Record<CallerName, Outcome>, outcome: Outcome): Record<CallerName, Outcome> {
  return Object.fromEntries(Object.keys(of).map((name) => [name, outcome])) as Record<CallerName, Outcome>;
}
