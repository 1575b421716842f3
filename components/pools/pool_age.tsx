import type { JSX } from "preact";
import { formatDealing } from "../../lib/pools/pool_dates.ts";
import type { PoolLive } from "../../lib/pools/pool_shapes.ts";
import { useTexts } from "../layout/texts.ts";
import { AgeMark } from "../market/feed_status.tsx";
import type { PoolPhase } from "../../lib/pools/live_pool.ts";

const MARKS = {
  live: "fresh",
  stale: "stale",
  reconnecting: "reconnecting",
  connecting: "late",
  snapshot: "snapshot",
} as const;

/** How old the value of a unit is, as mark and words. */
export function PoolAge(
  { live: { at }, phase, nowMs }: { live: PoolLive; phase: PoolPhase; nowMs: number },
): JSX.Element {
  const texts = useTexts();
  const { t } = texts;
  const text = phase === "live"
    ? t("pool.live")
    : phase === "reconnecting" || phase === "connecting"
    ? t(`pool.${phase}`)
    : at === null
    ? t("pool.not_told")
    : ageText(texts, Date.parse(at), nowMs);
  return (
    <span class={`feed-age pool-age ${MARKS[phase]}`}>
      <AgeMark state={MARKS[phase]} />
      <span class="feed-age-text">{text}</span>
    </span>
  );
}

function ageText({ t, locale, timeZone }: ReturnType<typeof useTexts>, atMs: number, nowMs: number): string {
  const minutes = Math.floor((nowMs - atMs) / 60_000);
  if (minutes < 1) return t("pool.age_now");
  if (minutes < 60) return t("pool.age_minutes", { minutes });
  return t("pool.age_at", { at: formatDealing(atMs, locale, timeZone) });
}
