import type { JSX } from "preact";
import type { MarketRow } from "../../lib/market/page.ts";
import { SEARCH_LENGTH_MAX } from "../layout/header.tsx";
import { InfoIcon, SearchIcon } from "../layout/icons.tsx";
import { Island } from "../layout/island.tsx";
import { useTexts } from "../layout/texts.ts";
import { ExchangeFilter } from "./exchange_links.tsx";
import { MarketsTable } from "./markets_table.tsx";
import { initialView } from "./row_view.ts";

export interface MarketsPageProps {
  rows: MarketRow[];
  /** What was searched for; empty lists everything. */
  query: string;
  /** The exchange whose markets these are; null lists all. */
  exchange?: string | null;
  /** Exchanges there are; a choice is offered where there are several. */
  exchanges?: readonly string[];
  nextCursor: string | null;
}

/** Every listed market: a table on a desk, a two-line list on a phone. */
export function MarketsPage(
  { rows, query, exchange = null, exchanges = [], nextCursor }: MarketsPageProps,
): JSX.Element {
  const { t } = useTexts();
  const params: Record<string, string> = {
    ...query === "" ? {} : { q: query },
    ...exchange === null ? {} : { exchange },
  };
  return (
    <div class="markets-page">
      <section class="panel">
        <div class="panel-head markets-head">
          <h1>{t("markets.title")}</h1>
          <span class="count">{nextCursor === null ? rows.length : `${rows.length}+`}</span>
          {exchanges.length > 1 && <ExchangeFilter exchanges={exchanges} exchange={exchange} query={query} />}
          <form class="search page-search" action="/markets" method="get" role="search" id="search">
            <SearchIcon />
            <input
              type="search"
              name="q"
              value={query}
              maxLength={SEARCH_LENGTH_MAX}
              placeholder={t("markets.example")}
              aria-label={t("markets.filter")}
              autocomplete="off"
              spellcheck={false}
            />
            {exchange !== null && <input type="hidden" name="exchange" value={exchange} />}
            <button type="submit" class="button secondary">{t("markets.search")}</button>
          </form>
        </div>
        {rows.length > 0
          ? (
            <Island name="markets_table" props={{ rows, search: String(new URLSearchParams(params)) }}>
              <MarketsTable views={rows.map(initialView)} sort={null} />
            </Island>
          )
          : <NoMarkets query={query} />}
        {nextCursor !== null && (
          <div class="panel-foot">
            <a
              class="button secondary"
              href={`/markets?${new URLSearchParams({ ...params, cursor: nextCursor })}`}
              rel="next"
            >
              {t("markets.more")}
            </a>
          </div>
        )}
      </section>
    </div>
  );
}

function NoMarkets({ query }: { query: string }): JSX.Element {
  const { t } = useTexts();
  return (
    <p class="empty">
      <InfoIcon />
      {query === "" ? <span>{t("markets.none")}</span> : (
        <span>
          {t("markets.no_match", { query })} <a href="/markets">{t("markets.show_all")}</a>
        </span>
      )}
    </p>
  );
}
