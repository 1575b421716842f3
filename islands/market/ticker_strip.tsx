import { hydrate, type JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { MarketCards } from "../../components/market/market_cards.tsx";
import { rowKey } from "../../components/market/row_view.ts";
import { keepFresh, LiveRows } from "../../lib/market/client/live_rows.ts";
import type { MarketRow } from "../../lib/market/page.ts";
import "../texts.ts";

interface Props {
  rows: MarketRow[];
}

/** The landing page's markets, moving. */
function TickerStrip({ rows }: Props): JSX.Element {
  const live = useMemo(() => new LiveRows(rows, ""), []);
  useEffect(() => {
    live.follow(rows.map(rowKey));
    const stopRefresh = keepFresh(live);
    return () => {
      stopRefresh();
      live.stop();
    };
  }, []);
  return <MarketCards views={live.rows.value} />;
}

/** Brings the landing page's markets to life. */
export function mount(element: HTMLElement, props: Props): void {
  hydrate(<TickerStrip {...props} />, element);
}
