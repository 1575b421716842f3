import type { JSX } from "preact";
import { countdownTo, formatDealing } from "../../lib/pools/pool_dates.ts";
import type { PoolDetail } from "../../lib/pools/pool_shapes.ts";
import { plural } from "../layout/plural.ts";
import { useTexts } from "../layout/texts.ts";
import { Line } from "./figures.tsx";
import { requestText } from "./pool_text.ts";

/**
 * When the pool settles next, until when it takes orders for that, and which of mine wait. A script moves
 * the countdown alone.
 */
export function SettlementPanel({ detail, nowMs }: { detail: PoolDetail; nowMs: number }): JSX.Element {
  const texts = useTexts();
  const { t, locale, timeZone } = texts;
  const { pool, cycle, mine } = detail;
  const time = (at: string) => formatDealing(Date.parse(at), locale, timeZone);
  const isLocked = cycle?.cutoff_at !== null && cycle !== null && Date.parse(cycle.cutoff_at) <= nowMs;
  return (
    <section class="panel settlement-panel" aria-labelledby="settlement-title">
      <div class="panel-head">
        <h2 id="settlement-title">{t("pools.next_settlement")}</h2>
        {cycle !== null && <span class="panel-note">{t("pools.cycle_no", { no: cycle.no })}</span>}
      </div>
      <div class="side-body">
        {cycle === null ? <p class="quiet">{t("pools.no_cycle")}</p> : (
          <>
            <Countdown endsAt={cycle.ends_at} nowMs={nowMs} isPaused={pool.status === "paused"} />
            <dl class="lines">
              <Line name={t("pools.cycle")}>
                {cycle.ends_at === null
                  ? t("pools.when_forced")
                  : <time dateTime={cycle.ends_at}>{time(cycle.ends_at)}</time>}
              </Line>
              <Line name={t("pools.accepts_until")}>
                {cycle.cutoff_at === null
                  ? t("pools.until_then")
                  : <time dateTime={cycle.cutoff_at}>{isLocked ? t("pools.locked") : time(cycle.cutoff_at)}</time>}
              </Line>
              {mine !== null && mine.waiting.length === 0 && (
                <Line name={t("pools.my_orders")}>
                  <span class="quiet">{t("pool.none")}</span>
                </Line>
              )}
              {mine?.waiting.map((request) => (
                <div key={request.id} class="waiting">
                  <dt>{t(`pools.pending_${request.kind}`)}</dt>
                  <dd>
                    {requestText(texts, request, pool.currency)}
                    {request.cancellable && (
                      <form action={`/investments/requests/${request.id}/cancel`} method="post">
                        <input type="hidden" name="client_id" value={request.id} />
                        <input type="hidden" name="next" value={`/pools/${pool.id}`} />
                        <button type="submit" class="link-button">{t("pools.cancel")}</button>
                      </form>
                    )}
                  </dd>
                </div>
              ))}
            </dl>
          </>
        )}
      </div>
    </section>
  );
}

function Countdown(
  { endsAt, nowMs, isPaused }: { endsAt: string | null; nowMs: number; isPaused: boolean },
): JSX.Element | null {
  const texts = useTexts();
  const { t, messages } = texts;
  if (isPaused) return <p class="countdown-note">{t("pools.paused_note")}</p>;
  if (endsAt === null) return <p class="countdown-note">{t("pools.manual_note")}</p>;
  const left = countdownTo(Date.parse(endsAt), nowMs);
  if (left.days + left.hours + left.minutes + left.seconds === 0) {
    return <p class="countdown-note">{t("pools.settling_note")}</p>;
  }
  const two = (value: number) => String(value).padStart(2, "0");
  return (
    <div class="pool-countdown" role="timer" aria-label={t("pools.time_left")} data-ends={endsAt}>
      {([
        [String(left.days), "pools.days", left.days],
        [two(left.hours), "pools.hours", left.hours],
      ] as const).map(([value, unit, count]) => (
        <div key={unit}>
          <strong>{value}</strong>
          {/* The script that moves the figures chooses among these. */}
          <span data-one={messages[`${unit}_one`]} data-other={messages[`${unit}_other`]}>
            {plural(texts, unit, count)}
          </span>
        </div>
      ))}
      {([[two(left.minutes), t("pools.minutes")], [two(left.seconds), t("pools.seconds")]] as const).map((
        [value, unit],
      ) => (
        <div key={unit}>
          <strong>{value}</strong>
          <span>{unit}</span>
        </div>
      ))}
    </div>
  );
}
