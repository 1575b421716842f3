import { exchangeName } from "../../lib/market/format.ts";
import type { Texts } from "../layout/texts.ts";

/** What an exchange id is called on this page: the simulator in the page's language, a venue by its own name. */
export function exchangeText({ t }: Texts, exchange: string): string {
  return exchange === "sim" ? t("live.simulator") : exchangeName(exchange);
}
