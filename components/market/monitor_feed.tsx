import type { ComponentChildren, JSX } from "preact";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import { formatDecimal } from "../../lib/kernel/format_decimal.ts";
import { formatAge } from "../../lib/market/format.ts";
import type { FeedReport } from "../../lib/market/monitor.ts";
import { useTexts } from "../layout/texts.ts";
import { exchangeText } from "./exchange_text.ts";
import { AgeMark, type FeedPhase } from "./feed_status.tsx";
import { Sparkline } from "./sparkline.tsx";

/** What a page has gathered of a feed since it was opened. */
export interface FeedCharts {
  /** Oldest first, as decimal strings. */
  ticks: readonly string[];
  lags: readonly string[];
  p50_ms: number | null;
  p99_ms: number | null;
}

const MARKS: Readonly<Record<FeedReport["state"], FeedPhase>> = {
  live: "fresh",
  starting: "late",
  reconnecting: "reconnecting",
  stopped: "stale",
};

/** One exchange's feed: how it does now, over the last minutes, and what it has been through. */
export function MonitorFeed({ feed, charts }: { feed: FeedReport; charts: FeedCharts | undefined }): JSX.Element {
  const texts = useTexts();
  const { t, locale, timeZone } = texts;
  const time = (at: string | null) => at === null ? null : formatDayTime(Date.parse(at), locale, timeZone);
  const id = `feed-${feed.exchange}`;
  return (
    <section class="panel monitor-feed" aria-labelledby={id} data-feed={feed.exchange} data-state={feed.state}>
      <div class="panel-head">
        <h2 id={id}>{exchangeText(texts, feed.exchange)}</h2>
        <span class={`feed-age ${MARKS[feed.state]}`}>
          <AgeMark state={MARKS[feed.state]} />
          <span class="feed-age-text">{t(`monitor.state_${feed.state}`)}</span>
        </span>
        <span class="panel-note">{t("monitor.reported", { age: formatAge(feed.age_ms) })}</span>
      </div>
      <div class="feed-charts">
        <Chart name={t("monitor.ticks")} points={charts?.ticks ?? []} value={formatDecimal(feed.ticks_per_s, 1)}>
          {t("monitor.per_second")}
        </Chart>
        <Chart name={t("monitor.lag")} points={charts?.lags ?? []} value={pairOf(feed.lag_p50_ms, feed.lag_p99_ms)}>
          ms
        </Chart>
        <Chart name={t("monitor.lag_here")} value={pairOf(charts?.p50_ms ?? null, charts?.p99_ms ?? null)}>ms</Chart>
      </div>
      <dl class="feed-facts">
        <Fact name={t("monitor.sockets")} value={feed.sockets} />
        <Fact name={t("monitor.streams")} value={feed.streams} />
        <Fact name={t("monitor.silent")} value={feed.symbols_stale} />
        <Fact name={t("monitor.reconnects")} value={`${feed.planned_reconnects} / ${feed.reconnects}`} />
        <Fact name={t("monitor.gaps")} value={`${feed.gaps_found} / ${feed.gaps_filled}`} />
        <Fact name={t("monitor.bad")} value={feed.bad_frames} />
        <Fact name={t("monitor.folds")} value={`${feed.folds_checked} / ${feed.folds_differing}`} />
        <Fact name={t("monitor.repaired")} value={feed.repairs} />
        <Fact name={t("monitor.queued")} value={feed.queued_rows} />
        <Fact name={t("monitor.leader")} value={feed.leader} isCode />
        <Fact name={t("monitor.terms")} value={feed.terms} />
        <Fact name={t("monitor.leading")} value={time(feed.leading_since)} />
        <Fact name={t("monitor.last_event")} value={time(feed.last_event_at)} />
      </dl>
    </section>
  );
}

function Chart({ name, points, value, children }: {
  name: string;
  points?: readonly string[];
  value: string | null;
  /** The value's unit. */
  children: ComponentChildren;
}): JSX.Element {
  const { t } = useTexts();
  return (
    <figure class="feed-chart">
      <figcaption>
        <span class="quiet">{name}</span>
        <strong class="num">
          {value ?? <span class="no-data">{t("live.no_data")}</span>}
          {value !== null && <span class="unit">{children}</span>}
        </strong>
      </figcaption>
      {points !== undefined && (
        <div class="feed-spark">
          {points.length > 1 && <Sparkline points={points} direction="flat" width={300} height={40} area />}
        </div>
      )}
    </figure>
  );
}

function Fact(
  { name, value, isCode = false }: { name: string; value: string | number | null; isCode?: boolean },
): JSX.Element {
  const { t } = useTexts();
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {value === null ? <span class="no-data">{t("live.no_data")}</span> : isCode ? <code>{value}</code> : value}
      </dd>
    </div>
  );
}

/** The half and the slowest hundredth, as "12 / 48". */
function pairOf(p50_ms: number | null, p99_ms: number | null): string | null {
  return p50_ms === null || p99_ms === null ? null : `${Math.round(p50_ms)} / ${Math.round(p99_ms)}`;
}
