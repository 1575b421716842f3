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
} satisfies Record<MessageKey, string>;
