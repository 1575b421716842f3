import type { ReadonlySignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { BookPanel, TradesPanel } from "../../components/market/depth_panels.tsx";
import { DepthModel, type DepthPort } from "../../lib/market/client/depth_model.ts";
import { ageText, health, healthOf, noteEvent, nowMs } from "../../lib/market/client/feed_health.ts";
import { pageWatcher } from "../../lib/market/client/watch.ts";
import { formatAge } from "../../lib/market/format.ts";
import type { MarketPageData } from "../../lib/market/page.ts";
import { pageConnection } from "../../lib/realtime/client/connection.ts";
import { fetchJson } from "../../lib/realtime/client/fetch_json.ts";

/** Book and trades: as the server rendered them (see DepthStill), then live, each while it can be seen. */
export function LiveDepth(
  { page, isDelisted, isReady }: { page: MarketPageData; isDelisted: ReadonlySignal<boolean>; isReady: boolean },
): JSX.Element {
  const model = useMemo(() => new DepthModel(page.symbol, page.depth, portOf(page.symbol.exchange)), []);
  const isOver = isDelisted.value;
  useEffect(() => {
    if (!isReady || isOver) return;
    const stops = [
      whileVisible(document.querySelector("[data-book]"), () => model.followBook()),
      whileVisible(document.querySelector("[data-trades]"), () => model.followTrades()),
    ];
    return () => stops.forEach((stop) => stop());
  }, [isReady, isOver]);
  const { symbol, depth } = page;
  const { bids, asks } = model.book.value;
  const trades = model.trades.value.items;
  const [newest] = trades;
  const heardMs = model.bookHeardMs.value;
  // The first rendering must be what the server rendered.
  const still = isOver || (!isReady && depth?.stale) ? "stale" : isReady ? null : "snapshot";
  return (
    <>
      <BookPanel
        symbol={symbol}
        bids={bids}
        asks={asks}
        last={newest?.p}
        direction={newest === undefined ? "flat" : newest.side === "buy" ? "up" : "down"}
        phase={still ?? healthOf(pageConnection().phase.value, heardMs, nowMs.value)}
        ageText={still || heardMs === 0 ? "" : formatAge(nowMs.value - heardMs)}
      />
      <TradesPanel symbol={symbol} trades={trades} phase={still ?? health.value} ageText={still ? "" : ageText.value} />
    </>
  );
}

function portOf(exchange: string): DepthPort {
  return {
    subscribe: (topic, event, listener) => pageConnection().subscribe(topic, event, listener),
    watch: (topic) => pageWatcher().add(topic),
    fetchJson,
    nowMs: Date.now,
    onTrade: (eventMs) => noteEvent(exchange, eventMs),
  };
}

/** Starts when `element` comes into sight and stops when it leaves: on phones all but one panel is hidden. */
function whileVisible(element: Element | null, start: () => () => void): () => void {
  let stop: (() => void) | null = null;
  const observer = new IntersectionObserver((entries) => {
    const isVisible = entries.at(-1)?.isIntersecting === true;
    if (isVisible) stop ??= start();
    else {
      stop?.();
      stop = null;
    }
  });
  if (element) observer.observe(element);
  return () => {
    observer.disconnect();
    stop?.();
  };
}
