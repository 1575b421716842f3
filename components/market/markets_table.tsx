import type { JSX } from "preact";
import { exchangeName, formatCompact, formatPrice } from "../../lib/market/format.ts";
import { CoinMark } from "./coin_mark.tsx";
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

const COLUMNS: readonly { key: SortKey; label: string; className: string }[] = [
  { key: "symbol", label: "Market", className: "col-name" },
  { key: "last", label: "Last price", className: "num col-last" },
  { key: "change", label: "24h change", className: "num col-change" },
  { key: "high", label: "24h high", className: "num col-high" },
  { key: "low", label: "24h low", className: "num col-low" },
  { key: "volume", label: "24h volume", className: "num col-volume" },
];

/** Listed markets with their prices; each row is a link. */
export function MarketsTable({ views, sort, onSort }: MarketsTableProps): JSX.Element {
  return (
    <table class="table markets-table">
      <thead>
        <tr>
          {COLUMNS.map((column) => <SortHeader key={column.key} column={column} sort={sort} onSort={onSort} />)}
          <th scope="col" class="num col-spark">Last 24 h</th>
        </tr>
      </thead>
      <tbody>
        {views.map((view) => <MarketLine key={rowKey(view.row)} view={view} />)}
      </tbody>
    </table>
  );
}

function SortHeader(
  { column, sort, onSort }: Pick<MarketsTableProps, "sort" | "onSort"> & { column: (typeof COLUMNS)[number] },
): JSX.Element {
  const order = sort?.key === column.key ? sort.descending ? "descending" : "ascending" : undefined;
  return (
    <th scope="col" class={column.className} aria-sort={order}>
      <button type="button" disabled={onSort === undefined} onClick={() => onSort?.(column.key)}>
        <span>{column.label}</span>
        <Triangle direction={order === undefined ? "flat" : order === "descending" ? "down" : "up"} />
      </button>
    </th>
  );
}

function MarketLine({ view }: { view: RowView }): JSX.Element {
  const { row } = view;
  const { ticker } = row;
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
            <p class="sub">
              {exchangeName(row.exchange)}
              {row.active ? "" : ", not trading"}
            </p>
          </div>
        </div>
      </td>
      <td class="num col-last">
        <LastPrice last={ticker?.last} tickSize={row.tick_size} tick={view.tick} sequence={view.sequence} />
      </td>
      <td class="num col-change">
        <ChangeText change={change} />
      </td>
      <td class="num col-high">{formatPrice(ticker?.high_24h, row.tick_size)}</td>
      <td class="num col-low">{formatPrice(ticker?.low_24h, row.tick_size)}</td>
      <td class="num col-volume">
        {formatCompact(ticker?.quote_volume_24h)}
        {ticker && <span class="unit">{row.quote}</span>}
      </td>
      <td class="num col-spark">
        <Sparkline points={sparkOf(row)} direction={change?.direction ?? "flat"} width={96} height={28} />
      </td>
    </tr>
  );
}
