import type { JSX } from "preact";
import { FeedStatus } from "../market/feed_status.tsx";
import { FlaskIcon } from "./icons.tsx";
import { Island } from "./island.tsx";

/** The 28-pixel line on top of every page: what is real here, and how fresh the prices are. */
export function StatusBar({ localMode, live }: { localMode: boolean; live: boolean }): JSX.Element {
  return (
    <div class="status-bar" role="note" aria-label="Mode">
      {localMode
        ? (
          <>
            <span class="mode-chip">
              <FlaskIcon />
              LOCAL
            </span>
            <span class="status-text">
              Simulated market and demo accounts. <span class="wide-only">Nothing here is real money.</span>
            </span>
          </>
        )
        : <span class="status-text quiet">Live market data. All times are UTC.</span>}
      {live && (
        <div class="status-feed">
          <Island name="feed_status" props={{}}>
            <FeedStatus state="snapshot" text="" clock="" exchange="" />
          </Island>
        </div>
      )}
    </div>
  );
}
