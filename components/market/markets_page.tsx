import type { JSX } from "preact";
import type { MarketRow } from "../../lib/market/page.ts";
import { SEARCH_LENGTH_MAX } from "../layout/header.tsx";
import { InfoIcon, SearchIcon } from "../layout/icons.tsx";
import { Island } from "../layout/island.tsx";
import { useTexts } from "../layout/texts.ts";
import { MarketsTable } from "./markets_table.tsx";
import { initialView } from "./row_view.ts";

export interface MarketsPageProps {
  rows: MarketRow[];
  /** What was searched for; empty lists everything. */
  query: string;
  nextCursor: string | null;
}

/** Every listed market: a table on a desk, a two-line list on a phone. */
export function MarketsPage({ rows, query, nextCursor }: MarketsPageProps): JSX.Element {
  const { t } = useTexts();
  return (
    <div class="markets-page">
      <section class="panel">
        <div class="panel-head markets-head">
          <h1>{t("markets.title")}</h1>
          <span class="count">{nextCursor === null ? rows.length : `${rows.length}+`}</span>
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
            <button type="submit" class="button secondary">{t("markets.search")}</button>
          </form>
        </div>
        {rows.length > 0
          ? (
            <Island name="markets_table" props={{ rows, query }}>
              <MarketsTable views={rows.map(initialView)} sort={null} />
            </Island>
          )
          : <NoMarkets query={query} />}
        {nextCursor !== null && (
          <div class="panel-foot">
            <a class="button secondary" href={nextPath(query, nextCursor)} rel="next">{t("markets.more")}</a>
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

function nextPath(query: string, cursor: string): string {
  const params = new URLSearchParams(query === "" ? { cursor } : { q: query, cursor });
  return `/markets?${params}`;
}
