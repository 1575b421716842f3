import type { JSX } from "preact";
import { useTexts } from "../layout/texts.ts";
import { exchangeText } from "./exchange_text.ts";
import { marketPath } from "./row_view.ts";

/** The same pair on other exchanges. */
export function ExchangeLinks({ symbol, exchanges }: { symbol: string; exchanges: readonly string[] }): JSX.Element {
  const texts = useTexts();
  return (
    <nav class="exchange-links" aria-label={texts.t("chart.other_exchanges")}>
      <span class="quiet">{texts.t("chart.also_on")}</span>
      {exchanges.map((exchange) => (
        <a key={exchange} href={marketPath({ exchange, symbol })}>{exchangeText(texts, exchange)}</a>
      ))}
    </nav>
  );
}

/** Which exchange's markets are listed: links, so that a choice can be shared. */
export function ExchangeFilter(
  { exchanges, exchange, query }: { exchanges: readonly string[]; exchange: string | null; query: string },
): JSX.Element {
  const texts = useTexts();
  const { t } = texts;
  const path = (id: string | null) => {
    const params = new URLSearchParams({ ...id === null ? {} : { exchange: id }, ...query === "" ? {} : { q: query } });
    return params.size === 0 ? "/markets" : `/markets?${params}`;
  };
  return (
    <nav class="exchange-filter" aria-label={t("live.exchange")}>
      {[null, ...exchanges].map((id) => (
        <a key={id} href={path(id)} aria-current={id === exchange ? "true" : undefined}>
          {id === null ? t("markets.all_exchanges") : exchangeText(texts, id)}
        </a>
      ))}
    </nav>
  );
}
