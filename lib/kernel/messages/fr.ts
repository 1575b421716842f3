import { ACCOUNTS_FR } from "./accounts_fr.ts";
import { ADMIN_FR } from "./admin_fr.ts";
import { CODES_FR } from "./codes_fr.ts";
import type { MessageKey } from "./en.ts";
import { LAYOUT_FR } from "./layout_fr.ts";
import { LIMITS_FR } from "./limits_fr.ts";
import { MARKET_FR } from "./market_fr.ts";

/** Every message in French. */
export const FR = {
  ...LAYOUT_FR,
  ...CODES_FR,
  ...MARKET_FR,
  ...ACCOUNTS_FR,
  ...ADMIN_FR,
  ...LIMITS_FR,
} satisfies Record<MessageKey, string>;
