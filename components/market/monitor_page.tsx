import type { JSX } from "preact";
import type { MonitorData } from "../../lib/market/monitor.ts";
import { type Timeframe, TIMEFRAMES } from "../../lib/market/timeframe.ts";
import { Island } from "../layout/island.tsx";
import { useTexts } from "../layout/texts.ts";
import { exchangeText } from "./exchange_text.ts";
import { MonitorView } from "./monitor_view.tsx";

export interface MonitorPageProps {
  data: MonitorData;
  filter: { exchange: string | null; symbol: string | null; timeframe: Timeframe };
  /** Exchanges there are. */
  exchanges: readonly string[];
  /** The reader may see the frames that were set aside. */
  isAdmin: boolean;
}

/** How the feeds do, what is wrong with their data, and the newest candles. Open to anyone. */
export function MonitorPage({ data, filter, exchanges, isAdmin }: MonitorPageProps): JSX.Element {
  const texts = useTexts();
  const { t } = texts;
  return (
    <div class="monitor-page">
      <div class="monitor-head">
        <h1>{t("monitor.title")}</h1>
        <form action="/monitor" method="get" class="inline-form" role="search" aria-label={t("monitor.filter")}>
          <select name="exchange" aria-label={t("live.exchange")}>
            <option value="">{t("markets.all_exchanges")}</option>
            {exchanges.map((id) => (
              <option key={id} value={id} selected={id === filter.exchange}>{exchangeText(texts, id)}</option>
            ))}
          </select>
          <input
            type="search"
            name="symbol"
            value={filter.symbol ?? ""}
            maxLength={40}
            pattern="[A-Za-z0-9.\-]{0,40}"
            placeholder={t("monitor.symbol")}
            aria-label={t("monitor.symbol")}
          />
          <select name="timeframe" aria-label={t("chart.timeframe")}>
            {TIMEFRAMES.map((each) => (
              <option key={each} value={each} selected={each === filter.timeframe}>{each}</option>
            ))}
          </select>
          <button type="submit" class="button secondary">{t("monitor.apply")}</button>
        </form>
        {isAdmin && <a class="button outline" href="/admin/quarantine">{t("monitor.quarantine")}</a>}
      </div>
      <Island name="monitor" props={{ data, filter }}>
        <MonitorView data={data} />
      </Island>
    </div>
  );
}
