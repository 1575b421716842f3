import type { JSX } from "preact";
import { formatMoney, formatUnits } from "../../lib/pools/format.ts";
import type { Investment, PoolRequest, ValueHistory } from "../../lib/pools/investment_shapes.ts";
import { formatDay, formatDealing } from "../../lib/pools/pool_dates.ts";
import { Notices, type Said } from "../accounts/parts.tsx";
import { SessionGuard } from "../accounts/session_guard.tsx";
import { InfoIcon } from "../layout/icons.tsx";
import { useTexts } from "../layout/texts.ts";
import { NoData } from "../market/price.tsx";
import { GainText, Metric, PercentText } from "./figures.tsx";
import { HistoryPanel } from "./history_panel.tsx";
import { CancelForm, InvestmentTag } from "./investment_tags.tsx";
import { ModeChip } from "./mode_chip.tsx";
import { nameOf } from "./pool_state.ts";
import { requestText } from "./pool_text.ts";

export interface InvestmentsPageProps extends Said {
  investments: readonly Investment[];
  nextCursor: string | null;
  isFirst: boolean;
  /** What waits for a settlement. */
  waiting: readonly PoolRequest[];
  history: ValueHistory;
  isPaper: boolean;
  nowMs: number;
}

/** All one has in pools: what it is worth, what waits, and every purchase. */
export function InvestmentsPage(props: InvestmentsPageProps): JSX.Element {
  const { t } = useTexts();
  const { investments, nextCursor, isFirst, waiting, history, isPaper, nowMs, error, done } = props;
  return (
    <div class="investments-page">
      <SessionGuard />
      <header class="panel pool-head">
        <div class="pool-title">
          <h1>{t("pools.my_investments")}</h1>
          <p class="pool-about">
            <span>{t("invest.lead")}</span>
            <ModeChip isPaper={isPaper} />
          </p>
        </div>
        <div class="pool-acts">
          <a class="button primary large" href="/pools?scope=open">{t("invest.find")}</a>
        </div>
        <Totals totals={history.totals} />
      </header>
      <Notices error={error} done={done} />
      {history.currency !== null && history.items.length > 1 && (
        <HistoryPanel
          title={t("invest.value_over_time")}
          lead={history.currency}
          points={history.items.map(({ at, value }) => ({ t: Date.parse(at), v: Number(value) }))}
          currency={history.currency}
          nowMs={nowMs}
        />
      )}
      <Waiting waiting={waiting} />
      <List investments={investments} />
      {(nextCursor !== null || !isFirst) && (
        <nav class="panel panel-foot statement-foot" aria-label={t("pools.my_investments")}>
          {!isFirst && <a class="button secondary" href="/investments">{t("invest.newest")}</a>}
          {nextCursor !== null && (
            <a class="button secondary" href={`/investments?${new URLSearchParams({ cursor: nextCursor })}`} rel="next">
              {t("invest.older")}
            </a>
          )}
        </nav>
      )}
    </div>
  );
}

/** Sums over everything, by currency. */
function Totals({ totals }: Pick<ValueHistory, "totals">): JSX.Element {
  const { t } = useTexts();
  return (
    <>
      {totals.map(({ currency, value, paid_in, gain, gain_percent, fees_paid, waiting }) => (
        <dl key={currency} class="pool-metrics">
          <Metric name={t("pool.value")}>{formatMoney(value, currency) ?? <NoData />}</Metric>
          <Metric name={t("invest.paid_in")}>{formatMoney(paid_in, currency) ?? <NoData />}</Metric>
          <Metric name={t("pool.gain")}>
            <GainText value={gain} currency={currency} />
          </Metric>
          <Metric name={t("invest.gain_percent")}>
            <PercentText value={gain_percent} />
          </Metric>
          <Metric name={t("pool.fee_paid")}>{formatMoney(fees_paid, currency) ?? <NoData />}</Metric>
          <Metric name={t("invest.waiting")}>{formatMoney(waiting, currency) ?? <NoData />}</Metric>
        </dl>
      ))}
    </>
  );
}

