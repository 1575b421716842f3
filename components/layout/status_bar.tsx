import type { JSX } from "preact";
import { FeedStatus } from "../market/feed_status.tsx";
import { FlaskIcon } from "./icons.tsx";
import { Island } from "./island.tsx";
import { useTexts } from "./texts.ts";

/** The 28-pixel line on top of every page: what is real here, and how fresh the prices are. */
export function StatusBar({ localMode, live }: { localMode: boolean; live: boolean }): JSX.Element {
  const { t, timeZone } = useTexts();
  return (
    <div class="status-bar" role="note" aria-label={t("layout.mode")}>
      {localMode
        ? (
          <>
            <span class="mode-chip">
              <FlaskIcon />
              {t("layout.local")}
            </span>
            <span class="status-text">
              {t("layout.simulated")} <span class="wide-only">{t("layout.not_real")}</span>
            </span>
          </>
        )
        : <span class="status-text quiet">{t("layout.live_data", { zone: timeZone.replaceAll("_", " ") })}</span>}
      {live && (
        <a class="status-feed" href="/monitor" title={t("layout.monitor")}>
          <Island name="feed_status" props={{}}>
            <FeedStatus state="snapshot" text="" clock={null} exchange="" />
          </Island>
        </a>
      )}
    </div>
  );
}
