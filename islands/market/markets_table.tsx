import { useSignal } from "@preact/signals";
import { hydrate, type JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { nextSort, type SortKey, type SortOrder, sortViews } from "../../components/market/markets_sort.ts";
import { MarketsTable } from "../../components/market/markets_table.tsx";
import { keepFresh, LiveRows } from "../../lib/market/client/live_rows.ts";
import type { MarketRow } from "../../lib/market/page.ts";
import { followVisible } from "./visible_rows.ts";
import "../texts.ts";

interface Props {
  rows: MarketRow[];
  /** The list's query string. */
  search: string;
  element: HTMLElement;
}

/** The list of markets: sortable, and live where it is in view. */
function LiveMarkets({ rows, search, element }: Props): JSX.Element {
  const [isReady, setReady] = useState(false);
  const sort = useSignal<SortOrder | null>(null);
  const live = useMemo(() => new LiveRows(rows, search), []);
  useEffect(() => {
    setReady(true);
    // Nobody needs a stream for a price below the fold.
    const stopSeeing = followVisible(element, (keys) => live.follow(keys));
    const stopRefresh = keepFresh(live);
    return () => {
      stopRefresh();
      stopSeeing();
      live.stop();
    };
  }, []);
  const onSort = (key: SortKey) => sort.value = nextSort(sort.value, key);
  return (
    <MarketsTable
      views={sortViews(live.rows.value, sort.value)}
      sort={sort.value}
      onSort={isReady ? onSort : undefined}
    />
  );
}

/** Brings the list of markets to life. */
export function mount(element: HTMLElement, props: Omit<Props, "element">): void {
  hydrate(<LiveMarkets {...props} element={element} />, element);
}
