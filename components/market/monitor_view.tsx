import type { JSX } from "preact";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import type { MonitorData } from "../../lib/market/monitor.ts";
import { useTexts } from "../layout/texts.ts";
import { exchangeText } from "./exchange_text.ts";
import { type CandleView, MonitorCandles } from "./monitor_candles.tsx";
import { type FeedCharts, MonitorFeed } from "./monitor_feed.tsx";

export interface MonitorViewProps {
  data: MonitorData;
  /** Rows as they are live; without them those of `data`. */
  rows?: readonly CandleView[];
  /** Each feed's last minutes, by exchange. */
  charts?: Readonly<Record<string, FeedCharts>>;
  /** The figures could not be read again. */
  isOld?: boolean;
}

/** The monitor's panels, as the server renders them and as they live on. */
export function MonitorView({ data, rows, charts = {}, isOld = false }: MonitorViewProps): JSX.Element {
  const { t } = useTexts();
  const views = rows ?? data.candles.map((row) => ({ ...row, age: row.stale ? "stale" : "snapshot" } as const));
  return (
    <>
      {isOld && <p class="alert" role="status">{t("monitor.old")}</p>}
      <div class="monitor-feeds">
        {data.feeds.length === 0 && <p class="panel empty">{t("monitor.no_feeds")}</p>}
        {data.feeds.map((feed) => <MonitorFeed key={feed.exchange} feed={feed} charts={charts[feed.exchange]} />)}
      </div>
      <div class="monitor-lists">
        <MonitorCandles rows={views} />
        <div class="monitor-side">
          <Troubles alerts={data.alerts} />
          <Repairs repairs={data.repairs} />
        </div>
      </div>
    </>
  );
}

function Troubles({ alerts }: Pick<MonitorData, "alerts">): JSX.Element {
  const texts = useTexts();
  const { t, locale, timeZone } = texts;
  const time = (at: string) => formatDayTime(Date.parse(at), locale, timeZone);
  const open = alerts.filter(({ resolved_at }) => resolved_at === null).length;
  return (
    <section class="panel monitor-troubles" aria-labelledby="troubles-title">
      <div class="panel-head">
        <h2 id="troubles-title">{t("monitor.troubles")}</h2>
        <span class="count">{open}</span>
      </div>
      {alerts.length === 0
        ? <p class="empty">{t("monitor.no_troubles")}</p>
        : (
          <div class="scroller" tabIndex={0} role="region" aria-labelledby="troubles-title">
            <ul class="trouble-list">
              {alerts.map(({ id, exchange, symbol, kind, opened_at, resolved_at }) => (
                <li key={id} class={resolved_at === null ? "open" : "past"}>
                  <span>
                    {t(`monitor.${kind}`)}{" "}
                    <span class="quiet">{`${symbol === "" ? "" : `${symbol} `}${exchangeText(texts, exchange)}`}</span>
                  </span>
                  <span class="sub">
                    {resolved_at === null
                      ? t("monitor.since", { at: time(opened_at) })
                      : t("monitor.from_to", { from: time(opened_at), to: time(resolved_at) })}
                  </span>
                </li>
              ))}
            </ul>
          </div>
        )}
    </section>
  );
}

function Repairs({ repairs }: Pick<MonitorData, "repairs">): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  return (
    <section class="panel monitor-repairs" aria-labelledby="repairs-title">
      <div class="panel-head">
        <h2 id="repairs-title">{t("monitor.repairs")}</h2>
      </div>
      {repairs.length === 0
        ? <p class="empty">{t("monitor.no_repairs")}</p>
        : (
          <div class="scroller" tabIndex={0} role="region" aria-labelledby="repairs-title">
            <table class="table dense">
              <thead>
                <tr>
                  <th scope="col">{t("monitor.candle")}</th>
                  <th scope="col" class="num">{t("monitor.stored")}</th>
                  <th scope="col" class="num">{t("monitor.told")}</th>
                </tr>
              </thead>
              <tbody>
                {repairs.flatMap(({ id, symbol, timeframe, open_time, stored, told }) =>
                  PARTS.filter((part) => stored[part] !== told[part]).map((part) => (
                    <tr key={`${id}${part}`}>
                      <td>
                        {`${symbol} ${timeframe} ${formatDayTime(Date.parse(open_time), locale, timeZone)} `}
                        {t(`monitor.part_${part}`)}
                      </td>
                      <td class="num quiet">{stored[part]}</td>
                      <td class="num">{told[part]}</td>
                    </tr>
                  ))
                )}
              </tbody>
            </table>
          </div>
        )}
    </section>
  );
}

const PARTS = ["o", "h", "l", "c", "v"] as const;
