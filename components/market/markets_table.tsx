import type { JSX } from "preact";
import { formatCompact, formatPrice } from "../../lib/market/format.ts";
import { useTexts } from "../layout/texts.ts";
import { CoinMark } from "./coin_mark.tsx";
import { exchangeText } from "./exchange_text.ts";
import { PairName } from "./market_name.tsx";
import type { SortKey, SortOrder } from "./markets_sort.ts";
import { ChangeText, LastPrice, Triangle } from "./price.tsx";
import { changeOf, marketPath, rowKey, type RowView, sparkOf } from "./row_view.ts";
import { Sparkline } from "./sparkline.tsx";

export interface MarketsTableProps {
  views: readonly RowView[];
  sort: SortOrder | null;
  /** Absent before hydration: the headers then only name their columns. */
  onSort?: (key: SortKey) => void;
}

const COLUMNS: readonly SortKey[] = ["symbol", "last", "change", "high", "low", "volume"];

/** Listed markets with their prices; each row is a link. */
export function MarketsTable({ views, sort, onSort }: MarketsTableProps): JSX.Element {
  const { t } = useTexts();
  return (
    <table class="table markets-table">
      <thead>
        <tr>
          {COLUMNS.map((column) => <SortHeader key={column} column={column} sort={sort} onSort={onSort} />)}
          <th scope="col" class="num col-spark">{t("live.last_24h")}</th>
        </tr>
      </thead>
      <tbody>
        {views.map((view) => <MarketLine key={rowKey(view.row)} view={view} />)}
      </tbody>
    </table>
  );
}

function SortHeader(
  { column, sort, onSort }: Pick<MarketsTableProps, "sort" | "onSort"> & { column: SortKey },
): JSX.Element {
  const { t } = useTexts();
  const order = sort?.key === column ? sort.descending ? "descending" : "ascending" : undefined;
  return (
    <th scope="col" class={column === "symbol" ? "col-name" : `num col-${column}`} aria-sort={order}>
      <button type="button" disabled={onSort === undefined} onClick={() => onSort?.(column)}>
        <span>{t(`live.${column}`)}</span>
        <Triangle direction={order === undefined ? "flat" : order === "descending" ? "down" : "up"} />
      </button>
    </th>
  );
}

function MarketLine({ view }: { view: RowView }): JSX.Element {
  const { row } = view;
  const { ticker } = row;
  const texts = useTexts();
  const { t } = texts;
  const exchange = exchangeText(texts, row.exchange);
  const change = changeOf(row);
  return (
    <tr data-market={rowKey(row)} class={row.active ? undefined : "inactive"}>
      <td class="col-name">
        <div class="name-cell">
          <CoinMark base={row.base} />
          <div>
            <a class="row-link" href={marketPath(row)}>
              <PairName base={row.base} quote={row.quote} />
            </a>
            <p class="sub">{row.active ? exchange : t("live.not_trading", { exchange })}</p>
          </div>
        </div>
      </td>
      <td class="num col-last">
        <LastPrice last={ticker?.last} tickSize={row.tick_size} tick={view.tick} sequence={view.sequence} />
      </td>
      <td class="num col-change">
        <ChangeText change={change} />
      </td>
      <td class="num col-high">{formatPrice(ticker?.high_24h, row.tick_size) ?? t("live.no_data")}</td>
      <td class="num col-low">{formatPrice(ticker?.low_24h, row.tick_size) ?? t("live.no_data")}</td>
      <td class="num col-volume">
        {formatCompact(ticker?.quote_volume_24h) ?? t("live.no_data")}
        {ticker && <span class="unit">{row.quote}</span>}
      </td>
      <td class="num col-spark">
        <Sparkline points={sparkOf(row)} direction={change?.direction ?? "flat"} width={96} height={28} />
      </td>
    </tr>
  );
}