function Waiting({ waiting }: Pick<InvestmentsPageProps, "waiting">): JSX.Element | null {
  const texts = useTexts();
  const { t, locale, timeZone } = texts;
  if (waiting.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="waiting-title" id="waiting">
      <div class="panel-head">
        <h2 id="waiting-title">{t("invest.waiting_orders")}</h2>
        <span class="count">{waiting.length}</span>
      </div>
      <ul class="waiting-list">
        {waiting.map((request) => (
          <li key={request.id}>
            <div>
              <a href={`/pools/${request.pool_id}`}>{request.pool_name}</a>
              <p class="sub">
                {request.settles_at === null
                  ? t("pools.when_forced")
                  : t("pools.settles", { at: formatDealing(Date.parse(request.settles_at), locale, timeZone) })}
              </p>
            </div>
            <span class="num">{requestText(texts, request, request.currency)}</span>
            {request.cancellable
              ? <CancelForm requestId={request.id} next="/investments" />
              : <span class="quiet">{t("pools.locked")}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function List({ investments }: Pick<InvestmentsPageProps, "investments">): JSX.Element {
  const { t } = useTexts();
  if (investments.length === 0) {
    return (
      <section class="panel">
        <p class="empty">
          <InfoIcon />
          <span>
            {t("invest.none")} <a href="/pools?scope=open">{t("invest.find")}</a>
          </span>
        </p>
      </section>
    );
  }
  return (
    <section class="panel" aria-labelledby="list-title">
      <div class="panel-head">
        <h2 id="list-title">{t("invest.all")}</h2>
        <span class="count">{investments.length}</span>
      </div>
      <table class="table lots investments">
        <thead>
          <tr>
            <th scope="col">{t("pool.lot")}</th>
            <th scope="col">{t("invest.pool")}</th>
            <th scope="col">{t("invest.status")}</th>
            <th scope="col">{t("pool.bought")}</th>
            <th scope="col" class="num">{t("pool.units")}</th>
            <th scope="col" class="num">{t("invest.paid_in")}</th>
            <th scope="col" class="num">{t("pool.value")}</th>
            <th scope="col" class="num">{t("pool.gain")}</th>
            <th scope="col" class="num">{t("invest.gain_percent")}</th>
            <th scope="col" class="num">{t("pool.fee_paid")}</th>
          </tr>
        </thead>
        <tbody>{investments.map((investment) => <Row key={investment.id} investment={investment} />)}</tbody>
      </table>
    </section>
  );
}

function Row({ investment }: { investment: Investment }): JSX.Element {
  const { t, locale, timeZone } = useTexts();
  const { id, pool_id, pool_name, currency, status, bought_at, requested_at, amount } = investment;
  const at = bought_at ?? requested_at;
  return (
    <tr>
      <th scope="row">
        <a href={`/investments/${id}`}>
          <code>{nameOf(investment) ?? t("invest.no_lot")}</code>
        </a>
      </th>
      <td class="lot-pool">
        <a href={`/pools/${pool_id}`}>{pool_name}</a>
      </td>
      <td class="lot-status">
        <InvestmentTag status={status} />
      </td>
      <td class="quiet lot-when">
        <time dateTime={at}>{formatDay(Date.parse(at), locale, timeZone)}</time>
      </td>
      <td class="num" data-label={t("pool.units")}>{formatUnits(investment.units) ?? "–"}</td>
      <td class="num" data-label={t("invest.paid_in")}>{formatMoney(amount, currency) ?? <NoData />}</td>
      <td class="num lot-value" data-label={t("pool.value")}>{formatMoney(investment.value, currency) ?? "–"}</td>
      <td class="num lot-gain" data-label={t("pool.gain")}>
        {investment.gain === null ? "–" : <GainText value={investment.gain} currency={currency} />}
      </td>
      <td class="num" data-label={t("invest.gain_percent")}>
        {investment.gain_percent === null ? "–" : <PercentText value={investment.gain_percent} />}
      </td>
      <td class="num" data-label={t("pool.fee_paid")}>{formatMoney(investment.fees_paid, currency) ?? "–"}</td>
    </tr>
  );
}
