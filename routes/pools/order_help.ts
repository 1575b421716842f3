import type { OrderHelp } from "../../components/pools/order_help.tsx";
import { t } from "../../lib/kernel/i18n.ts";
import { formatMoney } from "../../lib/pools/format.ts";
import type { Pool } from "../../lib/pools/pool_shapes.ts";
import type { AppContext } from "../context.ts";
import { preferencesOf } from "../preferences.ts";

/** What to do about the refusal that the address of an order's page names; null where its title says all there is. */
export function helpWith(c: AppContext, pool: Pool): OrderHelp | null {
  const { locale } = preferencesOf(c);
  const amount = (value: string | null) => ({ amount: formatMoney(value, pool.currency) ?? "" });
  switch (c.req.query("error")) {
    case "insufficient_funds":
      return {
        text: t(locale, "pools.help_insufficient_funds"),
        link: { href: "/wallet", text: t(locale, "pools.help_wallet") },
      };
    case "kyc_required":
      return {
        text: t(locale, "pools.help_kyc_required"),
        link: { href: "/settings", text: t(locale, "pools.help_settings") },
      };
    case "below_minimum":
      return { text: t(locale, "pools.help_below_minimum", amount(pool.minimum)), link: null };
    case "cap_exceeded":
      return pool.cap === null ? null : { text: t(locale, "pools.help_cap_exceeded", amount(pool.cap)), link: null };
    case "pool_paused":
      return { text: t(locale, "pools.help_pool_paused"), link: null };
    case "pool_not_open":
      return {
        text: t(locale, "pools.help_pool_not_open"),
        link: { href: "/pools?scope=open", text: t(locale, "pools.help_pools") },
      };
    case "invalid_amount":
      return { text: t(locale, "pools.help_invalid_amount"), link: null };
    case "invalid_units":
      return { text: t(locale, "pools.help_invalid_units"), link: null };
    case "units_exceeded":
      return {
        text: t(locale, "pools.help_units_exceeded"),
        link: { href: "/investments", text: t(locale, "pools.my_investments") },
      };
    case "conflict":
      return {
        text: t(locale, "pools.help_conflict"),
        link: { href: "/investments", text: t(locale, "pools.my_investments") },
      };
    default:
      return null;
  }
}
