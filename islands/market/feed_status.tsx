import { hydrate, type JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { FeedStatus } from "../../components/market/feed_status.tsx";
import { ageText, exchangeId, exchangeTime, health, startHealthTimer } from "../../lib/market/client/feed_health.ts";
import "../texts.ts";

/** The status bar's feed: live, late, stale, or on its way back, and the exchange's clock. */
function LiveFeedStatus(): JSX.Element {
  const [isReady, setReady] = useState(false);
  useEffect(() => {
    setReady(true);
    return startHealthTimer();
  }, []);
  if (!isReady) return <FeedStatus state="snapshot" text="" clock={null} exchange="" />;
  return (
    <FeedStatus
      state={health.value}
      text={ageText.value}
      clock={exchangeTime.value}
      exchange={exchangeId.value}
    />
  );
}

/** Brings the status bar's feed to life. */
export function mount(element: HTMLElement): void {
  hydrate(<LiveFeedStatus />, element);
}
