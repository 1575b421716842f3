import type { JSX } from "preact";
import { formatDate } from "../../lib/kernel/dates.ts";
import { DEFAULT_TIME_ZONE } from "../../lib/kernel/time_zone.ts";
import { formatEur } from "../../lib/ledger/money.ts";
import type { Earnings } from "../../lib/rooms/answers.ts";
import { SessionGuard } from "../accounts/session_guard.tsx";
import { useTexts } from "../layout/texts.ts";
import { NoData } from "../market/price.tsx";
import { studioPath } from "./room_text.ts";
import { Moment } from "./stream_lists.tsx";

/** Stretches of time to look at, in days. */
export const EARNING_DAYS = [7, 30, 90, 365] as const;

/** See {@link EARNING_DAYS}. */
export type EarningDays = (typeof EARNING_DAYS)[number];

export interface EarningsPageProps {
  earnings: Earnings;
  days: EarningDays;
  /** What the platform keeps of a tip now, as a decimal: "5". */
  feePercent: string;
}

type Earned = Earnings["total"];

/** What tips brought: in all, by stream and by day, with what the platform kept. */
export function EarningsPage({ earnings, days, feePercent }: EarningsPageProps): JSX.Element {
  const { t, locale } = useTexts();
  const { total } = earnings;
  return (
    <div class="studio-home">
      <SessionGuard />
      <header class="panel studio-intro">
        <div>
          <h1>{t("earnings.title")}</h1>
          <p class="quiet">
            {t("earnings.range", {
              from: formatDate(Date.parse(earnings.from), locale, DEFAULT_TIME_ZONE),
              to: formatDate(Date.parse(earnings.to), locale, DEFAULT_TIME_ZONE),
            })}
          </p>
        </div>
        <nav class="asset-tabs" aria-label={t("earnings.which")}>
          {EARNING_DAYS.map((each) => (
            <a key={each} href={`?days=${each}`} aria-current={each === days ? "true" : undefined}>
              {t(`earnings.days_${each}`)}
            </a>
          ))}
        </nav>
      </header>
      <dl class="panel figure-row">
        <Figure name={t("earnings.tips")} value={String(total.tips)} />
        <Figure name={t("earnings.tipped")} value={formatEur(total.amount)} />
        <Figure name={t("earnings.fee_percent", { percent: feePercent })} value={minus(total.fee)} />
        <Figure name={t("earnings.net")} value={formatEur(total.net)} strong />
      </dl>
      <ByStream streams={earnings.streams} />
      <section class="panel" aria-labelledby="by-day">
        <div class="panel-head">
          <h2 id="by-day">{t("earnings.by_day")}</h2>
          <a class="panel-note" href={`/live/studio/earnings.csv?days=${days}`}>{t("earnings.download")}</a>
        </div>
        {earnings.days.length === 0 ? <p class="empty">{t("earnings.none")}</p> : (
          <table class="table earnings">
            <EarnedHead first={t("earnings.day")} />
            <tbody>
              {earnings.days.toReversed().map((day) => (
                <tr key={day.day}>
                  <th scope="row">{formatDate(Date.parse(`${day.day}T00:00:00Z`), locale, DEFAULT_TIME_ZONE)}</th>
                  <EarnedCells earned={day} />
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
    </div>
  );
}

function ByStream({ streams }: Pick<Earnings, "streams">): JSX.Element {
  const { t } = useTexts();
  return (
    <section class="panel" aria-labelledby="by-stream">
      <div class="panel-head">
        <h2 id="by-stream">{t("earnings.by_stream")}</h2>
      </div>
      {streams.length === 0 ? <p class="empty">{t("earnings.none")}</p> : (
        <table class="table earnings">
          <EarnedHead first={t("earnings.stream")} />
          <tbody>
            {streams.map((stream) => (
              <tr key={stream.stream_id}>
                <th scope="row">
                  {stream.title === null ? t("earnings.gone") : <a href={studioPath(stream)}>{stream.title}</a>}
                  <span class="sub">
                    <Moment at={stream.started_at} />
                  </span>
                </th>
                <EarnedCells earned={stream} />
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function EarnedHead({ first }: { first: string }): JSX.Element {
  const { t } = useTexts();
  return (
    <thead>
      <tr>
        <th scope="col">{first}</th>
        <th scope="col" class="num">{t("earnings.tips")}</th>
        <th scope="col" class="num">{t("earnings.tipped")}</th>
        <th scope="col" class="num">{t("earnings.fee")}</th>
        <th scope="col" class="num">{t("earnings.net")}</th>
      </tr>
    </thead>
  );
}

function EarnedCells({ earned }: { earned: Earned }): JSX.Element {
  const { t } = useTexts();
  return (
    <>
      <td class="num" data-label={t("earnings.tips")}>{earned.tips}</td>
      <td class="num" data-label={t("earnings.tipped")}>{formatEur(earned.amount) ?? <NoData />}</td>
      <td class="num quiet" data-label={t("earnings.fee")}>{minus(earned.fee) ?? <NoData />}</td>
      <td class="num net" data-label={t("earnings.net")}>{formatEur(earned.net) ?? <NoData />}</td>
    </>
  );
}

/** A figure with its name above it. */
export function Figure(
  { name, value, strong = false, live, note }: {
    name: string;
    value: string | null;
    strong?: boolean;
    /** What an island keeps up to date here. */
    live?: string;
    note?: string | undefined;
  },
): JSX.Element {
  return (
    <div class="figure-cell">
      <dt>{name}</dt>
      <dd class={strong ? "figure strong" : "figure"} data-live={live}>{value ?? <NoData />}</dd>
      {note && <dd class="sub">{note}</dd>}
    </div>
  );
}

/** What went, with a true minus; nothing is no loss. */
function minus(amount: string): string | null {
  const text = formatEur(amount);
  return text === null || Number(amount) === 0 ? text : `−${text}`;
}
