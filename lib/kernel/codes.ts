/**
 * The one catalogue of refusal codes. A code is stable: clients and tests may match on it.
 * Each carries the HTTP status and the title of its `application/problem+json` answer.
 */
export const CODES = {
  bad_request: { status: 400, title: "The request is malformed" },
  invalid_cursor: { status: 400, title: "The cursor is not one of ours" },
  invalid_limit: { status: 400, title: "The limit is out of range" },
  invalid_range: { status: 400, title: "The range ends before it starts" },
  invalid_symbol: { status: 400, title: "The symbol is malformed" },
  invalid_timeframe: { status: 400, title: "The timeframe is not offered" },
  invalid_exchange: { status: 400, title: "The exchange id is malformed" },
  invalid_time: { status: 400, title: "The time is malformed" },
  invalid_topic: { status: 400, title: "The topic is malformed" },
  invalid_time_zone: { status: 400, title: "The time zone is not known" },
  invalid_profile: { status: 400, title: "The profile is malformed" },
  invalid_amount: { status: 400, title: "The amount is malformed" },
  unknown_asset: { status: 400, title: "The asset is not known" },
  invalid_alert: { status: 400, title: "The alert is malformed" },
  invalid_limit_value: { status: 400, title: "The limit's value is malformed or out of range" },
  reason_required: { status: 400, title: "A reason is needed" },
  invalid_recovery_code: { status: 400, title: "The recovery code is not accepted" },
  weak_password: { status: 422, title: "The password is too weak" },
  mfa_verification_failed: { status: 422, title: "The code is not accepted" },
  invalid_credentials: { status: 401, title: "The e-mail address or password is wrong" },
  unauthenticated: { status: 401, title: "Sign in first" },
  sign_in_failed: { status: 401, title: "The sign-in could not be completed" },
  step_up_required: { status: 403, title: "Confirm with your authenticator first" },
  insufficient_factor: { status: 403, title: "Set up an authenticator first" },
  forbidden: { status: 403, title: "Not allowed" },
  own_account: { status: 403, title: "Not for one's own account" },
  own_request: { status: 403, title: "Somebody else has to approve that" },
  cross_site: { status: 403, title: "The request comes from another site" },
  local_only: { status: 404, title: "Available in local mode only" },
  not_found: { status: 404, title: "Nothing here" },
  unknown_symbol: { status: 404, title: "The symbol is not listed" },
  unknown_provider: { status: 404, title: "The sign-in provider is not configured" },
  method_not_allowed: { status: 405, title: "The method is not offered here" },
  username_taken: { status: 409, title: "Somebody else has that name" },
  last_admin: { status: 409, title: "The last administrator cannot be removed" },
  already_reversed: { status: 409, title: "The transfer has been reversed" },
  faucet_limit: { status: 409, title: "The faucet gives no more today" },
  hold_exceeded: { status: 409, title: "More than is held" },
  insufficient_funds: { status: 409, title: "The balance does not cover that" },
  alert_limit: { status: 409, title: "Too many alerts" },
  rate_missing: { status: 409, title: "The asset has no EUR rate" },
  rate_stale: { status: 409, title: "The asset's EUR rate is too old" },
  limit_ceiling: { status: 409, title: "The limit may not be that loose" },
  not_waiting: { status: 409, title: "That waits for no approval" },
  conflict: { status: 409, title: "The same id was used for something else" },
  stale_lease: { status: 409, title: "The lease has passed to another holder" },
  body_too_large: { status: 413, title: "The body is too large" },
  unsupported_media_type: { status: 415, title: "The content type is not accepted here" },
  rate_limited: { status: 429, title: "Too many requests" },
  watch_limit: { status: 429, title: "Too many markets are being watched" },
  stream_limit: { status: 429, title: "Too many streams are open" },
  internal: { status: 500, title: "Something broke on our side" },
  upstream_unavailable: { status: 503, title: "A service we rely on does not answer" },
  mode_mismatch: { status: 503, title: "The database belongs to another mode" },
} as const satisfies Record<string, { status: number; title: string }>;

/** A stable refusal code. */
export type Code = keyof typeof CODES;

/** Whether `value` is one of the catalogue's codes. */
export function isCode(value: unknown): value is Code {
  return typeof value === "string" && Object.hasOwn(CODES, value);
}
