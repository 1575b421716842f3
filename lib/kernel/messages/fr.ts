import { ACCOUNTS_FR } from "./accounts_fr.ts";
import { ADMIN_FR } from "./admin_fr.ts";
import { CODES_FR } from "./codes_fr.ts";
import type { MessageKey } from "./en.ts";
import { FEED_FR } from "./feed_fr.ts";
import { INDICATORS_FR } from "./indicators_fr.ts";
import { LAYOUT_FR } from "./layout_fr.ts";
import { LEDGER_FR } from "./ledger_fr.ts";
import { LIMITS_FR } from "./limits_fr.ts";
import { MARKET_FR } from "./market_fr.ts";
import { PAYMENTS_FR } from "./payments_fr.ts";
import { POOL_NOTICES_FR } from "./pool_notices_fr.ts";
import { POOLS_FR } from "./pools_fr.ts";
import { MONEY_FR } from "./money_fr.ts";
import { ROOMS_FR } from "./rooms_fr.ts";
import { STUDIO_FR } from "./studio_fr.ts";

/** Every message in French. */
export const FR = {
  ...LAYOUT_FR,
  ...CODES_FR,
  ...MARKET_FR,
  ...FEED_FR,
  ...INDICATORS_FR,
  ...ACCOUNTS_FR,
  ...ADMIN_FR,
  ...LIMITS_FR,
  ...LEDGER_FR,
  ...PAYMENTS_FR,
  ...POOL_NOTICES_FR,
  ...POOLS_FR,
  ...MONEY_FR,
  ...ROOMS_FR,
  ...STUDIO_FR,
} satisfies Record<MessageKey, string>;
