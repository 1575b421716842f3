import type { PoolRequest } from "../../lib/pools/investment_shapes.ts";
import { formatMoney, formatUnits } from "../../lib/pools/format.ts";
import type { Texts } from "../layout/texts.ts";

/** What waits, in words: "Buy €1,500.00", "Redeem 12.0000 units". */
export function requestText({ t }: Pick<Texts, "t">, request: PoolRequest, currency: string): string {
  if (request.kind === "subscribe") {
    return t("pools.order_buy", { amount: formatMoney(request.amount, currency) ?? t("live.no_data") });
  }
  return request.everything
    ? t("pools.order_redeem_all")
    : t("pools.order_redeem", { units: formatUnits(request.units) ?? t("live.no_data") });
}
