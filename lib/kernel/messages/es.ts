import { ACCOUNTS_ES } from "./accounts_es.ts";
import { ADMIN_ES } from "./admin_es.ts";
import { CODES_ES } from "./codes_es.ts";
import type { MessageKey } from "./en.ts";
import { FEED_ES } from "./feed_es.ts";
import { INDICATORS_ES } from "./indicators_es.ts";
import { LAYOUT_ES } from "./layout_es.ts";
import { LEDGER_ES } from "./ledger_es.ts";
import { LIMITS_ES } from "./limits_es.ts";
import { MARKET_ES } from "./market_es.ts";
import { PAYMENTS_ES } from "./payments_es.ts";
import { POOL_NOTICES_ES } from "./pool_notices_es.ts";
import { POOLS_ES } from "./pools_es.ts";
import { MONEY_ES } from "./money_es.ts";
import { ROOMS_ES } from "./rooms_es.ts";
import { STUDIO_ES } from "./studio_es.ts";

/** Every message in Spanish. */
export const ES = {
  ...LAYOUT_ES,
  ...CODES_ES,
  ...MARKET_ES,
  ...FEED_ES,
  ...INDICATORS_ES,
  ...ACCOUNTS_ES,
  ...ADMIN_ES,
  ...LIMITS_ES,
  ...LEDGER_ES,
  ...PAYMENTS_ES,
  ...POOL_NOTICES_ES,
  ...POOLS_ES,
  ...MONEY_ES,
  ...ROOMS_ES,
  ...STUDIO_ES,
} satisfies Record<MessageKey, string>;
