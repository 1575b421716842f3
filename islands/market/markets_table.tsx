import { useSignal } from "@preact/signals";
import { hydrate, type JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { nextSort, type SortKey, type SortOrder, sortViews } from "../../components/market/markets_sort.ts";
import { MarketsTable } from "../../components/market/markets_table.tsx";
import { rowKey } from "../../components/market/row_view.ts";
import { keepFresh, LiveRows } from "../../lib/market/client/live_rows.ts";
import type { MarketRow } from "../../lib/market/page.ts";
import "../texts.ts";

interface Props {
  rows: MarketRow[];
  query: string;
  element: HTMLElement;
}

/** The list of markets: sortable, and live where it is in view. */
function LiveMarkets({ rows, query, element }: Props): JSX.Element {
  const [isReady, setReady] = useState(false);
  const sort = useSignal<SortOrder | null>(null);
  const live = useMemo(() => new LiveRows(rows, query), []);
  useEffect(() => {
    setReady(true);
    const stopSeeing = followVisible(element, live, rows);
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

/** Follows only rows in view: nobody needs a stream for a price below the fold. */
function followVisible(element: HTMLElement, live: LiveRows, rows: readonly MarketRow[]): () => void {
  const visible = new Set<string>();
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const key = (entry.target as HTMLElement).dataset.market ?? "";
      if (entry.isIntersecting) visible.add(key);
      else visible.delete(key);
    }
    live.follow(rows.map(rowKey).filter((key) => visible.has(key)));
  }, { rootMargin: "100px" });
  for (const line of element.querySelectorAll("[data-market]")) observer.observe(line);
  return () => observer.disconnect();
}

/** Brings the list of markets to life. */
export function mount(element: HTMLElement, props: Omit<Props, "element">): void {
  hydrate(<LiveMarkets {...props} element={element} />, element);
}
