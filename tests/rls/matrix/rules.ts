import type { CallerName } from "./callers.ts";
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
    device_sessions: "tenants' rows, closed",
    devices: "tenants' rows, shown to their owners",
    feed_alerts: "no tenant's",
    feed_status: "no tenant's",
    leases: "no tenant's",
    ledger_accounts: "tenants' rows, closed",
    ledger_entries: "tenants' rows, closed",
    ledger_holds: "tenants' rows, closed",
    ledger_transfers: "tenants' rows, closed",
    limit_rules: "no tenant's",
    market_depth: "no tenant's",
    notifications: "tenants' rows, shown to their owners",
    profiles: "tenants' rows, shown to their owners",
    quarantined_frames: "no tenant's",
    rate_limit_rules: "no tenant's",
    rate_limits: "tenants' rows, closed",
    rates: "no tenant's",
    recovery_codes: "tenants' rows, closed",
    requests: "tenants' rows, closed",
    symbols: "no tenant's",
    tickers: "no tenant's",
    user_limits: "tenants' rows, closed",
    watches: "tenants' rows, closed",
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
/** The owner however signed in may do it, and nobody else. */
const OWNERS_ALONE: Example["but"] = {
  owner: "ok",
  owner_by_password: "ok",
  owner_long_ago: "ok",
  "everybody else": "not_found",
};

/** Every function of schema public: for whom it is, and calls that try it. A new one is added here on purpose. */
export const FUNCTIONS: Record<string, FunctionRule> = {
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
  admin_audit_state: { for: "administrators", examples: [{}] },
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
  admin_overview: { for: "administrators", examples: [{}] },
  admin_set_ceiling: {
    for: "administrators with a fresh second factor",
    examples: [{
      with: (w) => ({ p_user_id: w.owner.id, p_name: "positions_max", p_ceiling: "300", p_client_id: id() }),
      sees: ["owner"],
      changes: ["owner"],
    }, unknownUser({ p_name: "positions_max", p_ceiling: "300" })],
  },
  admin_set_kyc: {
    for: "administrators",
    examples: [{
      with: (w) => ({ p_user_id: w.owner.id, p_status: "verified", p_client_id: id() }),
      sees: ["owner"],
      changes: ["owner"],
    }, unknownUser({ p_status: "verified" })],
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
  claim_auth_jobs: { for: "the worker", examples: [{ sees: BOTH, changes: BOTH }] },
  claim_deployment_mode: { for: "the worker", examples: [{ with: () => ({ p_mode: "local" }) }] },
  create_alert: {
    for: "signed-in users",
    limited: true,
    examples: [{
      with: () => ({
        ...{ p_client_id: id(), p_exchange: "sim", p_symbol: "BTC-USDT", p_condition: "above", p_value: "1" },
      }),
    }],
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
        // Whoever has a second factor shows it first; administrators give the role up before.
        owner_by_password: STEP_UP,
        owner_long_ago: STEP_UP,
        admin: "conflict",
        admin_by_password: STEP_UP,
        admin_an_hour_ago: STEP_UP,
        admin_long_ago: STEP_UP,
        impostor: "conflict",
      },
    }],
  },
  deployment_mode: { for: "everybody", examples: [{}] },
  ensure_audit_partitions: { for: "the worker", examples: [{}] },
  export_my_data: { for: "signed-in users", limited: true, examples: [{}] },
  finish_auth_job: {
    for: "the worker",
    examples: [{ with: (w) => ({ p_id: w.jobId }) }],
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
  forget_requests: { for: "the worker", examples: [{}] },
  grant_admin: {
    for: "the worker",
    examples: [{ with: (w) => ({ p_email: w.owner.email }), sees: ["owner"], changes: ["owner"] }],
  },
  latest_candles: {
    for: "the worker",
    examples: [{ with: () => ({ p_exchange: "sim", p_limit: 1, p_symbols: ["BTC-USDT"] }) }],
  },
  ledger_check: { for: "the worker", examples: [{}] },
  limit_rules_page: { for: "administrators", examples: [{}] },
  make_recovery_codes: {
    for: "signed-in users with a fresh second factor",
    limited: true,
    examples: [{ with: () => ({ p_client_id: id() }) }],
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
  my_devices: { for: "signed-in users", examples: [{}] },
  my_limits: { for: "signed-in users", examples: [{}] },
  my_statement: { for: "signed-in users", limited: true, examples: [{}] },
  my_wallet: {
    for: "signed-in users",
    limited: true,
    examples: [{ says: { owner: '"available": "6060"', newcomer: '"balances": []' } }],
  },
  note_audit_check: {
    for: "the worker",
    examples: [
      { with: (w) => ({ p_lease_token: w.auditToken, p_seq: "1", p_exported: true }) },
      staleLease({ p_lease_token: 999, p_seq: "1", p_exported: true }),
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
  refresh_rates: { for: "the worker", examples: [{ with: FEED }, staleLease(STALE)] },
  release_lease: {
    for: "the worker",
    examples: [{ with: (w) => ({ p_name: "feed:sim", p_holder: w.leaseHolder }) }],
  },
  repair_candles: {
    for: "the worker",
    examples: [{ with: (w) => ({ ...FEED(w), p_rows: [CANDLE] }) }, staleLease({ ...STALE, p_rows: [] })],
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
  set_rate_limit: {
    for: "administrators",
    examples: [{ with: () => ({ p_name: "watch", p_capacity: 100, p_refill_per_s: 1, p_client_id: id() }) }],
  },
  symbols_page: { for: "everybody", limited: true, examples: [{}] },
  take_rate_limit: { for: "everybody but the worker", examples: [{ with: () => ({ p_rule: "watch" }) }] },
  touch_device: {
    for: "signed-in users",
    limited: true,
    examples: [
      { with: () => ({ p_fingerprint: "f".repeat(64), p_name: "A browser" }) },
      { name: "the owner's fingerprint", with: (w) => ({ p_fingerprint: w.owner.fingerprint, p_name: "A browser" }) },
    ],
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
  verify_audit_chain: { for: "the worker", examples: [{}] },
  watch: {
    for: "everybody but the worker",
    limited: true,
    examples: [
      { with: () => ({ p_topics: [MARKET_TOPIC], p_client_id: id() }) },
      { name: "with the owner's client id", with: (w) => ({ p_topics: [MARKET_TOPIC], p_client_id: w.owner.holder }) },
    ],
  },
  ws_stats: { for: "everybody", limited: true, examples: [{}] },
};

function unknownUser(args: Record<string, unknown>): Example {
  return {
    name: "a user who does not exist",
    with: () => ({ p_user_id: NOBODY, p_client_id: id(), ...args }),
    but: { "everybody else": "not_found" },
  };
}

function staleLease(args: Record<string, unknown>): Example {
  return { name: "under a lease somebody else holds", with: () => args, but: { "everybody else": "stale_lease" } };
}

function each(of: Record<CallerName, Outcome>, outcome: Outcome): Record<CallerName, Outcome> {
  return Object.fromEntries(Object.keys(of).map((name) => [name, outcome])) as Record<CallerName, Outcome>;
}
