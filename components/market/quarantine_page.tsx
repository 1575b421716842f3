import type { JSX } from "preact";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import type { QuarantinedFrame } from "../../lib/market/quarantine.ts";
import { SessionGuard } from "../accounts/session_guard.tsx";
import { useTexts } from "../layout/texts.ts";
import { exchangeText } from "./exchange_text.ts";

/** Frames that feeds could not take, as they came. */
export function QuarantinePage({ frames, exchange, cursor }: {
  frames: readonly QuarantinedFrame[];
  exchange: string | null;
  cursor: string | null;
}): JSX.Element {
  const texts = useTexts();
  const { t, locale, timeZone } = texts;
  return (
    <div class="settings alerts-page">
      <SessionGuard />
      <div class="settings-body wide">
        <h1>{t("monitor.quarantine")}</h1>
        <p class="quiet">{t("monitor.quarantine_lead")}</p>
        <p class="actions">
          <a class="button outline" href="/monitor">{t("monitor.title")}</a>
        </p>
        {frames.length === 0 ? <p class="panel empty">{t("monitor.no_frames")}</p> : (
          <ul class="frame-list">
            {frames.map((frame) => (
              <li key={frame.id} class="panel">
                <details>
                  <summary>
                    <strong>{frame.reason}</strong> {exchangeText(texts, frame.exchange)},{" "}
                    {t("monitor.bytes", { count: frame.bytes })},{" "}
                    <time dateTime={frame.received_at}>
                      {formatDayTime(Date.parse(frame.received_at), locale, timeZone)}
                    </time>
                  </summary>
                  <pre tabIndex={0}><code>{frame.raw}</code></pre>
                </details>
              </li>
            ))}
          </ul>
        )}
        {cursor !== null && (
          <div class="actions">
            <a
              class="button outline"
              href={`/admin/quarantine?${new URLSearchParams({ ...exchange === null ? {} : { exchange }, cursor })}`}
              rel="next"
            >
              {t("monitor.more_frames")}
            </a>
          </div>
        )}
      </div>
    </div>
  );
}
