import type { JSX } from "preact";
import { formatDayTime } from "../../lib/kernel/dates.ts";
import { formatEur } from "../../lib/ledger/money.ts";
import type { StreamStats } from "../../lib/rooms/answers.ts";
import { useTexts } from "../layout/texts.ts";
import { Figure } from "./earnings_page.tsx";

/** Width and height of the drawing; the page stretches it. */
const WIDTH = 600;
const HEIGHT = 72;

/** Minutes the drawing has room for at least: the first ones shall not fill it. */
const MINUTES_MIN = 30;

/** A stream in numbers. */
export function StatsPanel({ stats }: { stats: StreamStats }): JSX.Element {
  const { t } = useTexts();
  const { tips } = stats;
  return (
    <>
      <dl class="figure-row">
        <Figure name={t("studio.viewers")} value={String(stats.viewer_count)} live="viewers" strong />
        <Figure name={t("studio.peak")} value={String(stats.peak_viewers)} live="peak" />
        <Figure name={t("studio.messages")} value={String(stats.messages)} />
        <Figure name={t("studio.chatters")} value={String(stats.chatters)} />
        {tips && (
          <Figure
            name={`${t("studio.tips")} (${tips.count})`}
            value={formatEur(tips.amount)}
            note={tips.count === 0 ? undefined : t("studio.tips_before_fee", { fee: formatEur(tips.fee) ?? tips.fee })}
          />
        )}
        <Figure name={t("studio.followers_gained")} value={String(stats.followers_gained)} />
      </dl>
      <MinutesChart minutes={stats.minutes} />
    </>
  );
}

/** How many watched, minute by minute; minutes nobody was counted in are gaps. */
function MinutesChart({ minutes }: Pick<StreamStats, "minutes">): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const first = minutes[0];
  const last = minutes.at(-1);
  if (!first || !last) return <p class="empty">{t("studio.no_minutes")}</p>;
  const peak = Math.max(...minutes.map(({ viewers }) => viewers));
  const from = Date.parse(first.at);
  const count = Math.round((Date.parse(last.at) - from) / 60_000) + 1;
  const step = WIDTH / Math.max(count, MINUTES_MIN);
  const bars = minutes.map(({ at, viewers }) => {
    const x = ((Date.parse(at) - from) / 60_000) * step;
    const height = peak === 0 ? 0 : (viewers / peak) * HEIGHT;
    return `M${x.toFixed(1)} ${HEIGHT}v-${height.toFixed(1)}h${(step * 0.86).toFixed(2)}V${HEIGHT}Z`;
  });
  const label = t("studio.minutes_label", {
    from: formatDayTime(from, locale, timeZone),
    to: formatDayTime(Date.parse(last.at), locale, timeZone),
    peak,
  });
  return (
    <figure class="minutes">
      <figcaption>
        {t("studio.minutes")} <span class="sub">{label}</span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
        <path d={bars.join("")} />
      </svg>
    </figure>
  );
}
