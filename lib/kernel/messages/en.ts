import { ACCOUNTS_EN } from "./accounts_en.ts";
import { ADMIN_EN } from "./admin_en.ts";
import { CODES_EN } from "./codes_en.ts";
import { FEED_EN } from "./feed_en.ts";
import { INDICATORS_EN } from "./indicators_en.ts";
import { LAYOUT_EN } from "./layout_en.ts";
import { LEDGER_EN } from "./ledger_en.ts";
import { LIMITS_EN } from "./limits_en.ts";
import { MARKET_EN } from "./market_en.ts";
import { PAYMENTS_EN } from "./payments_en.ts";
import { POOL_NOTICES_EN } from "./pool_notices_en.ts";
import { POOLS_EN } from "./pools_en.ts";
import { MONEY_EN } from "./money_en.ts";
import { ROOMS_EN } from "./rooms_en.ts";
import { STUDIO_EN } from "./studio_en.ts";

/** Every message in English, by key. Keys and their `{names}` are the contract the other languages keep. */
export const EN = {
  ...LAYOUT_EN,
  ...CODES_EN,
  ...MARKET_EN,
  ...FEED_EN,
  ...INDICATORS_EN,
  ...ACCOUNTS_EN,
  ...ADMIN_EN,
  ...LIMITS_EN,
  ...LEDGER_EN,
  ...PAYMENTS_EN,
  ...POOL_NOTICES_EN,
  ...POOLS_EN,
  ...MONEY_EN,
  ...ROOMS_EN,
  ...STUDIO_EN,
} as const;

/** A message's key. */
export type MessageKey = keyof typeof EN;
